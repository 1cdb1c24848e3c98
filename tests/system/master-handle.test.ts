/** The master handle and the stubs, against slaves in this process: loops, fates, futures, targets, cancel. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AuditEvent,
  defineAlgorithm,
  type EmbeddedMaster,
  type MasterHandle,
  master,
  StoppedError,
  slave,
  TaskError,
  type TaskId,
  taskContext,
  UnrunnableError,
  UsageError,
} from 'ts-mw';
import * as assert from 'uvu/assert';
import { echo, fail, Mishap, square } from '../programs/algorithms.js';
import { SharedCluster, withCluster } from '../support/clusters.js';
import { overEachBroker } from '../support/each-broker.js';
import { until, within } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('master handle');
const EMBEDDED = { flags: {} };

const pair = new SharedCluster(2, { memberId: 'pair' });
const idle = new SharedCluster(0, { memberId: 'idle' });
test.after(async () => {
  // A task whose test has failed would run on, and its slave with it
  for (const { open } of gates.values()) open();
  await Promise.all([pair.stop(), idle.stop()]);
});

/** Tasks that run until the test lets them go. */
const gates = new Map<string, { readonly open: () => void; readonly opened: Promise<void> }>();
const entered = new Map<string, AbortSignal>();

const gate = defineAlgorithm('gate', async (name: string) => {
  entered.set(name, taskContext().signal);
  await gateOf(name).opened;
  return name;
});

function gateOf(name: string): { readonly open: () => void; readonly opened: Promise<void> } {
  let known = gates.get(name);
  if (known === undefined) {
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    known = { open, opened };
    gates.set(name, known);
  }
  return known;
}

async function take<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const one of iterable) taken.push(one);
  return taken;
}

function numberOf(id: TaskId): number {
  return Number(id.slice('TASK-'.length));
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await within(10_000, promise, () => 'the promise did not settle');
  } catch (error) {
    return error;
  }
  throw new Error('it was fulfilled');
}

for (const slaves of [1, 3]) {
  overEachBroker(test, `the loop brings news of ${slaves} slaves, which are handed over once`, ({ flags }) =>
    withCluster({ flags }, slaves, async (mw) => {
      const ids = [1, 2, 3, 4].map((n) => square.funcall(n));
      assert.equal(ids, ['TASK-0', 'TASK-1', 'TASK-2', 'TASK-3']);
      assert.is(mw.numRunnableTasks, 4);
      const taken = [];
      while (taken.length < 4) {
        const report = await mw.masterLoop();
        assert.ok(report.numResults > 0);
        assert.equal([report.numConnectedSlaves, report.numDisconnectedSlaves], [0, 0]);
        taken.push(...mw.getResults(square));
        assert.equal(mw.getResults(), []);
      }
      assert.equal(taken.map((result) => result.status === 'ok' && result.packet).sort(), [1, 16, 4, 9]);
      for (const result of taken) {
        assert.ok(result.computeTime >= 0 && result.computeTime < 5);
        assert.match(String(result.sid), /^SLAVE-\d$/);
        assert.is(result.attempts, 1);
        assert.is(ids[(result.args[0] ?? 0) - 1], result.taskId);
      }
      assert.is(mw.numRunnableTasks, 0);
      const idle = await mw.masterLoop({ timeout: 0.02 });
      assert.equal(Object.values(idle), [0, 0, 0, 0]);
    }),
  );
}

test(
  'masterLoopIterate makes one pass, and even one of no time gives the event loop its turn',
  idle.with(async (mw) => {
    echo.funcall(1);
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    assert.equal(Object.values(await mw.masterLoopIterate({ timeout: 0 })), [0, 0, 0, 0]);
    assert.ok(turned);
    const began = performance.now();
    assert.equal(Object.values(await mw.masterLoopIterate()), [0, 0, 0, 0]);
    assert.ok(performance.now() - began > 40);
    await using _slave = await slave(mw);
    while ((await mw.masterLoopIterate()).numResults === 0);
    assert.is(mw.getResults().length, 1);
  }),
);

