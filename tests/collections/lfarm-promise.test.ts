/** The assertions of lfarm's promise-test.lisp, each under the name of its definition there. */
import {
  chain,
  delay,
  force,
  fulfill,
  portable,
  promise,
  spawnThread,
  speculate,
  TaskError,
  UsageError,
} from 'ts-mw';
import * as assert from 'uvu/assert';
import { suiteOnFarm } from './farm.js';
import { apply, itself, late } from './tasks.js';

const test = suiteOnFarm('lfarm promises');

test('promises-test', async () => {
  const [a, b] = [promise<number>(), promise<number>()];
  assert.equal([fulfill(a, 3), b.fulfill(4)], [true, true]);
  assert.is((await force(a)) * (await b), 12);
  const once = promise<number>();
  assert.equal(
    [once.fulfilled, fulfill(once, 3), fulfill(once, 4), once.fulfilled],
    [false, true, false, true],
  );
  assert.is(await force(once), 3);
});

test('promises-multiple-value-test', async () => {
  // Several values are an array
  const values: readonly number[] = [3, 4, 5];
  const given = promise<readonly number[]>();
  given.fulfill(values);
  const computed = apply.future(portable(() => [3, 4, 5]));
  let calls = 0;
  const delayed = delay(() => {
    calls++;
    return values;
  });
  assert.equal([calls, delayed.fulfilled], [0, false]);
  for (const x of [given, computed, delayed]) assert.equal(await force(x as PromiseLike<unknown>), values);
  assert.equal(await force(delayed), values);
  assert.equal([calls, delayed.fulfilled], [1, true]);
});

test('futures-test', async () => {
  const [a, b] = [itself.future(3), itself.future(4)];
  assert.equal([await force(a), await force(b)], [3, 4]);
  assert.equal([a.fulfilled, await a], [true, 3]);
  const running = late.future(60, 3);
  assert.equal([running.fulfilled, fulfill(running, 4), running.fulfilled], [false, false, false]);
  assert.is(await running, 3);
  assert.equal([running.fulfilled, fulfill(running, 9), await force(running)], [true, false, 3]);
  assert.equal(await itself.future([3 + 4, 'foo']), [7, 'foo']);
});

test('future-error-test', async () => {
  const failing = apply.future(
    portable(() => {
      throw new Error('foo');
    }),
  );
  for (let i = 0; i < 2; i++) {
    const error: unknown = await force(failing).catch((error: unknown) => error);
    assert.instance(error, TaskError);
    assert.is((error as TaskError).message, 'foo');
  }
  assert.is(failing.fulfilled, true);
});

test('a chain relays the value and whether it is there', async () => {
  const linked = promise<number>();
  const outer = chain(chain(linked));
  assert.is(outer.fulfilled, false);
  linked.fulfill(5);
  assert.equal([outer.fulfilled, await outer, await force(outer)], [true, 5, 5]);
  let calls = 0;
  const delayed = chain(delay(() => ++calls));
  assert.equal([delayed.fulfilled, calls], [false, 0], 'it computes nothing that nobody asks for');
  assert.equal([await delayed, await delayed, delayed.fulfilled, calls], [1, 1, true, 1]);
  assert.equal([chain(7).fulfilled, await chain(7)], [true, 7]);
  const plain = chain(Promise.resolve(8));
  assert.is(plain.fulfilled, false);
  assert.equal([await plain, plain.fulfilled], [8, true]);
  const running = late.future(30, 9);
  const chained = chain(running);
  assert.equal([chained.fulfilled, await chained, chained.fulfilled], [false, 9, true]);
});

test('what would wait for itself is refused, or rejects', async () => {
  const refused = (error: unknown): boolean =>
    error instanceof UsageError && /never have a value/.test(error.message);
  const own = promise<unknown>();
  assert.throws(() => own.fulfill(own), refused);
  assert.is(own.fulfilled, false);
  const [a, b, c] = [promise<unknown>(), promise<unknown>(), promise<unknown>()];
  const linked = chain(a);
  assert.equal([a.fulfill(b), fulfill(b, c)], [true, true]);
  for (const value of [a, b, linked, chain(linked)]) assert.throws(() => c.fulfill(value), refused);
  assert.equal([c.fulfill(5), await a, await linked], [true, 5, 5]);

  const first: PromiseLike<unknown> = delay(() => second);
  const second: PromiseLike<unknown> = delay(() => chain(first));
  const asks: PromiseLike<unknown> = delay(() => asks.then(() => 1));
  const given = promise<unknown>();
  const waits = delay(() => given);
  given.fulfill(waits);
  for (const one of [first, second, asks, given, waits]) {
    assert.ok(refused(await force(one).then(String, (error: unknown) => error)));
  }
});

test('a promise that was given a failed future rejects in a scope, too', async () => {
  const given = promise<unknown>();
  given.fulfill(Promise.reject(new RangeError('no')));
  const thread = spawnThread(async () => given.then(undefined, (error: unknown) => error));
  assert.instance(await thread, RangeError);
});

test('a delay that throws rejects each time, and is not computed again', async () => {
  let calls = 0;
  const delayed = delay(() => {
    calls++;
    throw new RangeError('no');
  });
  for (let i = 0; i < 2; i++) {
    assert.instance(await force(delayed).catch((error: unknown) => error), RangeError);
  }
  assert.is(calls, 1);
  assert.throws(() => delay(3 as never), /delay takes a function; got number/);
});

test('a speculation is computed, or taken back', async () => {
  assert.is(await speculate(itself, 4), 4);
  const unwanted = speculate(late, 20_000, 1);
  assert.equal([unwanted.cancel(), unwanted.cancel(), unwanted.fulfilled], [true, false, true]);
});

test.run();
