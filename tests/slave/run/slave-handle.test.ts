/** A slave that runs one task at a time: its loops, their reports, and when results leave. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silentAudit } from '../../../src/audit/memory-trail.js';
import { SlaveCore } from '../../../src/slave/core/slave-core.js';
import { SlaveRunner } from '../../../src/slave/run/slave-handle.js';
import { taskContext } from '../../../src/slave/run/task-context.js';
import { OwnTime } from '../../support/own-time.js';
import { Bench } from './bench.js';

const test = suite('slave/slave-handle');

const IDLE = {
  masterDisconnect: false,
  explicitShutdown: false,
  totalResultsCompleted: 0,
  numTasks: 0,
  numResults: 0,
  resultGrouping: 'auto',
} as const;

/** Computes for so long. */
function compute(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** Resolves with 'waits' if the promise is still pending after some turns. */
async function orWaits<T>(bench: Bench, promise: Promise<T>): Promise<T | 'waits'> {
  let value: T | 'waits' = 'waits';
  void promise.then((settled) => {
    value = settled;
  });
  await bench.turn();
  return value;
}

test('a pass without tasks waits its time and says that nothing happened', async () => {
  const bench = new Bench(1);
  for (const loop of ['slaveLoop', 'slaveLoopIterate'] as const) {
    using time = new OwnTime();
    const began = performance.now();
    assert.equal(await bench.runner[loop]({ timeout: 0.01 }), IDLE);
    const ms = performance.now() - began;
    assert.ok(ms >= 9, `${ms} ms`);
    assert.equal(await bench.runner[loop](), IDLE, 'by default it waits no second either');
    assert.ok(time.ms < 1_000);
    assert.equal(await bench.runner[loop]({ timeout: 0 }), IDLE);
  }
});

test('its passes refuse options that they do not have', async () => {
  const { runner } = new Bench(1);
  for (const loop of ['slaveLoop', 'slaveLoopIterate'] as const) {
    const refused = async (options: unknown): Promise<string> =>
      runner[loop](options as never).then(String, (error: Error) => error.message);
    assert.is(await refused({ timeOut: 1 }), `${loop} has no option "timeOut"; it may have timeout`);
    assert.is(await refused(null), `the options of ${loop} are an object of timeout; got null`);
    assert.match(await refused({ timeout: '1' }), `the timeout of ${loop} is a number of seconds from 0`);
  }
});

test('one pass runs all that is there, in order, and what comes meanwhile', async () => {
  const bench = new Bench(1);
  bench.give([1, 2], 'quick');
  bench.give([3]);
  const looped = bench.runner.slaveLoop();
  assert.is(await orWaits(bench, looped), 'waits');
  bench.give([4], 'quick');
  await bench.end(3);
  assert.equal(await looped, { ...IDLE, totalResultsCompleted: 4 });
  assert.equal(bench.began, [1, 2, 3, 4]);
});

test('a pass of one task runs one, and says what waits', async () => {
  const bench = new Bench(1);
  bench.give([1, 2, 3], 'quick', false, { grouping: 2 });
  const report = { ...IDLE, resultGrouping: 2 };
  assert.equal(await bench.runner.slaveLoopIterate(), {
    ...report,
    totalResultsCompleted: 1,
    numTasks: 2,
    numResults: 1,
  });
  assert.equal(await bench.runner.slaveLoopIterate(), { ...report, totalResultsCompleted: 2, numTasks: 1 });
  assert.equal(await bench.runner.slaveLoopIterate(), { ...report, totalResultsCompleted: 3 });
  await bench.turn();
  assert.equal(bench.sent, [[1, 2], [3]], 'the last result does not wait for another');
});

test('a task that comes ends the wait for it', async () => {
  const bench = new Bench(1);
  const looped = bench.runner.slaveLoop({ timeout: 60 });
  assert.is(await orWaits(bench, looped), 'waits');
  bench.give([1], 'quick');
  assert.is((await looped).totalResultsCompleted, 1);
});

test('it knows its id in a session, and its arguments', () => {
  const bench = new Bench(1);
  assert.is(bench.runner.sid, 'SLAVE-7');
  bench.hear({ type: 'stale' });
  assert.is(bench.runner.sid, undefined, 'it joins again');
  const runner = new SlaveRunner({ core: bench.core, argv: ['a', 'b'], clock: () => 0 });
  assert.equal(runner.argv, ['a', 'b']);
  runner.close();
  bench.runner.close();
});

test('the simple loop runs tasks as they come, until a shutdown', async () => {
  const bench = new Bench(1);
  const looped = bench.runner.slaveLoopSimple();
  assert.is(await orWaits(bench, looped), 'waits');
  bench.give([1, 2], 'quick');
  assert.is(await orWaits(bench, looped), 'waits');
  bench.give([3], 'quick');
  assert.is(await orWaits(bench, looped), 'waits');
  assert.equal(bench.sent.flat(), [1, 2, 3]);
  bench.hear({ type: 'shutdown' });
  assert.is(await looped, 0);
  assert.is(await bench.runner.slaveLoopSimple(), 0, 'it is over for good');
});

test('the simple loop ends with 255 when its master is gone, whatever runs', async () => {
  const bench = new Bench(1);
  bench.give([1, 2]);
  const looped = bench.runner.slaveLoopSimple();
  assert.is(await orWaits(bench, looped), 'waits');
  bench.hear({ type: 'lost', evidence: 'test' });
  assert.is(await looped, 255);
  assert.equal(bench.began, [1]);
});

test('after a shutdown the running task ends, and its loop says so', async () => {
  const bench = new Bench(1);
  bench.give([1, 2]);
  const looped = bench.runner.slaveLoop();
  await bench.turn();
  bench.hear({ type: 'shutdown' });
  assert.is(await orWaits(bench, looped), 'waits');
  await bench.end(1);
  assert.equal(await looped, { ...IDLE, explicitShutdown: true });
  assert.equal([bench.began, bench.sent], [[1], []]);
});

test('a lost master is in the reports of all later passes, which wait for nothing', async () => {
  const bench = new Bench(1);
  bench.hear({ type: 'lost', evidence: 'test' });
  for (const loop of ['slaveLoop', 'slaveLoopIterate'] as const) {
    let hasTurned = false;
    setImmediate(() => {
      hasTurned = true;
    });
    assert.equal(await bench.runner[loop]({ timeout: 60 }), { ...IDLE, masterDisconnect: true });
    assert.ok(hasTurned, 'a program that goes on looping still hears signals');
  }
});

test('a task that begins as its master goes is not waited for', async () => {
  const bench = new Bench(1, {
    last: () => {
      bench.hear({ type: 'lost', evidence: 'test' });
      return new Promise(() => {});
    },
  });
  bench.give([1], 'last');
  assert.is((await bench.runner.slaveLoop()).masterDisconnect, true);
});

test('a task has its context while it runs, and no longer', async () => {
  const contexts: unknown[] = [];
  const note = () => {
    const { algorithm, taskId, sid, attempt } = taskContext();
    contexts.push([algorithm, taskId, sid, attempt]);
  };
  const bench = new Bench(1, {
    note,
    slowly: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      note();
    },
  });
  bench.give([1], 'note');
  bench.give([2], 'slowly');
  await bench.runner.run(async (slave) => {
    await slave.slaveLoop();
    note();
  });
  assert.equal(contexts, [
    ['note', 'TASK-1', 'SLAVE-7', 1],
    ['slowly', 'TASK-2', 'SLAVE-7', 1],
    [undefined, undefined, undefined, 1],
  ]);
  bench.runner.close();
});

