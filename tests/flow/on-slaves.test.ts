/** Scopes around everything that submits tasks or waits for them, with a master and slaves. */
import { getEventListeners } from 'node:events';
import {
  type Broadcast,
  broadcastTask,
  currentKernel,
  currentScope,
  firstWins,
  makeChannel,
  parallel,
  plet,
  pmap,
  pmapIterable,
  pmapSettled,
  psort,
  ScopeCancelledError,
  sequential,
  UnrunnableError,
  withKernel,
} from 'ts-mw';
import * as assert from 'uvu/assert';
import { rejection, suiteOnFarm } from '../collections/farm.js';
import { compare, gates, held, late, notSeventh, square } from '../collections/tasks.js';
import { until } from '../support/programs.js';

const test = suiteOnFarm('scopes on slaves');
const WON = 'firstWins.loser was cancelled: firstWins.winner has won';

/** Cancels what `loser` waits in, and returns its error. */
async function lose(loser: () => unknown): Promise<Error> {
  let error: unknown;
  const winner = async (): Promise<string> => {
    // The tasks of the loser hold both slaves
    for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate);
    return 'won';
  };
  const losing = async (): Promise<never> => {
    error = await rejection((async () => loser())());
    throw error;
  };
  assert.is(await firstWins({ loser: losing, winner }), 'won');
  return error as Error;
}

test('tasks carry the signal through collections, futures and Promise.all', async () => {
  const calls: Record<string, () => unknown> = {
    pmap: () => pmap(held, [100, 101]),
    settled: () => pmapSettled(held, [102]),
    iterable: async () => {
      for await (const _ of pmapIterable(held, [103, 104])) assert.unreachable();
    },
    sort: () => psort(compare, [3, 2, 1], { key: held, parts: 2 }),
    nested: () => parallel([() => sequential([() => pmap(held, [105])])]),
  };
  for (const [name, call] of Object.entries(calls)) {
    const error = await lose(call);
    assert.instance(error, ScopeCancelledError, name);
    assert.is(error.message, WON, name);
  }
  for (const call of [
    () => Promise.all([held.future(106), held.future(107)]),
    () => plet({ x: [held, 108], y: () => held.future(109) }),
  ]) {
    const error = (await lose(call)) as UnrunnableError;
    assert.instance(error, UnrunnableError);
    assert.is(error.reason, 'cancelled');
    assert.instance(error.cause, ScopeCancelledError);
    assert.is(error.message, `${error.taskId} was cancelled with its scope: ${WON}`);
  }
  await until('all runs have stopped', () => gates.isEmpty);
});

test('a failing collection names its component and cancels the others', async () => {
  const error = await rejection(
    parallel({ bad: () => pmap(notSeventh, [1, 6]), other: () => pmap(held, [110]) }),
  );
  assert.is((error as Error).name, 'RangeError');
  assert.is((error as { scopePath?: string }).scopePath, 'parallel.bad');
  await until('the other has stopped', () => gates.isEmpty);
});

test('channels belong to all, and each call to its scope', async () => {
  const channel = makeChannel<unknown>({ fixedCapacity: 1 });
  const full = await lose(async () => {
    channel.submitTask(held, 120);
    await channel.submitTask(held, 121);
  });
  assert.is(full.message, WON);
  const error = (await rejection(channel.receiveResult())) as UnrunnableError;
  assert.is(error.reason, 'cancelled', 'the task that was in it');
  assert.is(channel.pending, 0, 'the other never came in');
  assert.is((await lose(() => channel.receiveResult())).message, WON);
  await channel.submitTask(square, 3);
  assert.is(await channel.receiveResult(), 9, 'no reader that has gone takes a result');
});

test('loops that wait for the master end, and lose no fate', async (mw) => {
  const id = held.funcall(130);
  const iteration = await lose(async () => {
    for await (const _ of mw.results(held)) assert.unreachable();
  });
  assert.is(iteration.message, WON);
  assert.is((await lose(() => mw.masterLoop())).message, WON);
  await gates.open(130);
  const fates = [];
  for await (const { taskId } of mw.results(held)) fates.push(taskId);
  assert.equal(fates, [id]);
});

test('a source is not drawn for a scope that is cancelled', async (mw) => {
  let isClosed = false;
  function* endless(): Generator<number> {
    try {
      for (let n = 0; ; n++) yield n;
    } finally {
      isClosed = true;
    }
  }
  await lose(() => {
    mw.submitAll(endless(), (n) => late.funcall(60_000, n), { targetNumber: 3 });
    return held.future(140);
  });
  let cancelled = 0;
  for await (const fate of mw.results(late)) {
    assert.is(fate.status === 'unrunnable' && fate.reason, 'cancelled');
    cancelled++;
  }
  assert.ok(isClosed && cancelled > 0);
  assert.equal(mw.getResults(), []);
});