test(
  'a loop takes no time that is none',
  idle.with(async (mw) => {
    for (const timeout of [Number.NaN, -1, '5' as never]) {
      for (const loop of ['masterLoop', 'masterLoopIterate'] as const) {
        const message = await mw[loop]({ timeout }).catch((error: Error) => error.message);
        assert.is(message, `the timeout of ${loop} is a number of seconds from 0; got ${timeout}`);
      }
    }
    assert.throws(
      () => {
        mw.targetNumber = 0.5;
      },
      (error: Error) => error.message === "the master's targetNumber is a whole number; got 0.5",
    );
  }),
);

test('what waits is told when the master stops, and what is complete is not', () =>
  withCluster(EMBEDDED, 0, async (mw) => {
    const complete = mw.results(square);
    square.withTaskPolicy({ sid: 'SLAVE-7' })(1);
    assert.is((await complete.next()).done, false);
    echo.withTaskPolicy({ sid: 'SLAVE-7' })(1);
    echo.funcall(1);
    const heard: unknown[] = [];
    mw.signal.addEventListener('abort', () => heard.push('signal'));
    const waiting = [mw.masterLoop(), take(mw.results(echo, gate)), mw.masterLoop({ timeout: 60 })].map(
      (promise) => promise.catch((error: unknown) => heard.push(error)),
    );
    const stopped = mw.stop();
    await within(10_000, Promise.all(waiting), () => 'all that waits');
    const { reason } = mw.signal;
    if (!(reason instanceof StoppedError)) throw reason;
    assert.equal([reason.code, reason.pending, reason.signal], ['ERR_MW_STOPPED', 1, undefined]);
    assert.is(reason.message, 'the master was stopped by stop() with 1 task pending (echo 1)');
    assert.is(heard[0], 'signal', 'it has aborted before');
    assert.is(heard.length, 4);
    for (const error of heard.slice(1)) assert.is(error, reason);
    await stopped;
    for (const again of [
      mw.masterLoop(),
      mw.masterLoopIterate(),
      mw.results().next(),
      mw.results(echo).next(),
    ]) {
      assert.is(await rejection(again), reason);
    }
    assert.is((await complete.next()).done, true, 'it had all of its algorithm');
    assert.is(mw.pendingTasks, 1, 'nobody takes it for done');
    for (const call of [() => echo.funcall(1), () => echo.future(1), () => mw.run(() => 1)]) {
      assert.throws(call, (error: unknown) => error === reason);
    }
    assert.throws(
      () => mw.submitAll([1], (n) => square.funcall(n)),
      (error: unknown) => error === reason,
    );
  }));

test('results that had arrived are still to be had when the master has stopped, by those who do not wait', () =>
  withCluster(EMBEDDED, 1, async (mw) => {
    square.funcall(3);
    await mw.masterLoop();
    const one = mw.results(square);
    await mw.stop();
    const error = await rejection(one.next());
    if (!(error instanceof StoppedError)) throw error;
    assert.equal([error.pending, error.untaken], [0, 1]);
    assert.match(error.message, /with 1 result untaken \(square 1\)$/);
    const [result] = mw.getResults(square);
    assert.is(result?.status === 'ok' && result.packet, 9);
    assert.is((await one.next()).done, true, 'now it is complete');
  }));