test('the slave algorithm gets the handle, and what it returns or throws is handed on', async () => {
  const bench = new Bench(1);
  const got = await bench.runner.run((slave) => [slave]);
  assert.is((got as unknown[])[0], bench.runner);
  const thrown = await bench.runner
    .run(() => {
      throw new RangeError('no');
    })
    .catch((error: unknown) => error);
  assert.instance(thrown, RangeError);
  bench.runner.close();
});

test('a signal aborts with the reason, also where the task asks for it afterwards', async () => {
  const seen: string[] = [];
  let go = (): void => {};
  const bench = new Bench(1, {
    ask: async () => {
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      const { signal } = taskContext();
      assert.is(signal, taskContext().signal, 'it has one');
      seen.push(`${signal.reason.name}: ${signal.reason.message}`);
    },
  });
  for (const name of ['AbortError', 'TimeoutError'] as const) {
    bench.give([bench.started.length], 'ask', false, { timeoutMs: 1_000 });
    const looped = bench.runner.slaveLoop();
    await bench.turn();
    bench.runner.abort(bench.started.at(-1) as (typeof bench.started)[number], name);
    go();
    await looped;
  }
  assert.equal(seen, [
    'AbortError: TASK-0 was cancelled by its master',
    'TimeoutError: TASK-1 exceeded its time limit',
  ]);
  assert.equal(bench.ended, bench.started);
});

