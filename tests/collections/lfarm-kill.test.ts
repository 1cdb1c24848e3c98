/** The assertions of lfarm's own tests about killed tasks and categories, under the names that those have there. */

import { createServer, type Socket } from 'node:net';
import {
  type AuditEvent,
  type EmbeddedMaster,
  type EmbeddedMasterOptions,
  master,
  TaskKilledError,
} from 'ts-mw';
import * as assert from 'uvu/assert';
import { ask, linger, pause, square, tellAndSpin } from '../programs/algorithms.js';
import { withCluster } from '../support/clusters.js';
import { programPath, until, within, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('collections/lfarm kill');
const LIMIT_MS = 40_000;
const KILLED = /, (because|while) TASK-\d+ was (being )?killed$/;

/** Hears tasks that have begun, and answers none before it is told to. */
class Listener {
  readonly heard: Socket[] = [];
  readonly #server = createServer({ allowHalfOpen: true }, (socket) => {
    this.heard.push(socket.resume().on('error', () => {}));
  });

  async open(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as { port: number }).port;
  }

  hears(count: number): Promise<void> {
    return until(`${count} tasks have begun`, () => this.heard.length === count, LIMIT_MS);
  }

  close(): void {
    for (const socket of this.heard) socket.destroy();
    this.#server.close();
  }
}

interface Kernel {
  readonly mw: EmbeddedMaster;
  /** The evidence of each lost slave. */
  readonly lost: string[];
  readonly events: AuditEvent[];
  readonly listener: Listener;
  readonly port: number;
}

/** As lfarm's remote set-up: servers that are processes of their own. */
function withServers(
  slaves: number,
  body: (kernel: Kernel) => Promise<void>,
  options: EmbeddedMasterOptions = {},
): Promise<void> {
  return withPrograms(async ({ folder }) => {
    const [events, lost]: [AuditEvent[], string[]] = [[], []];
    const listener = new Listener();
    const port = await listener.open();
    const mw = await master({
      program: programPath('worker.js'),
      auditFile: `${folder}/audit`,
      clientTimeout: 30,
      slaves,
      ...options,
      onAudit: (event) => {
        events.push(event);
        if (event.type === 'slave-lost') lost.push(event.evidence);
      },
    });
    try {
      await mw.run(() => body({ mw, lost, events, listener, port }));
    } finally {
      listener.close();
      await mw.stop();
    }
  });
}

async function refusal(promise: Promise<unknown>): Promise<TaskKilledError> {
  const caught = await within(
    LIMIT_MS,
    promise.catch((error: unknown) => error),
    () => 'the task has no fate',
  );
  if (!(caught instanceof TaskKilledError)) throw new Error(`it is ${String(caught)}`);
  return caught;
}

const running = (mw: EmbeddedMaster, categories: readonly string[]): Promise<void> =>
  until(
    `${categories.join(', ')} run`,
    () => mw.taskCategoriesRunning().sort().join() === categories.join(),
    LIMIT_MS,
  );

/** Both slaves compute without end when a third task waits; two are killed, and that one is done. */
function killsTwoOfThree(category: string | undefined): Promise<void> {
  return withServers(2, async ({ mw, lost, events, listener, port }) => {
    const policy = category === undefined ? {} : { category };
    const name = category ?? 'default';
    const hung = ['one', 'two'].map((text) => refusal(tellAndSpin.withTaskPolicy(policy).future(port, text)));
    await listener.hears(2);
    assert.equal(mw.taskCategoriesRunning(), [name, name]);
    const survives = square.withTaskPolicy(policy).future(11);
    assert.is(mw.killTasks(name), 2);
    assert.equal(mw.taskCategoriesRunning(), []);
    for (const error of await Promise.all(hung)) {
      assert.equal([error.reason, error.category, error.code], ['killed', name, 'ERR_MW_TASK_KILLED']);
    }
    assert.is(
      await within(LIMIT_MS, survives, () => 'the queued task'),
      121,
      'pending tasks are not affected',
    );
    assert.equal([lost.length >= 1, lost.every((evidence) => KILLED.test(evidence))], [true, true]);
    assert.is(events.filter(({ type }) => type === 'task-killed').length, 2);
    assert.is(mw.pendingTasks, 0);
  });
}