test('with strict, stop() rejects when something was left behind', async () => {
  for (const [leave, pattern] of [
    [() => square.funcall(3), /1 task pending \(square 1\)/],
    [() => void square.future(3), /1 task pending \(square 1\)/],
    [() => square.withTaskPolicy({ sid: 'SLAVE-7' })(3), /1 result untaken \(square 1\)/],
    [(mw: MasterHandle) => mw.cancel(square.funcall(3)), undefined],
    [() => undefined, undefined],
  ] as const) {
    const events: AuditEvent[] = [];
    const mw = await master({ strict: true, onAudit: (event) => events.push(event) });
    mw.run((handle): unknown => leave(handle));
    for (let times = 0; times < 2; times++) {
      const error = await mw.stop().catch((error: unknown) => error);
      if (pattern === undefined) assert.is(error, undefined);
      else assert.match(String(error), pattern);
    }
    assert.ok(events.some(({ type }) => type === 'master-finished'));
  }
});

test(
  'readers of one algorithm leave the others to other readers',
  pair.with(async (mw) => {
    for (let n = 0; n < 20; n++) {
      square.funcall(n);
      echo.funcall(`e${n}`);
      gate.withTaskPolicy({ sid: 'SLAVE-99' })(`g${n}`);
    }
    await until('all have their fates', async () => {
      await mw.masterLoop();
      return mw.numRunnableTasks === 0;
    });
    assert.is(mw.numUnrunnableTasks, 20);
    assert.equal(mw.getUnrunnableTasks(square), []);
    const [first, ...unrunnable] = mw.getUnrunnableTasks(gate);
    assert.is(unrunnable.length, 19);
    assert.is(first?.reason, 'unknown-sid');
    assert.equal(first?.args, ['g0']);
    const names: string[] = mw.getResults(echo).map(({ algorithm }) => algorithm satisfies 'echo');
    assert.equal([...new Set(names)], ['echo']);
    assert.is(names.length, 20);
    const sum = (await take(mw.results(square))).reduce(
      (sum, fate) => sum + (fate.status === 'ok' ? fate.packet : Number.NaN),
      0,
    );
    assert.is(sum, 2470);
    assert.equal(await take(mw.results()), []);
  }),
);

test(
  'results() tells algorithms apart by their names, ends, and hands over each fate once',
  pair.with(async (mw) => {
    const readers = [take(mw.results(square, gate)), take(mw.results(square, gate))];
    square.funcall(3);
    echo.funcall('left');
    gate.funcall('narrow');
    gateOf('narrow').open();
    const later = take(mw.results(square, gate));
    for (const fate of [...(await Promise.all(readers)), await later].flat()) {
      if (fate.status !== 'ok') throw fate.error;
      if (fate.algorithm === 'square') assert.is(fate.packet.toFixed(1), '9.0');
      else assert.is(fate.packet.toUpperCase(), 'NARROW');
    }
    for await (const fate of mw.results()) {
      assert.is(fate.algorithm, 'echo');
      break;
    }
    assert.equal(await take(mw.results()), []);
  }),
);

test(
  'an iteration goes on while tasks are submitted in it, and what is not taken stays',
  pair.with(async (mw) => {
    square.funcall(2);
    const seen: number[] = [];
    for await (const fate of mw.results(square)) {
      if (fate.status !== 'ok') throw fate.error;
      seen.push(fate.packet);
      if (fate.packet < 1e5) {
        square.funcall(fate.packet);
        square.funcall(fate.packet);
      }
    }
    assert.equal(
      [...seen].sort((a, b) => a - b),
      [4, 16, 16, ...Array(4).fill(256), ...Array(8).fill(65536), ...Array(16).fill(65536 ** 2)],
    );
    for (let i = 0; i < 10; i++) square.funcall(i);
    for await (const _ of mw.results()) break;
    assert.is((await take(mw.results(square))).length, 9);
  }),
);

