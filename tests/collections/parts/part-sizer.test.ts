/** `PartSizer`: sizes of parts from measured times, and the number of parts submitted ahead. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PartSizer } from '../../../src/collections/parts/part-sizer.js';

const test = suite('collections/parts/part-sizer');

const MANY = 1_000_000;
const NO_LIMIT = Number.POSITIVE_INFINITY;

test('before anything is measured a part is one element, or none if none is left', () => {
  for (const workers of [0, 1, 100]) {
    const sizer = new PartSizer(NO_LIMIT, 0);
    assert.equal([sizer.size(0, workers), sizer.size(1, workers), sizer.size(MANY, workers)], [0, 1, 1]);
  }
});

test('measured times give parts of 50 ms, at least one element, and 64 times those before at most', () => {
  for (const [measured, left, workers, size] of [
    // [elements, ms] of the parts computed so far
    [[[1, 0]], MANY, 2, 64],
    [
      [
        [1, 0],
        [8, 0],
      ],
      MANY,
      2,
      512,
    ],
    [
      [
        [1, 0],
        [MANY, 0],
      ],
      MANY,
      1,
      100_000,
    ],
    [[[100, 100]], MANY, 2, 50],
    [[[10, 100]], MANY, 2, 5],
    [[[1, 49]], MANY, 2, 1],
    [[[1, 51]], MANY, 2, 1],
    [[[1, 600_000]], MANY, 2, 1],
    [[[1, Number.MAX_VALUE]], MANY, 2, 1],
    // near the end half of a worker's share, but not less than 4 ms
    [[[100, 100]], 80, 2, 20],
    [[[100, 100]], 8, 2, 4],
    [[[100, 100]], 1, 2, 1],
    [[[100, 100]], 0, 2, 0],
    // no slave counts as one
    [[[100, 100]], 80, 0, 40],
  ] as const) {
    const sizer = new PartSizer(NO_LIMIT, 0);
    for (const [elements, ms] of measured) sizer.measure(elements, ms);
    assert.is(sizer.size(left, workers), size, JSON.stringify([measured, left, workers]));
  }
});

test('a part that is larger than those before counts more than a small one', () => {
  const sizer = new PartSizer(NO_LIMIT, 0);
  sizer.measure(100, 100);
  sizer.measure(1, 100);
  assert.is(sizer.size(MANY, 1), Math.floor(50 / 10.9), 'a tenth of the small one');
  const other = new PartSizer(NO_LIMIT, 0);
  other.measure(100, 100);
  other.measure(200, 600);
  assert.is(other.size(MANY, 1), 25, 'half of the large one');
});

test('a limit holds for all later parts, and no later one raises it', () => {
  const sizer = new PartSizer(20, 0);
  sizer.measure(1_000, 1);
  assert.is(sizer.size(MANY, 1), 20);
  sizer.limit(5);
  sizer.limit(7);
  assert.is(sizer.size(MANY, 1), 5);
  sizer.limit(1);
  assert.is(sizer.size(MANY, 1), 1);
});

test('two parts a worker and two more are open, one a worker while they grow, and many single long elements', () => {
  for (const [measured, size, workers, now, most] of [
    [undefined, 1, 0, 50, 1],
    [undefined, 1, 3, 100, 3],
    [[1, 0], 64, 3, 50, 3],
    [[1, 0], 64, 0, 50, 1],
    [[1, 0], 63, 3, 50, 8],
    // no time is known for long: an element takes long, or no slave is there
    [undefined, 1, 3, 101, 1_000],
    [[1, 4], 1, 3, 50, 1_000],
    [[1, 3.9], 1, 3, 5_000, 8],
    [[1, 4], 2, 3, 50, 8],
    [[1, 600_000], 1, 0, 50, 1_000],
  ] as const) {
    const sizer = new PartSizer(NO_LIMIT, 0);
    if (measured !== undefined) sizer.measure(measured[0], measured[1]);
    assert.is(sizer.mostOpen(size, workers, now), most, JSON.stringify([measured, size, workers, now]));
  }
});

test.run();