test.long('kill-test: a sleeper is there once, is killed with its slave, and the next one goes on', () =>
  withServers(1, async ({ mw, lost, events, listener, port }) => {
    assert.equal(mw.taskCategoriesRunning(), []);
    const sleeper = refusal(ask.withTaskPolicy({ category: 'sleeper' }).future(port, 'until when'));
    const queued = square.withTaskPolicy({ maxAttempts: 1, retry: false }).future(3);
    await listener.hears(1);
    assert.equal(mw.taskCategoriesRunning(), ['sleeper']);
    assert.is(mw.killTasks('sleeper'), 1);
    assert.equal([mw.taskCategoriesRunning(), mw.killTasks('sleeper')], [[], 0]);
    const { taskId, algorithm, submittedAt, history } = await sleeper;
    assert.equal([taskId, algorithm], ['TASK-0', 'ask']);
    assert.match(submittedAt ?? '', /lfarm-kill\.test/);
    assert.equal(
      history.map(({ sid, evidence }) => [sid, evidence]),
      [['SLAVE-0', 'it was killed']],
    );
    assert.is(await within(LIMIT_MS, queued, () => 'the queued task'), 9);
    assert.match(lost.join(), KILLED);
    const restarted = events.filter(({ type }) => type === 'local-slave-started');
    assert.is(restarted.length, 2, 'the worker is replaced');
  }),
);

test.long('default-kill-task-test: of two endless tasks and one queued, the queued one survives', () =>
  killsTwoOfThree(undefined),
);

test.long('custom-kill-task-test: the same with a category of its own', () =>
  killsTwoOfThree('endless loops'),
);

test('task-categories-test: each running task is there with its category', () =>
  withCluster({ flags: {} }, 2, async (mw) => {
    assert.equal(mw.taskCategoriesRunning(), []);
    const tasks = [pause.future(60)];
    await running(mw, ['default']);
    tasks.push(pause.withTaskPolicy({ category: 'a text' }).future(60));
    await running(mw, ['a text', 'default']);
    square
      .withTaskPolicy({ category: 'queued' })
      .future(2)
      .catch(() => {});
    assert.equal(mw.taskCategoriesRunning().length, 2, 'what is queued does not run');
    const [first, second] = tasks.map(refusal);
    assert.is(mw.killTasks('default'), 1);
    await first;
    const another = refusal(pause.withTaskPolicy({ category: 'a text' }).future(60));
    await running(mw, ['a text', 'a text']);
    assert.is(mw.killTasks('a text'), 2, 'one for each server');
    await Promise.all([second, another]);
    assert.is(await square.future(5), 25);
    assert.throws(() => mw.killTasks(7 as never), /category of killTasks is a text.*got 7/);
  }));

test('a slave without a process of its own goes on without killed and cancelled tasks, one by one or all at once', () =>
  withCluster({ flags: {} }, 1, async (mw) => {
    for (const task of [pause, linger]) {
      const killed = refusal(task.withTaskPolicy({ category: 'it' }).future(60));
      await running(mw, ['it']);
      mw.killTasks('it');
      await killed;
      assert.is(await within(LIMIT_MS, square.future(4), () => 'the next task'), 16);
    }
    const ids = [0, 1, 2, 3].map(() => linger.funcall(60));
    await running(mw, ['default']);
    const [first, second] = ids as [`TASK-${number}`, `TASK-${number}`];
    assert.throws(
      () => mw.cancel(first, { kill: 'yes' as never }),
      /^kill of cancel is true or false; got "yes"$/,
    );
    assert.equal(
      [second, first, first].map((id) => mw.cancel(id, { kill: true })),
      [true, true, false],
    );
    assert.is(mw.cancelAll(), 2);
    const fates = mw.getUnrunnableTasks();
    assert.equal(
      fates.map(({ taskId, reason }) => [taskId, reason]),
      [
        [second, 'cancelled'],
        [first, 'killed'],
        [ids[2], 'cancelled'],
        [ids[3], 'cancelled'],
      ],
    );
    const [, killed] = fates;
    assert.ok(killed?.error instanceof TaskKilledError);
    assert.is(await within(LIMIT_MS, square.future(4), () => 'the next task'), 16);
    assert.is(mw.cancelAll(), 0);
  }));

test.long('what ran beside a killed task runs again, and is not charged', () =>
  withServers(
    1,
    async ({ mw, lost, listener, port }) => {
      const neighbour = ask.withTaskPolicy({ maxAttempts: 1 })(port, 'how far');
      const policy = { category: 'endless', killGraceSeconds: 0.3 };
      const killed = refusal(ask.withTaskPolicy(policy).future(port, 'until when'));
      await listener.hears(2);
      assert.equal(mw.taskCategoriesRunning().sort(), ['default', 'endless']);
      assert.is(mw.killTasks('endless'), 1);
      await killed;
      await listener.hears(3);
      listener.heard[2]?.end('as far as that');
      const fates: unknown[] = [];
      for await (const { taskId, status, attempts } of mw.results(ask))
        fates.push([taskId, status, attempts]);
      assert.equal(fates, [[neighbour, 'ok', 1]]);
      assert.equal([lost.length, KILLED.test(lost[0] ?? '')], [1, true]);
    },
    { slaveConcurrency: 2 },
  ),
);

test.run();