test(
  'target numbers count what is queued and running, futures among it',
  pair.with(async (mw) => {
    assert.equal([mw.targetNumber, mw.uptoTargetNumber, gate.targetNumber], [0, 0, 0]);
    mw.targetNumber = 5;
    gate.targetNumber = 3;
    square.targetNumber = -4;
    assert.is(square.targetNumber, 0);
    const future = gate.future('target 1');
    gate.funcall('target 2');
    square.funcall(2);
    assert.equal([mw.pendingTasks, mw.uptoTargetNumber], [3, 2]);
    assert.equal([gate.pendingTasks, gate.uptoTargetNumber], [2, 1]);
    assert.equal([square.pendingTasks, square.uptoTargetNumber], [1, 0]);
    gateOf('target 1').open();
    assert.is(await future, 'target 1');
    assert.equal([gate.pendingTasks, gate.uptoTargetNumber], [1, 2]);
    assert.is(mw.uptoTargetNumber, 5 - mw.pendingTasks);
    gateOf('target 2').open();
    const fates = await take(mw.results());
    assert.equal(fates.map(({ algorithm }) => algorithm).sort(), ['gate', 'square']);
    assert.equal([mw.pendingTasks, mw.uptoTargetNumber], [0, 5]);
    mw.targetNumber = -1;
    gate.targetNumber = -1;
    assert.equal([mw.targetNumber, gate.targetNumber], [0, 0]);
    assert.throws(() => {
      mw.targetNumber = 1.5;
    }, /whole number/);
  }),
);

overEachBroker(test, 'cancel gives up what is queued or running, and nothing else', ({ name, flags }) =>
  withCluster({ flags }, 1, async (mw) => {
    const nameOfRunning = `running over ${name}`;
    const running = gate.funcall(nameOfRunning);
    await until('it runs', () => entered.has(nameOfRunning));
    const queued = gate.funcall('cancel queued');
    assert.is(mw.cancel(queued), true);
    assert.is(mw.cancel(queued), false);
    assert.is(mw.cancel(running), true);
    const signal = entered.get(nameOfRunning);
    await until('its signal aborts', () => signal?.aborted === true);
    assert.is(mw.pendingTasks, 0);
    const cancelled = mw.getUnrunnableTasks(gate);
    assert.equal(
      cancelled.map(({ taskId, reason }) => [taskId, reason]),
      [
        [queued, 'cancelled'],
        [running, 'cancelled'],
      ],
    );
    assert.is(cancelled[0]?.sid, undefined);
    assert.is(cancelled[1]?.sid, 'SLAVE-0');
    gateOf(nameOfRunning).open();
    const finished = square.funcall(2);
    assert.is((await take(mw.results())).length, 1, 'the result of the cancelled task was dropped');
    assert.is(mw.cancel(finished), false);
    assert.is(mw.cancel('TASK-12345'), false);
    assert.throws(
      () => mw.cancel('seven' as TaskId),
      (error: unknown) => error instanceof UsageError && error.message.includes('"seven" is no task id'),
    );
    assert.is(entered.has('cancel queued'), false);
  }),
);

overEachBroker(test, 'a future brings the packet, or the error that the task threw', ({ flags }) =>
  withCluster({ flags }, 1, async (mw) => {
    assert.is(await square.future(12), 144);
    const error = await rejection(fail.future('overboard'));
    if (!(error instanceof TaskError)) throw error;
    assert.equal([error.name, error.message, error.code], ['Mishap', 'overboard', 'ERR_MW_TASK']);
    assert.match(error.stack ?? '', /overboard[\s\S]*algorithms\.js/);
    assert.instance(error.cause, RangeError);
    assert.is((error.cause as RangeError).message, 'too deep');
    assert.equal(error.fields.at, new Mishap('').at);
    assert.is(error.fields.code, 'E_MISHAP');
    assert.equal(await take(mw.results()), [], 'fates of futures are not in results()');
    fail.funcall('by funcall');
    const [fate] = await take(mw.results(fail));
    assert.is(fate?.status === 'error' && fate.error.message, 'by funcall');
  }),
);

