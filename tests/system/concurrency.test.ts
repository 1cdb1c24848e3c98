/** Many tasks at once on one slave process: a hundred that wait, among them ones that are stopped, or take it down. */
import { createServer, type Socket } from 'node:net';
import { type AuditEvent, type EmbeddedMaster, master, UnrunnableError } from 'ts-mw';
import * as assert from 'uvu/assert';
import { abort, ask, pause, square } from '../programs/algorithms.js';
import { programPath, until, within, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('concurrency');
const TIME_LIMIT_MS = 30_000;
const MANY = 100;

/** Answers nobody before it is told to. */
class Server {
  readonly questions: string[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer({ allowHalfOpen: true }, (socket) => {
    this.#sockets.add(socket);
    let question = '';
    socket.setEncoding('utf8').on('error', () => {});
    socket.on('data', (text) => {
      question += String(text);
    });
    socket.on('end', () => {
      this.questions.push(question);
      this.#waiting.push(() => socket.end(`yes, ${question}`));
    });
  });
  port = 0;

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.port = address.port;
  }

  answerAll(): void {
    for (const answer of this.#waiting.splice(0)) answer();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

/** Runs `body` with a master of one local slave that runs a hundred tasks at once. */
function withCrawler(
  body: (mw: EmbeddedMaster, server: Server, events: AuditEvent[]) => Promise<void>,
): Promise<void> {
  return withPrograms(async ({ folder }) => {
    const events: AuditEvent[] = [];
    const server = new Server();
    await server.open();
    const mw = await master({
      program: programPath('worker.js'),
      auditFile: `${folder}/audit`,
      clientTimeout: 5,
      slaves: 1,
      slaveConcurrency: MANY,
      onAudit: (event) => events.push(event),
    });
    try {
      await mw.run(() => body(mw, server, events));
    } finally {
      server.close();
      await mw.stop();
    }
  });
}

test('a slave waits for a hundred answers at once', () =>
  withCrawler(async (mw, server, events) => {
    const ids = Array.from({ length: MANY + 20 }, (_, at) => ask.funcall(server.port, `question ${at}`));
    await until(
      `${MANY} questions`,
      () => {
        assert.ok(server.questions.length <= MANY, 'more than may run at once');
        return server.questions.length === MANY;
      },
      TIME_LIMIT_MS,
    );
    const asked = new Set(server.questions);
    server.answerAll();
    await until('the other questions', () => server.questions.length === MANY + 20, TIME_LIMIT_MS);
    assert.is(asked.size, MANY);
    server.answerAll();
    const pids = new Set<number>();
    let taken = 0;
    for await (const fate of mw.results(ask)) {
      assert.is(fate.status, 'ok');
      if (fate.status !== 'ok') continue;
      const at = ids.indexOf(fate.taskId);
      assert.equal(
        [fate.packet.answer, fate.packet.taskId, fate.attempts],
        [`yes, question ${at}`, fate.taskId, 1],
      );
      assert.ok(fate.computeTime > 0);
      pids.add(fate.packet.pid);
      taken++;
    }
    assert.equal([taken, pids.size], [MANY + 20, 1]);
    assert.is(events.filter(({ type }) => type === 'slave-lost').length, 0);
  }));

test('a task that is late, and one that is cancelled, stop without the others', () =>
  withCrawler(async (mw, server, events) => {
    const asked = Array.from({ length: 10 }, (_, at) => ask.future(server.port, String(at)));
    const late = pause.withTaskPolicy({ timeoutSeconds: 0.3, maxAttempts: 1 }).future(60);
    const unwanted = pause.funcall(60);
    await until('ten questions', () => server.questions.length === 10, TIME_LIMIT_MS);
    const error: unknown = await within(
      TIME_LIMIT_MS,
      late.catch((error: unknown) => error),
      () => 'the late task',
    );
    assert.ok(error instanceof UnrunnableError && error.reason === 'timeout');
    mw.cancel(unwanted);
    assert.is(await within(TIME_LIMIT_MS, square.future(3), () => 'a task beside them'), 9);
    server.answerAll();
    const pids = new Set((await Promise.all(asked)).map(({ pid }) => pid));
    assert.is(pids.size, 1);
    assert.is(events.filter(({ type }) => type === 'slave-lost').length, 0);
  }));

test.long('when one takes the slave down, the others run again on the next, side by side', () =>
  withCrawler(async (_mw, server, events) => {
    const asked = Array.from({ length: 20 }, (_, at) => ask.future(server.port, String(at)));
    await until('twenty questions', () => server.questions.length === 20, TIME_LIMIT_MS);
    const poison = abort.future(1);
    await until('them again', () => server.questions.length === 40, TIME_LIMIT_MS);
    server.answerAll();
    const answers = await within(TIME_LIMIT_MS, Promise.all(asked), () => 'all answers');
    assert.equal(
      answers.map(({ answer }) => answer),
      answers.map((_, at) => `yes, ${at}`),
    );
    assert.is(await poison, 2);
    assert.is(events.filter(({ type }) => type === 'slave-lost').length, 1);
  }),
);

test.run();