test('when the slave ends, the signals of what runs abort, and what waits is woken', async () => {
  const bench = new Bench(1);
  bench.give([1]);
  void bench.runner.slaveLoop();
  await bench.turn();
  bench.runner.close();
  assert.equal(bench.aborted, [1]);
  await bench.end(1);
  const idle = new Bench(1);
  const looped = idle.runner.slaveLoop({ timeout: 60 });
  await idle.turn();
  idle.runner.close();
  assert.equal(await looped, IDLE);
});

test('the controller of a task is forgotten with it', async () => {
  const signals: AbortSignal[] = [];
  const bench = new Bench(1, { keep: () => signals.push(taskContext().signal) });
  bench.give([1, 2], 'keep');
  await bench.runner.slaveLoop();
  bench.runner.close();
  assert.equal(
    signals.map(({ aborted }) => aborted),
    [false, false],
  );
});

test('a run that is abandoned has timed out, and the loop goes on without it', async () => {
  const bench = new Bench(1);
  bench.give([1], 'wait', false, { timeoutMs: 50 });
  bench.give([2], 'wait', false, { timeoutMs: 50 });
  const looped = bench.runner.slaveLoop();
  await bench.turn();
  const [first] = bench.started as [(typeof bench.started)[number]];
  bench.runner.abandon({ ...first });
  await bench.turn();
  assert.equal(bench.began, [1], 'another run was meant');
  bench.runner.abandon(first);
  await bench.turn();
  assert.equal(bench.began, [1, 2]);
  await bench.end(1, 2);
  await looped;
  assert.equal(
    bench.results.map(([number, , status]) => [number, status]),
    [
      [1, 2],
      [2, 0],
    ],
  );
  bench.runner.abandon(first);
});

test('each result has its value, its error, and the microseconds of its run', async () => {
  const bench = new Bench(1, {
    double: (number) => {
      compute(2);
      return 2 * number;
    },
    later: async (number) => {
      await new Promise((resolve) => setTimeout(resolve, 3));
      return number;
    },
    fail: () => {
      throw new RangeError('no');
    },
    reject: async () => {
      throw new RangeError('later');
    },
    // biome-ignore lint/suspicious/noThenProperty: what a library of promises returns
    thenable: (number) => ({ then: (resolve: (value: number) => void) => resolve(number + 1) }),
    nothing: () => null,
  });
  const names = ['double', 'later', 'fail', 'reject', 'thenable', 'nothing', 'undefined here'];
  for (const [number, name] of names.entries()) bench.give([number], name);
  const began = performance.now();
  await bench.runner.slaveLoop();
  const mostMicros = 1_000 * (performance.now() - began) + 1;
  await bench.turn();
  const results = bench.results.map(([, , status, micros, value]) => ({ status, micros, value }));
  const texts = results.map(({ status, value }) => `${status} ${JSON.stringify(value)}`);
  assert.is(texts.length, names.length);
  assert.equal([texts[0], texts[1], texts[4], texts[5]], ['0 0', '0 1', '0 5', '0 null']);
  assert.match(texts[2] ?? '', /^1 .*RangeError.*"no"/);
  assert.match(texts[3] ?? '', /^1 .*RangeError.*"later"/);
  assert.match(texts[6] ?? '', /^1 .*UsageError.*does not define the algorithm/);
  const [double, later] = results;
  for (const result of [double, later])
    assert.ok(result && result.micros >= 1_900 && result.micros <= mostMicros);
});

