/** Searches: the answers of the calls of arrays, and their early ends. */
import { pcount, pevery, pfind, premove, psome, TaskError, zip } from 'ts-mw';
import * as assert from 'uvu/assert';
import { until } from '../support/programs.js';
import { generator } from '../support/random.js';
import { rejection, suiteOnFarm } from './farm.js';
import { gates, isAscending, isEven, isHeld, notSeventh } from './tasks.js';

const test = suiteOnFarm('searches');

test('they answer as the calls of arrays do', async () => {
  const random = generator(3);
  for (const length of [0, 1, 2, 5, 30]) {
    const mixed = Array.from({ length }, () => Math.floor(random() * 10));
    for (const numbers of [mixed, mixed.map((n) => 2 * n), mixed.map((n) => 2 * n + 1)]) {
      for (const parts of ['auto', 1, 3, 40] as const) {
        assert.equal(
          await Promise.all([
            pfind(isEven, numbers, { parts }),
            psome(isEven, numbers, { parts }),
            pevery(isEven, numbers, { parts }),
            pcount(isEven, numbers, { parts }),
            premove(isEven, numbers, { parts }),
          ]),
          [
            numbers.find(isEven),
            numbers.some(isEven),
            numbers.every(isEven),
            numbers.filter(isEven).length,
            numbers.filter((n) => !isEven(n)),
          ],
          `${numbers} in ${parts} parts`,
        );
      }
    }
  }
});

test('a task of several parameters gets an element of each source of a zip', async () => {
  const pairs = zip([1, 5, 3], [2, 4, 9]);
  assert.equal(await pfind(isAscending, pairs), [1, 2]);
  assert.equal(await premove(isAscending, pairs, { parts: 2 }), [[5, 4]]);
  assert.equal(
    [await psome(isAscending, pairs), await pevery(isAscending, pairs), await pcount(isAscending, pairs)],
    [true, false, 2],
  );
  assert.equal(await premove(isEven, zip([1, 2, 3])), [[1], [3]]);
});

test('elements are those of the source', async () => {
  const objects = [{}, {}, {}];
  const [first, ...others] = objects;
  const table = new Map(objects.map((object, n) => [object, n]));
  const numbers = objects.map((object) => table.get(object) as number);
  assert.is(await pfind(isEven, numbers), 0);
  const kept = await premove(isEven, new Set(numbers));
  assert.equal(kept, [1]);
  assert.equal([first, ...others], objects);
});

test('the first one is found although a later one is found before it, and later parts are cancelled', async (mw) => {
  const found = pfind(isHeld, [300, 301, 302, 303, 304], { parts: 5 });
  const [, later = 0] = await gates.waiting(300, 2);
  await gates.open(later);
  let isOver = false;
  found.then(() => {
    isOver = true;
  });
  await new Promise(setImmediate);
  assert.is(isOver, false, 'one before it is open');
  for (let n = 300; n < later; n++) await gates.open(n, false);
  assert.equal([await found, mw.numRunnableTasks], [later, 0]);
});

test('they end as soon as the answer is known', async (mw) => {
  for (const [search, first, answer, expected] of [
    [psome, 310, true, true],
    [pevery, 320, false, false],
  ] as const) {
    const answered = search(isHeld, [first, first + 1, first + 2], { parts: 3 });
    const [begun = 0] = await gates.waiting(first, 1);
    await gates.open(begun, answer);
    assert.equal([await answered, mw.numRunnableTasks], [expected, 0]);
    await until('no run waits', () => gates.isEmpty);
  }
});

test('an error is that of its element', async (mw) => {
  const numbers = [0, 6, 2, 13];
  for (const search of [pfind, psome, pevery, pcount, premove]) {
    const elements = search === pfind || search === psome ? [0, 6] : search === pevery ? [1, 6] : numbers;
    const error = await rejection(search(notSeventh as never, elements, { parts: 1 }));
    assert.instance(error, TaskError);
    assert.equal([(error as TaskError).index, mw.numRunnableTasks], [1, 0]);
  }
});

test.run();
