/** Futures of tasks: what they say of themselves, and how they are taken back. */
import { inspect } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TaskId } from '../../../src/algorithms/types.js';
import { defineAlgorithm, type EmbeddedMaster, master, slave, UnrunnableError } from '../../../src/index.js';
import { TaskFuture } from '../../../src/master/model/task-future.js';

const test = suite('master/model/task-future');

let release: (() => void)[] = [];
const square = defineAlgorithm('future-square', (x: number) => x * x, { version: '1' });
const fail = defineAlgorithm(
  'future-fail',
  (): number => {
    throw new RangeError('no square');
  },
  { version: '1' },
);
const hang = defineAlgorithm(
  'future-hang',
  () => new Promise<string>((resolve) => release.push(() => resolve('released'))),
  { version: '1' },
);

let mw: EmbeddedMaster;

test.before(async () => {
  mw = await master();
});

test.after(() => mw.stop());

test.after.each(() => {
  for (const one of release) one();
  release = [];
});

const isCancelled = (error: unknown): boolean =>
  error instanceof UnrunnableError && error.reason === 'cancelled';

/** The error with which it rejects; undefined if it does not. */
function rejection(promise: Promise<unknown>): Promise<Error | undefined> {
  return promise.then(
    () => undefined,
    (error: Error) => error,
  );
}

test('it is a promise, and what its methods return are plain ones', async () => {
  const open = new TaskFuture(() => true);
  const future = open.of('TASK-3');
  assert.instance(future, Promise);
  assert.is(future.taskId, 'TASK-3');
  assert.not(future.fulfilled);
  assert.match(inspect(future), /pending.*TASK-3/s);
  const next = future.then((x) => [x]);
  open.resolve(5);
  assert.ok(future.fulfilled, 'at once');
  assert.is(await future, 5);
  assert.equal(await next, [5]);
  assert.not('taskId' in next);
  assert.not('fulfilled' in future.finally(() => {}));
  assert.equal(await Promise.all([future, future]), [5, 5]);
});

test('it is fulfilled by an error too', async () => {
  const open = new TaskFuture(() => true);
  const future = open.of('TASK-3');
  open.reject(new RangeError('no'));
  assert.ok(future.fulfilled);
  assert.instance(await rejection(future), RangeError);
});

test('it takes its own task back, unless it has settled', () => {
  const cancelled: TaskId[] = [];
  const open = new TaskFuture((taskId) => cancelled.push(taskId) === 1);
  const future = open.of('TASK-7');
  assert.ok(future.cancel());
  assert.not(future.cancel(), 'the master says whether there is something to cancel');
  assert.equal(cancelled, ['TASK-7', 'TASK-7']);
  open.resolve(1);
  assert.not(future.cancel());
  assert.is(cancelled.length, 2);
});

test('a queued task is taken back, and a promise that nobody awaits ends nothing', () =>
  mw.run(async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const [kept, dropped] = [square.future(3), square.withTaskPolicy({ tag: 'dropped' }).future(4)];
    assert.is.not(kept.taskId, dropped.taskId);
    assert.ok(dropped.cancel());
    assert.ok(dropped.fulfilled);
    assert.not(dropped.cancel());
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    assert.equal(unhandled, []);
    assert.ok(isCancelled(await rejection(dropped)));
    assert.not(kept.fulfilled);
    const { finished } = await slave(mw);
    assert.is(await kept, 9);
    assert.ok(kept.fulfilled);
    assert.not(kept.cancel());

    const running = hang.future();
    while (release.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.ok(running.cancel(), 'also while it runs');
    assert.ok(isCancelled(await rejection(running)));
    for (const one of release) one();

    const failing = fail.future();
    assert.match((await rejection(failing))?.message ?? '', /no square/);
    assert.ok(failing.fulfilled);
    assert.not(mw.cancel(failing.taskId));

    const left = hang.future();
    await mw.stop();
    assert.ok(left.fulfilled, 'the end of its master settles it');
    assert.not(left.cancel());
    await finished;
  }));

test.run();
