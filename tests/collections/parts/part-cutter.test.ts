/** `PartCutter`: every element in one part, in order, whatever the number of parts and the times measured. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PartCutter, type PartCutterParams } from '../../../src/collections/parts/part-cutter.js';
import { generator } from '../../support/random.js';

const test = suite('collections/parts/part-cutter');

const NO_LIMIT = Number.POSITIVE_INFINITY;

function cutterOf(params: Partial<PartCutterParams>): PartCutter {
  return new PartCutter({
    length: 0,
    parts: 'auto',
    keepsResults: false,
    mostSize: NO_LIMIT,
    now: 0,
    ...params,
  });
}

interface Circumstances {
  /** Slaves when `at` elements were cut. */
  readonly workers: (at: number) => number;
  /** Time of a part; undefined of one that fails. */
  readonly msOf: (size: number) => number | undefined;
}

/** The sizes of all parts, each computed before the next is asked for. Throws if one does not follow on the last. */
function sizesOf(cutter: PartCutter, { workers, msOf }: Circumstances): number[] {
  const sizes: number[] = [];
  let at = 0;
  while (!cutter.isEmpty) {
    const part = cutter.next(workers(at), 0);
    if (part === undefined) throw new Error(`no part is cut at ${at}, and none is open`);
    assert.is(part.start, at);
    assert.ok(part.end > part.start, `the part at ${at} is empty`);
    sizes.push(part.end - part.start);
    at = part.end;
    cutter.done(part, msOf(part.end - part.start));
  }
  assert.is(cutter.next(workers(at), 0), undefined);
  return sizes;
}

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
const quiet: Circumstances = { workers: () => 2, msOf: (size) => size / 10 };

test('a number of parts makes slices as equal as possible, at most one for each element', () => {
  for (const [length, parts, sizes] of [
    [0, 1, []],
    [0, 7, []],
    [1, 1, [1]],
    [1, 9, [1]],
    [2, 9, [1, 1]],
    [10, 1, [10]],
    [10, 3, [3, 3, 4]],
    [10, 4, [2, 3, 2, 3]],
    [10, 10, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
    [9_007_199, 2, [4_503_599, 4_503_600]],
  ] as const) {
    assert.equal(sizesOf(cutterOf({ length, parts }), quiet), sizes, `${length} in ${parts}`);
    const kept = cutterOf({ length, parts, keepsResults: true, mostSize: 1 });
    assert.equal(sizesOf(kept, quiet), sizes, 'a number of parts is that number');
  }
  for (const [length, parts] of [
    [1_000_003, 997],
    [12_345, 6_789],
  ] as const) {
    const sizes = sizesOf(cutterOf({ length, parts }), quiet);
    assert.equal([sizes.length, sum(sizes)], [parts, length]);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
  }
});

test('ten thousand parts of a fixed cut are open at once', () => {
  const cutter = cutterOf({ length: 20_000, parts: 20_000 });
  for (let count = 0; count < 10_000; count++) assert.ok(cutter.next(1, 0));
  assert.is(cutter.next(1, 0), undefined);
  cutter.done({ start: 0, end: 1 });
  assert.equal(cutter.next(1, 0), { start: 10_000, end: 10_001 });
  assert.is(cutter.next(1, 0), undefined);
});

test('with a checkpoint, the cut of auto depends on the length alone', () => {
  const random = generator(5);
  for (const [length, mostSize, count] of [
    [0, NO_LIMIT, 0],
    [1, NO_LIMIT, 1],
    [999, NO_LIMIT, 999],
    [1_000, NO_LIMIT, 1_000],
    [1_001, NO_LIMIT, 1_000],
    [123_457, NO_LIMIT, 1_000],
    [3_000, 1, 3_000],
    [3_000, 2, 1_500],
  ] as const) {
    const cut = (): number[] =>
      sizesOf(cutterOf({ length, keepsResults: true, mostSize }), {
        workers: () => Math.floor(random() * 10),
        msOf: () => (random() < 0.1 ? undefined : random() * 1_000),
      });
    const sizes = cut();
    assert.equal([sizes.length, sum(sizes)], [count, length]);
    assert.ok(Math.max(0, ...sizes) <= mostSize);
    for (let run = 0; run < 3; run++) assert.equal(cut(), sizes);
  }
});

test('under auto every element is in a part, whatever parts take and whichever slaves come and go', () => {
  const random = generator(11);
  for (const length of [0, 1, 2, 17, 1_000, 60_000]) {
    for (const [workers, msOf] of [
      [() => 1, () => 0],
      [() => 0, (size: number) => size * 120_000],
      // joining in the middle
      [(at: number) => (at < length / 2 ? 1 : 40), (size: number) => size / 50],
      [() => 3, () => undefined],
      [() => Math.floor(random() * 9), () => (random() < 0.2 ? undefined : random() * 200)],
    ] as const) {
      assert.is(sum(sizesOf(cutterOf({ length }), { workers, msOf })), length);
      const sizes = sizesOf(cutterOf({ length, mostSize: 3 }), { workers, msOf });
      assert.is(sum(sizes), length);
      assert.ok(sizes.every((size) => size <= 3));
    }
  }
});

test('parts get smaller when slaves join in the middle, and the last ones are small', () => {
  const length = 100_000;
  const sizes = sizesOf(cutterOf({ length }), {
    workers: (at) => (at < length / 2 ? 1 : 50),
    msOf: (size) => size / 100,
  });
  const ends: number[] = [];
  let at = 0;
  for (const size of sizes) {
    at += size;
    ends.push(at);
  }
  const largestAfter = Math.max(...sizes.filter((_, index) => (ends[index] as number) > 0.7 * length));
  assert.is(Math.max(...sizes), 5_000);
  assert.ok(largestAfter <= Math.ceil(length / 2 / 100), `${largestAfter} after others have joined`);
  const last = sizes.at(-1) as number;
  assert.ok(last <= 400, `the last one has ${last}, and should take 4 ms at most`);
});

test('only so many parts are open under auto: none is counted twice, nor one that failed for ever', () => {
  const cutter = cutterOf({ length: 100 });
  const open = [];
  for (let part = cutter.next(3, 0); part !== undefined; part = cutter.next(3, 0)) open.push(part);
  assert.is(open.length, 3);
  cutter.done({ start: 0, end: 1 });
  assert.ok(cutter.next(3, 0));
  assert.is(cutter.next(3, 0), undefined);
  assert.ok(cutter.next(4, 0), 'a slave has joined');
  cutter.limit(1);
  cutter.done({ start: 1, end: 2 }, 0);
  const next = cutter.next(4, 0);
  assert.equal(next && next.end - next.start, 1, 'the limit');
});

test.run();
