/** Tasks side by side: how many begin, in what order, and what becomes of them and of their results. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_POLICY } from '../../../src/algorithms/policy.js';
import type { AlgorithmDefinition } from '../../../src/algorithms/types.js';
import { silentAudit } from '../../../src/audit/memory-trail.js';
import { SlaveCore } from '../../../src/slave/core/slave-core.js';
import { SlaveRunner } from '../../../src/slave/run/slave-handle.js';
import { taskContext } from '../../../src/slave/run/task-context.js';
import { decodeBody, encodeBody } from '../../../src/wire/messages/body.js';
import { parseResults, taskEntryText, tasksText } from '../../../src/wire/messages/entries.js';
import { CREDIT_BYTES, type Hello } from '../../../src/wire/messages/messages.js';
import { Session } from '../../../src/wire/session/session.js';

const RUN = '00112233445566ff';

/** A slave whose tasks end when the test says so. */
class Bench {
  readonly core: SlaveCore;
  readonly runner: SlaveRunner;
  readonly began: number[] = [];
  readonly aborted: number[] = [];
  /** What `taskContext` says of each task when it ends. */
  readonly contexts: string[] = [];
  readonly hellos: Hello[] = [];
  /** Numbers of results, by message. */
  readonly sent: number[][] = [];
  readonly #ends = new Map<number, () => void>();
  readonly #frames: Buffer[] = [];
  readonly #master: Session;

  constructor(concurrency: number) {
    const nonce = '0'.repeat(32);
    const definition = (name: string, fn: (number: number) => unknown): AlgorithmDefinition => ({
      name,
      fn: fn as unknown as AlgorithmDefinition['fn'],
      policy: DEFAULT_POLICY,
      fingerprint: name,
      place: 'here',
      checkpoint: true,
    });
    this.core = new SlaveCore({
      memberId: 'm',
      run: undefined,
      host: 'h',
      pid: 1,
      algorithms: [
        definition('wait', (number) => this.#wait(number)),
        definition('quick', (number) => this.began.push(number)),
      ],
      concurrency,
      audit: silentAudit,
      ports: {
        send: (frame) => this.#frames.push(frame) > 0,
        sendHello: (hello) => this.hellos.push(hello),
        nonce: () => nonce,
        listen: () => {},
        watch: () => 1,
        offer: () => true,
        claim: () => true,
        release: () => {},
        positions: () => {},
        news: () => this.runner?.wake(),
        startClock: () => {},
        stopClock: () => false,
        renumbered: () => {},
        abort: (task) => this.runner.abort(task, 'AbortError'),
      },
    });
    this.runner = new SlaveRunner({ core: this.core, argv: [], clock: () => performance.now() });
    this.core.join();
    this.core.joinable(nonce, 0);
    this.core.takeHandshake(
      {
        type: 'welcome',
        run: RUN,
        nonce,
        sid: 7,
        resultGroup: 'auto',
        algorithms: ['wait', 'quick'],
        broker: 'external',
        limit: CREDIT_BYTES,
        clientTimeoutMs: 3_000,
        maxMessageBytes: CREDIT_BYTES,
      },
      0,
    );
    this.#master = new Session({
      epoch: { run: RUN, nonce, sid: 7 },
      sendLimit: CREDIT_BYTES,
      receiveLimit: CREDIT_BYTES,
      maxMessageBytes: CREDIT_BYTES,
    });
  }

  async #wait(number: number): Promise<number> {
    this.began.push(number);
    taskContext().signal.addEventListener('abort', () => this.aborted.push(number));
    await new Promise<void>((resolve) => this.#ends.set(number, resolve));
    this.contexts.push(`${taskContext().taskId} is ${number}`);
    return number;
  }

  /** One message of tasks. */
  give(numbers: readonly number[], algorithm: 'wait' | 'quick' = 'wait', ordered = false): void {
    const index = algorithm === 'wait' ? 0 : 1;
    const entries = numbers.map((number) => taskEntryText(number, 1, index, `[${number}]`));
    this.#master.post(encodeBody(tasksText(0, entries, undefined, ordered), []));
    this.#master.flush((frame) => {
      this.core.takeFrame(frame, 0);
      return true;
    }, 0);
  }

  /** Lets tasks end in one turn, and what follows from it happen. */
  async end(...numbers: readonly number[]): Promise<void> {
    for (const number of numbers) this.#ends.get(number)?.();
    await this.turn();
  }

  /** On a slow machine the slave lets the event loop turn before each task that it begins. */
  async turn(): Promise<void> {
    for (let turns = 0; turns < 30; turns++) await new Promise((resolve) => setImmediate(resolve));
    for (const frame of this.#frames.splice(0)) {
      for (const body of this.#master.receive(Buffer.from(frame), 0)) {
        this.sent.push(parseResults(decodeBody(body).value).results.map(([number]) => number));
      }
    }
  }
}

const test = suite('slave/side-by-side');