test('results of short tasks wait a moment for one another, and leave before a task that may take long', async () => {
  const left: number[][] = [];
  const look = () => {
    bench.collect();
    left.push(bench.sent.flat());
  };
  const bench = new Bench(1, { look, longer: () => look() });
  bench.give([1], 'look');
  bench.give([2], 'longer');
  await bench.runner.slaveLoop();
  assert.equal(left, [[], [1]], 'nothing is known of the second');
});

test('a result leaves before the next task of an algorithm that took long', async () => {
  const left: number[][] = [];
  const bench = new Bench(1, {
    slow: () => {
      bench.collect();
      left.push(bench.sent.flat());
      compute(1.5);
    },
  });
  for (const number of [1, 2, 3]) bench.give([number], 'slow');
  await bench.runner.slaveLoop();
  assert.equal(left, [[], [1], [1, 2]]);
});

test('long tasks let the event loop turn in between, and short ones only now and then', async () => {
  let turns = 0;
  const count = (): void => {
    turns++;
    if (turns < 100) immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  clearImmediate(immediate);
  const turnsAt: number[] = [];
  const bench = new Bench(1, {
    slow: () => {
      turnsAt.push(turns);
      compute(6);
    },
  });
  for (const number of [1, 2, 3]) bench.give([number], 'slow');
  immediate = setImmediate(count);
  await bench.runner.slaveLoop();
  clearImmediate(immediate);
  const [first = 0, second = 0, third = 0] = turnsAt;
  assert.ok(second > first && third > second, `turns at ${turnsAt.join(', ')}`);
});

test('a waiting task sends the results before it, and an exact group stays together', async () => {
  const bench = new Bench(1);
  bench.give([1], 'quick', false, { grouping: 5 });
  bench.give([2], 'wait', false, { grouping: 5 });
  const looped = bench.runner.slaveLoop();
  await bench.turn();
  assert.equal(bench.sent, [[1]], 'it might wait for long');
  await bench.end(2);
  await looped;
  assert.equal(bench.sent, [[1], [2]]);
});

test('a slave that may run one task is no other than one that does not say how many', async () => {
  const { concurrency } = new SlaveCore({
    memberId: 'm',
    run: undefined,
    host: 'h',
    pid: 1,
    algorithms: [],
    audit: silentAudit,
    ports: {} as never,
  });
  assert.is(concurrency, 1);
  const bench = new Bench(1);
  assert.is(bench.hellos[0]?.concurrency, undefined);
  bench.give([1, 2]);
  const looped = bench.runner.slaveLoop();
  await bench.turn();
  assert.equal(bench.began, [1]);
  await bench.end(1);
  await bench.end(2);
  await looped;
});

test('a run that is left with its master is still timed, and its signal aborts with the slave', async () => {
  const bench = new Bench(1);
  bench.give([1], 'wait', false, { timeoutMs: 50 });
  const looped = bench.runner.slaveLoop();
  await bench.turn();
  bench.hear({ type: 'lost', evidence: 'test' });
  await looped;
  assert.equal([bench.core.runningTasks, bench.ended], [1, []], 'its sentinel may have to end it');
  bench.runner.close();
  assert.equal(bench.aborted, [1]);
});

test('what a task before has left in a message goes out when no task is left', async () => {
  const bench = new Bench(1);
  bench.give([1, 2], 'quick', false, { grouping: 5 });
  await bench.runner.slaveLoopIterate();
  bench.collect();
  assert.equal(bench.sent, [], 'the group is not full');
  await bench.runner.slaveLoopIterate();
  bench.collect();
  assert.equal(bench.sent, [[1, 2]]);
  bench.give([3, 4, 5], 'quick', false, { grouping: 2 });
  await bench.runner.slaveLoopIterate();
  await bench.runner.slaveLoopIterate();
  bench.collect();
  assert.equal(bench.sent.slice(1), [[3, 4]], 'a full one leaves though a task waits');
  await bench.runner.slaveLoopIterate();
  bench.collect();
  assert.equal(bench.sent.slice(2), [[5]]);
});

test('results that wait leave though the task behind them was taken back', async () => {
  const bench = new Bench(1);
  bench.give([1, 2], 'quick', false, { grouping: 5 });
  bench.takenBack.add(1);
  await bench.runner.slaveLoop();
  bench.collect();
  assert.equal([bench.began, bench.sent], [[1], [[1]]]);
});

test.run();