test('a future of a task that cannot run is rejected, also when the master stops', async () => {
  const mw = await master();
  // Nobody awaits them: that must not end the process.
  const stranded = mw.run(() => [echo.future(1), gate.withTaskPolicy({ tag: 1 }).future('never')]);
  const unknown = await rejection(mw.run(() => square.withTaskPolicy({ sid: 'SLAVE-7' }).future(2)));
  if (!(unknown instanceof UnrunnableError)) throw unknown;
  assert.equal([unknown.reason, unknown.history], ['unknown-sid', []]);
  await mw.stop();
  for (const future of stranded) assert.instance(await rejection(future), StoppedError);
  assert.throws(() => mw.run(() => echo.funcall(1)), /the master was stopped by stop\(\)/);
  assert.throws(() => mw.run(() => echo.future(1)), /the master was stopped by stop\(\)/);
  const stopped = mw.stop();
  await stopped;
});

test(
  'the reason with which a signal is aborted is the cause of the error, whenever it was',
  idle.with(async (mw) => {
    const late = new AbortController();
    const waiting = echo.withTaskPolicy({ signal: late.signal }).future(1);
    const second = echo.withTaskPolicy({ signal: late.signal })(2);
    const why = new RangeError('better found');
    late.abort(why);
    const error = await rejection(waiting);
    if (!(error instanceof UnrunnableError)) throw error;
    assert.is(error.cause, why);
    const first = `TASK-${numberOf(second) - 1}`;
    assert.is(error.message, `${first} was cancelled by its signal: RangeError: better found`);
    assert.equal([error.taskId, error.algorithm], [first, 'echo']);
    const [fate] = mw.getUnrunnableTasks(echo);
    assert.is(fate?.error.cause, why);
    const before = AbortSignal.abort(why);
    for (const [signal, cause] of [
      [before, why],
      [AbortSignal.abort('a text'), 'a text'],
      [AbortSignal.abort(null), null],
      [AbortSignal.any([before]), why],
    ] as const) {
      const error = await rejection(echo.withTaskPolicy({ signal }).future(1));
      assert.ok(error instanceof UnrunnableError && 'cause' in error);
      assert.is(error.cause, cause);
    }
    for (const [signal, name] of [
      [AbortSignal.abort(), 'AbortError'],
      [AbortSignal.timeout(1), 'TimeoutError'],
    ] as const) {
      const error = await rejection(echo.withTaskPolicy({ signal }).future(1));
      assert.is(error instanceof UnrunnableError && (error.cause as Error).name, name);
    }
    const id = echo.funcall(1);
    mw.cancel(id);
    assert.is('cause' in (mw.getUnrunnableTasks(echo)[0]?.error ?? {}), false, 'the program gave none');
  }),
);

test(
  'an error of a task knows its task, its run and where it was submitted',
  pair.with(async (mw) => {
    const before = square.funcall(1);
    const error = await rejection(fail.future('here'));
    if (!(error instanceof TaskError)) throw error;
    assert.is(error.taskId, `TASK-${numberOf(before) + 1}`);
    assert.match(error.sid ?? '', /^SLAVE-[01]$/);
    assert.equal([error.algorithm, error.attempt], ['fail', 1]);
    assert.is((await take(mw.results(square))).length, 1);
    const file = new URL('', import.meta.url).href;
    assert.ok(error.submittedAt?.startsWith(`${file}:`), error.submittedAt);
    const mapped = ['a', 'b'].map(fail.withTaskPolicy({ tag: 1 }));
    mw.submitAll(['c'], (text) => fail.funcall(text));
    const places = new Map<string, string | undefined>();
    for (const fate of await take(mw.results(fail))) {
      if (fate.status !== 'error') throw new Error(`${fate.taskId} has not failed`);
      places.set(fate.taskId, fate.error.submittedAt);
    }
    assert.is(places.size, 3);
    const lines = [...places.values()].map((place) => {
      assert.ok(place?.startsWith(`${file}:`), place);
      return Number(place?.split(':').at(-2));
    });
    assert.is(new Set(lines).size, 2, `${lines} of ${mapped}`);
  }),
);

