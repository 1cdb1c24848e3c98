/** Channels beside what lfarm's tests assert: many readers and writers, capacity, waits, errors. */
import { type Channel, makeChannel, TaskError, type UnrunnableError, UsageError } from 'ts-mw';
import * as assert from 'uvu/assert';
import { rejection, suiteOnFarm } from './farm.js';
import { gates, held, itself, late, notSeventh, same } from './tasks.js';

const test = suiteOnFarm('channels');

test('any number of readers and writers share it, and each result comes once', async (mw) => {
  const warnings: Error[] = [];
  const hear = (warning: Error): void => void warnings.push(warning);
  process.addListener('warning', hear);
  const channel = makeChannel<number>({ fixedCapacity: 10 });
  const numbers = Array.from({ length: 200 }, (_, n) => n);
  const writers = Array.from({ length: 20 }, async (_, writer) => {
    for (const n of numbers.filter((n) => n % 20 === writer)) await channel.submitTask(same, n);
  });
  const results: number[] = [];
  const readers = Array.from({ length: 25 }, async (_, reader) => {
    if (reader < 5) for await (const result of channel) results.push(result);
    else for (let i = 0; i < 5; i++) results.push(await channel.receiveResult());
  });
  await Promise.all([...writers, ...readers]);
  assert.equal(
    results.sort((a, b) => a - b),
    numbers,
  );
  assert.equal([channel.pending, mw.getResults().length, warnings], [0, 0, []], 'they appear nowhere else');
  process.removeListener('warning', hear);
});

test('its results are its own', async () => {
  const [one, other] = [makeChannel<number>(), makeChannel<number>()];
  for (let n = 0; n < 20; n++) (n % 2 === 0 ? one : other).submitTask(same, n);
  const all = async (channel: Channel<number>): Promise<number[]> => {
    const results: number[] = [];
    for await (const result of channel) results.push(result % 2);
    return results;
  };
  assert.equal(await all(one), new Array(10).fill(0));
  assert.equal(await all(other), new Array(10).fill(1));
});

test('with a fixed capacity a submission waits until a result is received', async () => {
  const channel = makeChannel<unknown>({ fixedCapacity: 2 });
  const said: string[] = [];
  const submit = (n: number): void => {
    channel.submitTask(same, n).then(() => said.push(`${n} is in`));
  };
  const list = [3];
  for (const n of [0, 1, 2]) submit(n);
  channel.submitTask(itself, list).then(() => said.push('the list is in'));
  await new Promise(setImmediate);
  assert.equal([said, channel.pending], [['0 is in', '1 is in'], 4]);
  assert.equal(new Set([await channel.receiveResult(), await channel.receiveResult()]), new Set([0, 1]));
  list.push(4);
  assert.is(await channel.receiveResult(), 2);
  assert.equal(await channel.receiveResult(), [3], 'it is encoded as soon as there is room');
  assert.equal(said, ['0 is in', '1 is in', '2 is in', 'the list is in']);
  const full = makeChannel<unknown>({ fixedCapacity: 1 });
  full.submitTask(same, 1);
  const wrong = rejection(full.submitTask(itself, () => 2));
  const right = full.submitTask(same, 3);
  assert.is(await full.receiveResult(), 1);
  assert.match(((await wrong) as Error).message, /is a function/);
  await right;
  assert.is(await full.receiveResult(), 3, 'what cannot be encoded takes no room');
});

test('the error of a task is thrown by the call that receives it, and the channel goes on', async () => {
  const channel = makeChannel<number>();
  for (const n of [5, 6, 7]) channel.submitTask(notSeventh, n);
  const results: unknown[] = [];
  while (channel.pending > 0 || results.length < 3) {
    results.push(await channel.receiveResult().catch((error: unknown) => error));
  }
  const [error] = results.filter((result) => result instanceof TaskError) as TaskError[];
  assert.equal([error?.name, error?.algorithm], ['RangeError', 'notSeventh']);
  assert.equal(new Set(results.filter((result) => result !== error)), new Set([5, 7]));
  channel.submitTask(notSeventh, 13);
  assert.instance(await rejection(channel[Symbol.asyncIterator]().next()), TaskError);
  const stopped = new AbortController();
  const cancelled = makeChannel<number>({ policy: { signal: stopped.signal } });
  cancelled.submitTask(late<number>, 20_000, 1);
  stopped.abort();
  const unrunnable = await rejection(cancelled.receiveResult());
  assert.is((unrunnable as UnrunnableError).reason, 'cancelled');
});

test('waits end at their time, and a loop when nothing is pending', async () => {
  const channel = makeChannel<number>();
  const error = await rejection(channel.receiveResult({ timeout: 0.01 }));
  assert.equal(
    [(error as Error).name, (error as Error).message],
    ['TimeoutError', 'no result came within 0.01 s'],
  );
  assert.equal(await channel[Symbol.asyncIterator]().next(), { done: true, value: undefined });
  channel.submitTask(held, 200);
  const loops = Array.from({ length: 3 }, async () => {
    const results: number[] = [];
    for await (const result of channel) results.push(result);
    return results;
  });
  const waiting = channel.tryReceiveResult({ timeout: 0.01 });
  assert.equal(await waiting, { received: false });
  await gates.open(200);
  assert.equal((await Promise.all(loops)).flat(), [200], 'one has it, and the others end');
});

test('timeouts come in their order, and all can be ended early', async () => {
  const channel = makeChannel<string>();
  for (const seconds of [0.03, 0.01, 0.02]) channel.submitTimeout(seconds, `${seconds}`);
  assert.is(channel.pending, 3);
  const results: string[] = [];
  for await (const result of channel) results.push(result);
  assert.equal(results, ['0.01', '0.02', '0.03']);
  channel.submitTimeout(Number.POSITIVE_INFINITY, 'never');
  channel.submitTimeout(999, 'late');
  assert.is(channel.cancelTimeout('now'), 2);
  assert.equal([await channel.receiveResult(), await channel.receiveResult()], ['now', 'now']);
});

test('wrong calls say what is wrong', async () => {
  for (const fixedCapacity of [0, 1.5, -1, NaN, '2' as never]) {
    assert.throws(
      () => makeChannel({ fixedCapacity }),
      /fixedCapacity of makeChannel is a whole number from 1; got/,
    );
  }
  assert.throws(
    () => makeChannel({ capacity: 3 } as never),
    /makeChannel has no option "capacity"; it may have fixed/,
  );
  assert.throws(
    () => makeChannel(null as never),
    /the options of makeChannel are an object of fixedCapacity, policy; got null/,
  );
  assert.throws(() => makeChannel({ policy: { retries: 1 } as never }), /a task policy has no "retries"/);
  const channel = makeChannel<number>();
  for (const options of [0.1, { timeOut: 1 }, null] as never[]) {
    assert.instance(await rejection(channel.receiveResult(options)), UsageError);
    assert.instance(await rejection(channel.tryReceiveResult(options)), UsageError);
  }
  assert.throws(() => channel.submitTimeout(undefined as never, 1), /the time of submitTimeout is a number/);
  for (const timeout of [-1, NaN, '1' as never]) {
    const error = await rejection(channel.receiveResult({ timeout }));
    assert.instance(error, UsageError);
    assert.throws(
      () => channel.submitTimeout(timeout, 1),
      /the time of submitTimeout is a number of seconds from 0/,
    );
  }
  assert.is(channel.pending, 0);
});

test.run();
