/** Sets of task numbers and their text, against plain sets. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRanges, RangeList, RangeSet } from '../../../src/audit/format/ranges.js';

const ranges = suite('ranges');

function listOf(...numbers: number[]): RangeList {
  const list = new RangeList();
  for (const number of numbers) list.add(number);
  return list;
}

ranges('they are joined and sorted in their text, and taken once', () => {
  const list = listOf(7, 8, 3, 9, 1, 2, 20, 5);
  assert.equal(list.take(100), ['1-3,5,7-9,20']);
  assert.equal(list.take(100), []);
  assert.equal(listOf(4).take(100), ['4']);
});

ranges('a text is no longer than allowed, and no number is left out', () => {
  const numbers = Array.from({ length: 500 }, (_, index) => index * 2);
  const texts = listOf(...numbers).take(60);
  assert.ok(texts.length > 20);
  for (const text of texts) assert.ok(text.length <= 60, text);
  assert.equal(
    texts.flatMap((text) => parseRanges(text) ?? []),
    numbers.map((number) => [number, number]),
  );
});

ranges('a number that was added twice stands there twice', () => {
  assert.equal(listOf(5, 5, 6).take(100), ['5,5-6']);
});

ranges('a foreign text is none', () => {
  for (const text of ['', ',', '1,', '2-1', '1-', '-1', 'a', '1 2', '1.5', '99999999999999999']) {
    assert.is(parseRanges(text), undefined, text);
  }
});

ranges('a set gives up what it has, once', () => {
  const set = new RangeSet();
  set.append([0, 9]);
  set.append([10, 19]);
  set.append([30, 39]);
  assert.is(set.remove([5, 14]), undefined);
  assert.is(set.remove([14, 15]), 14);
  assert.is(set.remove([18, 22]), 20);
  assert.is(set.remove([29, 30]), 29);
  assert.is(set.remove([40, 40]), 40);
  assert.equal([set.smallest, set.size], [0, 20]);
  for (const range of [
    [0, 4],
    [15, 19],
    [31, 39],
    [30, 30],
  ] as const)
    assert.is(set.remove(range), undefined);
  assert.equal([set.smallest, set.size], [undefined, 0]);
});

ranges('a set agrees with a plain one, whatever is asked of it', () => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  const set = new RangeSet();
  const plain = new Set<number>();
  let next = 0;
  for (let step = 0; step < 3_000; step++) {
    if (random(3) === 0) {
      const first = next + random(3);
      next = first + 1 + random(20);
      set.append([first, next - 1]);
      for (let number = first; number < next; number++) plain.add(number);
    } else {
      const first = random(next + 3);
      const last = first + random(4);
      let missing: number | undefined;
      for (let number = last; number >= first; number--) if (!plain.has(number)) missing = number;
      assert.is(set.remove([first, last]), missing, `${first}-${last}`);
      if (missing === undefined) for (let number = first; number <= last; number++) plain.delete(number);
    }
    assert.is(set.size, plain.size);
  }
});

ranges.run();