test(
  'a sid that nobody has makes a task unrunnable, unless it may run anyway',
  pair.with(async (mw) => {
    const tag = { mine: Symbol('tag') };
    const id = square.withTaskPolicy({ sid: 'SLAVE-5', tag })(3);
    assert.is(mw.pendingTasks, 0);
    square.withTaskPolicy({ sid: 'SLAVE-5', doItAnyway: true, tag })(4);
    const fates = await take(mw.results());
    assert.equal(fates.map(({ status }) => status).sort(), ['ok', 'unrunnable']);
    for (const fate of fates) assert.is(fate.tag, tag);
    const unrunnable = fates.find(({ status }) => status === 'unrunnable');
    assert.is(unrunnable?.taskId, id);
    assert.equal(unrunnable?.args, [3]);
  }),
);

test(
  'a submitter under a policy is mapped over a list; funcall itself is not',
  pair.with(async (mw) => {
    const tag = Symbol('one tag for all');
    [1, 2, 3].map(square.withTaskPolicy({ tag }));
    const fates = await take(mw.results(square));
    assert.equal(fates.map((fate) => fate.status === 'ok' && fate.packet).sort(), [1, 4, 9]);
    assert.ok(fates.every((fate) => fate.tag === tag));
    assert.equal(await Promise.all([4, 5].map(square.withTaskPolicy({}).future)), [16, 25]);
    assert.throws(
      () => [1, 2].map(square.funcall as (n: number) => TaskId),
      (error: unknown) => error instanceof UsageError && error.message.includes('.map((item) =>'),
    );
    assert.is(mw.pendingTasks, 0);
  }),
);

test(
  'a task is a snapshot of its arguments, and each fate has its own copy of them',
  pair.with(async (mw) => {
    const value = { list: [1] };
    echo.funcall(value);
    value.list.push(2);
    const [fate] = await take(mw.results(echo));
    assert.equal(fate?.args, [{ list: [1] }]);
    assert.equal(fate?.status === 'ok' && fate.packet, { list: [1] });
  }),
);

test(
  'the handle has the argv of an embedded master, and its port',
  idle.with(async (mw) => {
    assert.equal(mw.argv, []);
    assert.ok(mw.masterPort > 0);
  }),
);

overEachBroker(test, 'two masters live in one process, each with its own stubs', async ({ flags }) => {
  // None but these two may live
  await Promise.all([pair.stop(), idle.stop()]);
  assert.throws(
    () => echo.funcall(1),
    (error: unknown) => error instanceof StoppedError,
  );
  await using one = await master({ ...flags, memberId: 'one' });
  await using slaveOfOne = await slave(one);
  assert.is(await square.future(3), 9, 'the only master needs no naming');
  await using two = await master({ ...flags, memberId: 'two' });
  await using slaveOfTwo = await slave(two);
  for (const cure of [/mw\.run/, /keep one live master/, /2 masters run in this process/]) {
    assert.throws(() => echo.funcall(1), cure);
  }
  const algorithm = async (mw: EmbeddedMaster, from: number): Promise<unknown[]> => {
    for (let n = from; n < from + 50; n++) square.funcall(n);
    await sleep(1);
    assert.is(mw.numRunnableTasks + mw.getResults().length <= 50, true);
    return [await square.future(from), await take(mw.results(square))];
  };
  const [ofOne, ofTwo] = await Promise.all([
    one.run(() => algorithm(one, 1)),
    two.run(() => algorithm(two, 1_000)),
  ]);
  assert.equal([ofOne[0], ofTwo[0]], [1, 1_000_000]);
  await two.stop();
  await two.stop();
  assert.is(await slaveOfTwo.finished, 0);
  assert.is(await square.future(4), 16, 'the one that is left needs no naming again');
  await slaveOfOne.stop();
  await slaveOfOne.stop();
  assert.is(await slaveOfOne.finished, 255);
});

test.run();
