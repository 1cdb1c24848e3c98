/** `psort`: the order of `Array.sort`, whatever the parts. */
import { type EncodeError, portable, psort, TaskError, zip } from 'ts-mw';
import * as assert from 'uvu/assert';
import { generator } from '../support/random.js';
import { rejection, suiteOnFarm } from './farm.js';
import { ageOf, byAge, bySecond, compare, lateCompare } from './tasks.js';

const test = suiteOnFarm('psort');

interface Person {
  readonly age: number;
  readonly name: string;
}

const random = generator(7);
const people = (length: number): Person[] =>
  Array.from({ length }, (_, n) => ({ age: Math.floor(random() * 9), name: `person ${n}` }));

test('it sorts as Array.sort does, stably, and returns the elements themselves', async () => {
  for (const length of [0, 1, 2, 3, 10, 57]) {
    const unsorted = people(length);
    const before = [...unsorted];
    const expected = [...unsorted].sort((a, b) => a.age - b.age);
    for (const parts of ['auto', 1, 2, 3, 8, 99] as const) {
      for (const sorted of [
        await psort(byAge, unsorted, { parts }),
        await psort(compare, unsorted, { parts, key: ageOf }),
      ]) {
        assert.is(sorted.length, length);
        assert.ok(
          sorted.every((person, index) => person === expected[index]),
          `${length} in ${parts} parts`,
        );
      }
    }
    assert.equal(unsorted, before, 'the source stays');
  }
});

test('it sorts typed arrays, sets and the tuples of a zip, and many elements in parts of its own', async () => {
  assert.equal(await psort(compare, Float64Array.of(3, -1, 2)), [-1, 2, 3]);
  assert.equal(await psort(compare, new Set([3, 1, 2]), { parts: 2 }), [1, 2, 3]);
  assert.equal(await psort(bySecond, zip(['a', 'b', 'c'], [3, 1, 2]), { parts: 2 }), [
    ['b', 1],
    ['c', 2],
    ['a', 3],
  ]);
  const numbers = Array.from({ length: 4_000 }, () => Math.floor(random() * 500));
  assert.equal(
    await psort(compare, numbers),
    [...numbers].sort((a, b) => a - b),
  );
  const downwards = portable((a: number, b: number) => b - a);
  assert.equal(await psort(downwards, [1, 3, 2]), [3, 2, 1]);
});

test('undefined and holes come last without being compared, as in Array.sort', async () => {
  // biome-ignore lint/suspicious/noSparseArray: a hole is an element too
  const list = [5, undefined, 3, , 9, 1, undefined, 2] as number[];
  const expected = [1, 2, 3, 5, 9, undefined, undefined, undefined];
  const keyed = portable((n: number): number | undefined => (n % 2 === 0 ? undefined : n));
  for (const parts of [1, 2, 3, 8]) {
    assert.equal(await psort(compare, list, { parts }), expected, `${parts} parts`);
    const byKey = await psort(compare, [4, 3, 2, 1], { parts, key: keyed as never });
    assert.equal(byKey, [1, 3, 4, 2], `${parts} parts, by a key`);
  }
});

test('the error of an element that cannot travel names it, whatever the parts', async () => {
  const list = [3, 1, 2, { deep: Symbol('s') }, 5, 4] as unknown as number[];
  for (const parts of [1, 2, 6]) {
    const error = (await rejection(psort(compare, list, { parts }))) as EncodeError & { index: number };
    assert.match(error.message, /^element 3\.deep is Symbol\(s\)/);
    assert.equal([error.path, error.index], ['.deep', 3]);
  }
});

test('an error of the comparison ends it, and so does its signal', async (mw) => {
  const failing = portable((a: number, b: number) => {
    if (a === 3 || b === 3) throw new RangeError('three');
    return a - b;
  });
  for (const parts of [1, 3]) {
    const error = await rejection(psort(failing, [5, 4, 3, 2, 1, 0], { parts }));
    assert.instance(error, TaskError);
    assert.equal([(error as TaskError).name, mw.numRunnableTasks], ['RangeError', 0]);
  }
  const error = await rejection(psort(lateCompare as never, [2, 1]));
  assert.match((error as Error).message, /the task of psort returns a number.*it returned a promise/);
  const stopped = AbortSignal.abort(new Error('not any more'));
  assert.is(
    ((await rejection(psort(compare, [2, 1], { signal: stopped }))) as Error).message,
    'not any more',
  );
  const wrong = await rejection(psort(compare, [1], { size: 2 } as never));
  assert.match((wrong as Error).message, /psort has no option "size"/);
});

test.run();
