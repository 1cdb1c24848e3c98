/** Tasks side by side: how many begin, in what order, and what becomes of them and of their results. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { taskContext } from '../../../src/slave/run/task-context.js';
import { Bench } from './bench.js';

const test = suite('slave/side-by-side');

/** A task that runs meanwhile takes no time by its clock, on any machine. */
async function inNoTime(body: () => Promise<unknown>): Promise<void> {
  const { performance } = globalThis;
  const real = performance.now;
  const stands = performance.now();
  performance.now = () => stands;
  try {
    await body();
  } finally {
    performance.now = real;
  }
}

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
  let looped: Promise<unknown> | undefined;
  // Of tasks that take long each result leaves by itself.
  await inNoTime(async () => {
    looped = bench.runner.slaveLoop();
    await bench.turn();
  });
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

test('what ended before a task that waits does not wait for it', async () => {
  const bench = new Bench(2);
  bench.give([1], 'quick', false, { grouping: 5 });
  bench.give([2], 'wait', false, { grouping: 5 });
  const looped = bench.runner.slaveLoop();
  bench.give([3], 'quick', false, { grouping: 5 });
  await bench.turn();
  assert.equal(bench.sent.flat(), [1, 3]);
  await bench.end(2);
  await looped;
  assert.equal(bench.sent.flat(), [1, 3, 2]);
});

test('each result has the microseconds of its own run', async () => {
  const bench = new Bench(2, {
    compute: () => {
      const until = performance.now() + 3;
      while (performance.now() < until);
    },
  });
  bench.give([1], 'compute');
  bench.give([2]);
  const began = performance.now();
  const looped = bench.runner.slaveLoop();
  await bench.turn();
  await new Promise((resolve) => setTimeout(resolve, 4));
  await bench.end(2);
  await looped;
  const mostMicros = 1_000 * (performance.now() - began) + 1;
  for (const [number, , , micros] of bench.results)
    assert.ok(micros >= 2_900 && micros <= mostMicros, `${number} took ${micros} microseconds`);
  assert.is(bench.results.length, 2);
});

test('a run that is abandoned has timed out, its place is free, and its end is not heard', async () => {
  const bench = new Bench(2);
  bench.give([1, 2, 3], 'wait', false, { timeoutMs: 50 });
  const looped = bench.runner.slaveLoop();
  await bench.turn();
  const [first] = bench.started;
  assert.is(first?.number, 1);
  bench.runner.abandon(first as (typeof bench.started)[number]);
  await bench.turn();
  assert.equal(bench.began, [1, 2, 3]);
  assert.equal(
    bench.results.map(([number, , status]) => [number, status]),
    [[1, 2]],
  );
  await bench.end(1, 2, 3);
  const { totalResultsCompleted } = await looped;
  assert.is(totalResultsCompleted, 3);
  assert.equal(bench.sent, [[1], [2, 3]]);
});

test('a task that computes for long lets the event loop turn before the next one begins', async () => {
  const left: number[][] = [];
  const bench = new Bench(2, {
    compute: (number) => {
      bench.collect();
      left.push(bench.sent.flat());
      bench.began.push(number);
      const until = performance.now() + 6;
      while (performance.now() < until);
    },
  });
  bench.give([1, 2], 'compute', false, { grouping: 9 });
  const looped = bench.runner.slaveLoop();
  let seen: readonly number[] = [];
  setImmediate(() => {
    seen = [...bench.began];
  });
  await looped;
  assert.equal(seen, [1]);
  assert.equal(left, [[], [1]], 'the result of the first has left when the second begins');
});

test('short tasks begin in one turn, however long ago the last ones ran', async () => {
  const turnsAt: number[] = [];
  let turns = 0;
  const bench = new Bench(2, { note: () => turnsAt.push(turns) });
  bench.give([1, 2, 3], 'note');
  setImmediate(() => turns++);
  await inNoTime(() => bench.runner.slaveLoop());
  assert.equal(turnsAt, [0, 0, 0]);
});

test('results leave although a task behind them must wait', async () => {
  const bench = new Bench(2);
  bench.give([1], 'wait', true, { grouping: 5 });
  bench.give([2], 'quick', false, { grouping: 5 });
  bench.give([3], 'quick', true, { grouping: 5 });
  const looped = bench.runner.slaveLoop();
  await bench.turn();
  assert.equal([bench.began, bench.sent], [[1, 2], [[2]]]);
  await bench.end(1);
  await looped;
  assert.equal(bench.sent.flat().sort(), [1, 2, 3]);
});

test('a pass of one task sends its result, although others of its group wait', async () => {
  const bench = new Bench(2);
  bench.give([1, 2], 'quick', false, { grouping: 5 });
  const { numTasks, numResults } = await bench.runner.slaveLoopIterate();
  bench.collect();
  assert.equal([numTasks, numResults, bench.sent], [1, 0, [[1]]]);
});

test('tasks that wait send nothing when there is nothing to send', async () => {
  const bench = new Bench(9);
  bench.give([1, 2, 3, 4]);
  const before = bench.flushes;
  let looped: Promise<unknown> | undefined;
  await inNoTime(async () => {
    looped = bench.runner.slaveLoop();
    await bench.turn();
  });
  assert.equal([bench.began, bench.flushes - before], [[1, 2, 3, 4], 1]);
  await bench.end(1, 2, 3, 4);
  await looped;
});

test('the controller of a task is forgotten with it, whether it waited or not', async () => {
  const signals: AbortSignal[] = [];
  const keep = () => void signals.push(taskContext().signal);
  const bench = new Bench(2, { keep, later: async () => keep() });
  bench.give([1], 'keep');
  bench.give([2], 'later');
  await bench.runner.slaveLoop();
  bench.runner.close();
  assert.equal(
    signals.map(({ aborted }) => aborted),
    [false, false],
  );
});

test.run();
