/**
 * The assertions of lfarm's kernel-test.lisp, each under the name of its definition there. Its tests of killed tasks
 * and of slave processes are in files of their own.
 */
import {
  InvalidTaskError,
  makeChannel,
  master,
  NoKernelError,
  pmap,
  portable,
  StoppedError,
  TaskError,
} from 'ts-mw';
import * as assert from 'uvu/assert';
import { suiteOnFarm } from './farm.js';
import { add, add2, check, fib, hello, late, mul, nothing, seven, unreadable } from './tasks.js';

const test = suiteOnFarm('lfarm kernel');

test('basic-test', async () => {
  const channel = makeChannel<unknown>();
  channel.submitTask(add, 3, 4);
  assert.is(await channel.receiveResult(), 7);
  channel.submitTask(mul, 5, 6);
  assert.is(await channel.receiveResult(), 30);
  channel.submitTask(
    portable((x: number, y: number) => Math.floor(x / y)),
    7,
    3,
  );
  assert.is(await channel.receiveResult(), 2);
  channel.submitTask(nothing);
  assert.is(await channel.receiveResult(), undefined);
  const fn = add;
  channel.submitTask(fn, 1, 2);
  assert.is(await channel.receiveResult(), 3);
});

test('lambda-test', async () => {
  const channel = makeChannel<number>();
  channel.submitTask(
    portable((x: number, y: number) => x + y),
    3,
    4,
  );
  assert.is(await channel.receiveResult(), 7);
  channel.submitTask(
    portable(function product(x: number, y: number) {
      return x * y;
    }),
    5,
    6,
  );
  assert.is(await channel.receiveResult(), 30);
  channel.submitTask(portable(() => 9));
  assert.is(await channel.receiveResult(), 9);
});

test('deftask-test', async () => {
  const channel = makeChannel<unknown>();
  assert.is(add(3, 4), 7, 'it is also defined here');
  channel.submitTask(fib, 10);
  assert.is(await channel.receiveResult(), 55);
  channel.submitTask(add2, { x: 1, y: 2 });
  assert.is(await channel.receiveResult(), 3);
  channel.submitTask(check, 'x', 1, { y: 2 }, [3]);
  assert.equal(await channel.receiveResult(), ['x', 1, { y: 2 }, [3]]);
});