test('as many run as may, each with its own context, and the next begins when one ends', async () => {
  const bench = new Bench(3);
  assert.is(bench.hellos[0]?.concurrency, 3);
  bench.give([1, 2, 3, 4, 5]);
  const looped = bench.runner.slaveLoop();
  await bench.turn();
  assert.equal(bench.began, [1, 2, 3]);
  await bench.end(3);
  assert.equal(bench.began, [1, 2, 3, 4]);
  bench.give([6]);
  await bench.end(1, 4);
  assert.equal(bench.began, [1, 2, 3, 4, 5, 6]);
  await bench.end(2, 5, 6);
  assert.equal(bench.contexts.sort(), [1, 2, 3, 4, 5, 6].map((n) => `TASK-${n} is ${n}`).sort());
  assert.equal(bench.sent, [[3], [1, 4], [2, 5, 6]], 'those that end together are sent together');
  assert.is((await looped).totalResultsCompleted, 6);
  assert.is(taskContext().taskId, undefined);
});

test('tasks that need not wait run beside those that do, and leave by groups', async () => {
  const bench = new Bench(2);
  bench.give([1]);
  bench.give([2, 3], 'quick');
  bench.give([4, 5], 'quick');
  const looped = bench.runner.slaveLoop();
  await bench.turn();
  assert.equal(bench.began, [1, 2, 3, 4, 5]);
  assert.equal(bench.sent, [
    [2, 3],
    [4, 5],
  ]);
  await bench.end(1);
  await looped;
});

test('ordered tasks run one after another, those behind them wait, others run beside', async () => {
  const bench = new Bench(4);
  bench.give([1]);
  bench.give([2, 3], 'wait', true);
  bench.give([4]);
  const looped = bench.runner.slaveLoop();
  await bench.turn();
  assert.equal(bench.began, [1, 2], 'the unordered task behind an ordered one does not overtake it');
  await bench.end(2);
  assert.equal(bench.began, [1, 2, 3, 4]);
  await bench.end(1, 3, 4);
  await looped;
});

test('it hands out no more than it may, whoever asks', () => {
  const bench = new Bench(2);
  bench.give([1, 2, 3]);
  const [first] = [bench.core.begin(0), bench.core.begin(0)];
  assert.is(bench.core.begin(0), undefined);
  assert.ok(first);
  bench.core.complete(first, { ok: true, packet: 1 }, 1, 0);
  assert.is(bench.core.begin(0)?.number, 3);
});

test('one pass runs one task to its end', async () => {
  const bench = new Bench(9);
  bench.give([1, 2]);
  const looped = bench.runner.slaveLoopIterate();
  await bench.turn();
  assert.equal(bench.began, [1]);
  await bench.end(1);
  const { numTasks, totalResultsCompleted } = await looped;
  assert.equal([numTasks, totalResultsCompleted], [1, 1]);
});

test('a cancel reaches the task that is meant', async () => {
  const bench = new Bench(3);
  bench.give([1, 2, 3]);
  const looped = bench.runner.slaveLoop();
  await bench.turn();
  bench.core.takeSentinelEvent({ type: 'cancel', nonce: '0'.repeat(32), index: 1 }, 0);
  assert.equal(bench.aborted, [2]);
  await bench.end(1, 2, 3);
  await looped;
});

test('after a shutdown the running tasks end, their results are discarded, and no other begins', async () => {
  const bench = new Bench(2);
  bench.give([1, 2, 3]);
  const looped = bench.runner.slaveLoopSimple();
  await bench.turn();
  bench.core.takeSentinelEvent({ type: 'shutdown', nonce: '0'.repeat(32) }, 0);
  await bench.end(1);
  let hasReturned = false;
  void looped.then(() => {
    hasReturned = true;
  });
  await bench.turn();
  assert.is(hasReturned, false, 'the second still runs');
  await bench.end(2);
  assert.is(await looped, 0);
  assert.equal([bench.began, bench.sent], [[1, 2], []]);
});

test('nothing is waited for when the master is gone', async () => {
  const bench = new Bench(2);
  bench.give([1, 2]);
  const looped = bench.runner.slaveLoopSimple();
  await bench.turn();
  bench.core.takeSentinelEvent({ type: 'lost', nonce: '0'.repeat(32), evidence: 'test' }, 0);
  assert.is(await looped, 255);
  await bench.end(1, 2);
  assert.equal(bench.sent, []);
});

test('a loop takes no time that is none, and for ever when told so', async () => {
  const bench = new Bench(2);
  for (const loop of ['slaveLoop', 'slaveLoopIterate'] as const) {
    const message = await bench.runner[loop]({ timeout: Number.NaN }).catch(({ message }: Error) => message);
    assert.is(message, `the timeout of ${loop} is a number of seconds from 0; got NaN`);
  }
  const looped = bench.runner.slaveLoop({ timeout: Number.POSITIVE_INFINITY });
  await bench.turn();
  bench.give([1]);
  await bench.turn();
  await bench.end(1);
  assert.is((await looped).totalResultsCompleted, 1);
});

test.run();