test('a task that is submitted again is of the scope that does so', async (mw) => {
  await rejection(
    parallel([
      () => void late.funcall(60_000, 'a'),
      async () => {
        await new Promise(setImmediate);
        throw new Error('no');
      },
    ]),
  );
  const [task] = mw.getUnrunnableTasks(late);
  assert.is(task?.reason, 'cancelled');
  const again = (): unknown => mw.resubmit(task as never, { tag: 'again' });
  await lose(async () => {
    again();
    await held.future(150);
  });
  again();
  const [first] = mw.getUnrunnableTasks(late);
  assert.equal([first?.reason, first?.tag], ['cancelled', 'again']);
  assert.is(mw.pendingTasks, 1, 'the last one is of no scope, and runs');
  mw.cancelAll();
  mw.getUnrunnableTasks();
});

test('a broadcast is cancelled with its scope, and not with one that has ended well', async () => {
  const ended = await parallel([() => sequential([() => [broadcastTask(square, 5)] as const])]);
  const [[[free]]] = ended;
  let lost: Broadcast<number> | undefined;
  await lose(async () => {
    lost = broadcastTask(held, 160);
    await lost.all();
    return held.future(161);
  });
  const [entry] = (await lost?.all()) ?? [];
  assert.is(entry?.status === 'unrunnable' && entry.error.reason, 'cancelled');
  let entries = 0;
  for await (const _ of lost as Broadcast<number>) entries++;
  assert.is(entries, 2, 'it is over for late comers');
  for (const each of await free.all()) assert.is(each.status === 'ok' && each.packet, 25);
  free.stop();
  await until('all runs have stopped', () => gates.isEmpty);
});

test('what was begun outside of a scope, and is waited for inside, is left when that is cancelled', async () => {
  const end = new AbortController();
  const broadcast = broadcastTask.with({ policy: { signal: end.signal } })(held, 170);
  const silent = pmapIterable(
    square,
    (async function* (): AsyncGenerator<number> {
      await until('the test is over', () => isOver);
    })(),
  );
  let isOver = false;
  const waits: Record<string, () => unknown> = {
    'all of a broadcast': () => broadcast.all(),
    'an entry of a broadcast': () => broadcast[Symbol.asyncIterator]().next(),
    'a value of an iteration': () => silent.next(),
  };
  for (const [name, wait] of Object.entries(waits)) {
    const error = await lose(wait);
    assert.instance(error, ScopeCancelledError, name);
    assert.is(error.message, WON, name);
  }
  const entry = broadcast[Symbol.asyncIterator]().next();
  end.abort();
  assert.is((await entry).value?.status, 'unrunnable', 'those that left take no entry along');
  isOver = true;
  await silent.return?.();
  await until('all runs have stopped', () => gates.isEmpty);
});

test('any number of broadcasts heed one signal by one listener', async () => {
  const end = new AbortController();
  const begin = broadcastTask.with({ policy: { signal: end.signal } });
  const broadcasts = Array.from({ length: 12 }, () => begin(square, 5));
  for (const broadcast of broadcasts) await broadcast.all();
  assert.is(getEventListeners(end.signal, 'abort').length, 1);
  end.abort();
  for (const broadcast of broadcasts) for await (const { status } of broadcast) assert.is(status, 'ok');
  const ended = new AbortController();
  const stopped = broadcastTask.with({ policy: { signal: ended.signal } })(square, 5);
  await stopped.all();
  stopped.stop();
  assert.is(getEventListeners(ended.signal, 'abort').length, 0);
});

test('a loop over a broadcast of its own ends with its cancelled scope, and not as if all were well', async () => {
  const error = await lose(async () => {
    for await (const _ of broadcastTask(square, 5));
    assert.unreachable();
  });
  assert.instance(error, ScopeCancelledError);
});

test('a task heeds its own signal and that of its scope, and is heard of no more when it has ended', async () => {
  const own = new AbortController();
  const submit = held.withTaskPolicy({ signal: own.signal });
  await lose(() => submit.future(170));
  const listening = await parallel([
    async () => {
      const cancelled = rejection(submit.future(171));
      const ended = square.withTaskPolicy({ signal: own.signal }).future(3);
      const channel = makeChannel<number>();
      await channel.submitTask(square, 4);
      await Promise.all([ended, channel.receiveResult(), pmap(square, [1, 2])]);
      own.abort();
      assert.is(((await cancelled) as UnrunnableError).reason, 'cancelled');
      const signals = [own.signal, currentScope()?.signal as AbortSignal];
      return signals.map((signal) => getEventListeners(signal, 'abort').length);
    },
  ]);
  assert.equal(listening, [[0, 0]]);
});

test('a kernel is the same inside a scope', async () => {
  const kernel = currentKernel();
  const [inside, value] = await parallel([
    () => currentKernel(),
    () => withKernel(kernel, () => square.future(4)),
  ]);
  assert.is(inside, kernel);
  assert.is(value, 16);
});

test.run();