test('task-error-test', async () => {
  const channel = makeChannel<unknown>();
  const table: Record<string, () => void> = {};
  const wrong = [
    () => channel.submitTask(hello, { z: 9 } as never),
    () =>
      channel.submitTask(
        portable(() => table.blah?.call(undefined) ?? (table.blah as () => void)(), { table }),
      ),
    () =>
      channel.submitTask(
        portable(() => {
          throw new Error('foo');
        }),
      ),
  ];
  for (const submit of wrong) {
    submit();
    const error: unknown = await channel.receiveResult().catch((error: unknown) => error);
    assert.instance(error, TaskError);
    channel.submitTask(seven);
    assert.is(await channel.receiveResult(), 7, 'the slave goes on');
  }
  const f = (x: number): number => x;
  assert.throws(
    () => channel.submitTask(f as never),
    (error: unknown) =>
      error instanceof InvalidTaskError &&
      /the bare function f, .*defineAlgorithm.*portable\(/.test(error.message),
  );
  assert.is(channel.pending, 0);
});

test('invalid-task-test', async () => {
  const channel = makeChannel<unknown>();
  for (const wrong of [Math.max, ['junk', 9], 'add', { name: 'add' }, null, undefined, channel]) {
    assert.throws(
      () => channel.submitTask(wrong as never, 3, 4),
      (error: unknown) =>
        error instanceof InvalidTaskError && /^submitTask takes a task, and got /.test(error.message),
    );
    const refused: unknown = await pmap(wrong as never, [1]).catch((error: unknown) => error);
    assert.instance(refused, InvalidTaskError);
  }
});

test('unreadable-result-test', async () => {
  const channel = makeChannel<unknown>();
  channel.submitTask(unreadable);
  const error: unknown = await channel.receiveResult().catch((error: unknown) => error);
  assert.instance(error, TaskError);
  assert.match((error as TaskError).message, /symbol/);
  channel.submitTask(seven);
  assert.is(await channel.receiveResult(), 7);
});

test('circular-test', async () => {
  type Ring = { readonly value: number; next?: Ring };
  const ring: Ring = { value: 1, next: { value: 2, next: { value: 3 } } };
  (ring.next?.next as Ring).next = ring;
  const channel = makeChannel<number>();
  channel.submitTask(
    portable(
      (list: Ring) => list.value + (list.next?.value ?? 0) + (list.next?.next?.next?.next?.next?.value ?? 0),
    ),
    ring,
  );
  assert.is(await channel.receiveResult(), 6);
});

test.outside('kernel-error-test', async (mw) => {
  const other = await master();
  try {
    assert.throws(
      () => makeChannel(),
      (error: unknown) =>
        error instanceof NoKernelError &&
        /makeChannel needs a master.*2 masters.*mw\.run/.test(error.message),
    );
    const channel = mw.run(() => makeChannel<number>());
    channel.submitTask(add, 4, 5);
    assert.is(await channel.receiveResult(), 9);
  } finally {
    await other.stop();
  }
});

test('submit-timeout-test', async (mw) => {
  const channel = makeChannel<unknown>();
  channel.submitTimeout(999, 'late');
  assert.is(mw.numRunnableTasks, 0, 'it occupies no slave');
  channel.submitTask(portable(() => 3));
  assert.is(await channel.receiveResult(), 3);
  channel.submitTimeout(0.1, 'timeout');
  assert.is(await channel.receiveResult(), 'timeout');
  assert.is(channel.cancelTimeout('ended'), 1);
  assert.is(await channel.receiveResult(), 'ended');
});

test('cancel-timeout-test', async () => {
  const channel = makeChannel<string>();
  channel.submitTimeout(999, 'timeout');
  assert.is(channel.cancelTimeout('a'), 1);
  assert.is(await channel.receiveResult(), 'a');
  assert.equal([channel.cancelTimeout('b'), channel.pending], [0, 0]);
});

test('try-receive-test', async () => {
  const channel = makeChannel<number>();
  assert.equal(await channel.tryReceiveResult(), { received: false });
  channel.submitTask(portable(() => 3));
  assert.equal(await channel.tryReceiveResult({ timeout: 10 }), { received: true, value: 3 });
  assert.equal(await channel.tryReceiveResult(), { received: false });
});

test('try-receive-result-timeout-test', async () => {
  const channel = makeChannel<number>();
  let turns = 0;
  const turning = setInterval(() => turns++, 1);
  channel.submitTask(late, 150, 99);
  assert.equal(await channel.tryReceiveResult({ timeout: 0.02 }), { received: false });
  clearInterval(turning);
  assert.ok(turns > 0, 'others go on while it waits');
  assert.equal(await channel.tryReceiveResult({ timeout: 10 }), { received: true, value: 99 });
});

test('multi-receive-test', async () => {
  const channel = makeChannel<number>();
  channel.submitTask(add, 3, 4);
  channel.submitTask(add, 5, 6);
  channel.submitTask(add, 7, 8);
  const results: number[] = [];
  for await (const result of channel) results.push(result);
  assert.equal(
    results.sort((a, b) => a - b),
    [7, 11, 15],
  );
});

test('many-task-test', async () => {
  for (const priority of [0, -1]) {
    const channel = makeChannel<void>({ policy: { priority } });
    for (let i = 0; i < 60; i++) {
      channel.submitTask(nothing);
      assert.is(await channel.receiveResult(), undefined);
    }
    for (let i = 0; i < 600; i++) channel.submitTask(nothing);
    let received = 0;
    for await (const result of channel) {
      assert.is(result, undefined);
      received++;
    }
    assert.is(received, 600);
  }
});

test.outside('submit-after-end-kernel-test, double-end-kernel-test', async () => {
  const ended = await master();
  const channel = ended.run(() => makeChannel<void>());
  await Promise.all([ended.stop(), ended.stop()]);
  await ended.stop();
  assert.throws(
    () => channel.submitTask(nothing),
    (error: unknown) => error instanceof StoppedError,
  );
  assert.is(channel.pending, 0);
  const error: unknown = await channel.receiveResult().catch((error: unknown) => error);
  assert.instance(error, StoppedError);
});

test.run();
