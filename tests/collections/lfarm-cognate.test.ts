/** The assertions of lfarm's cognate-test.lisp, each under the name of its definition there. */
import { plet, pmap, pmapInto, pmapReduce, portable, preduce, preducePartial, UsageError, zip } from 'ts-mw';
import * as assert from 'uvu/assert';
import { generator } from '../support/random.js';
import { suiteOnFarm } from './farm.js';
import { add, addOne, itself, mul, mul3, same, seven, square, times } from './tasks.js';

const test = suiteOnFarm('lfarm cognates');

const sources = [
  [5, 6, 7],
  [10, 11, 12],
] as const;

test('plet-test', async () => {
  const { x, y } = await plet({ x: [itself, 3], y: () => 4 });
  assert.equal([x, y], [3, 4]);
  const a = 10;
  const sums = await plet({
    x: [portable(() => a + 3, { a })],
    y: [portable((b: number) => a + b, { a }), 4],
  });
  assert.is(sums.x + sums.y, 27);
});

test('pmap-into-test', async () => {
  for (const parts of ['auto', 2, 3] as const) {
    for (const Target of [Array<number>, Float64Array, Int8Array]) {
      const [target, short] = [Target.of(0, 0, 0), Target.of(0)];
      assert.is(await pmapInto(target, add, zip(...sources), { parts }), target);
      assert.equal([...target], [15, 17, 19]);
      await pmapInto(short, add, zip(...sources), { parts });
      assert.equal([...short], [15]);
    }
  }
});

test('pmap-test', async () => {
  const expected = [9, 16, 25, 36];
  for (const source of [[3, 4, 5, 6], new Set([3, 4, 5, 6]), Int32Array.of(3, 4, 5, 6)]) {
    assert.equal(
      await pmap(
        portable((x: number) => x * x),
        source,
      ),
      expected,
    );
  }
  const typed = await pmapInto(
    new BigInt64Array(2),
    portable((x: bigint) => x * x),
    [3n, 4n],
  );
  assert.equal([...typed], [9n, 16n]);
});

test('degenerate-pmaps-test', async () => {
  assert.equal(await pmap(itself, [0, 1, 2, 3]), [0, 1, 2, 3]);
  assert.equal(await pmap(itself, []), []);
  const error: unknown = await pmapInto(null as never as number[], add, zip([2, 3], [4, 5])).catch(
    (error: unknown) => error,
  );
  assert.instance(error, UsageError);
  assert.match((error as UsageError).message, /pmapInto writes into an array or a typed array; got null/);
});

test('pmapcar-test', async () => {
  assert.equal(await pmap(add, zip(...sources)), [15, 17, 19]);
  assert.equal(await pmap(add, zip(...sources), { parts: 2 }), [15, 17, 19]);
});

test('pmapcar-handles-sequences-test', async () => {
  for (const parts of ['auto', 2] as const) {
    assert.equal(await pmap(add, zip([1, 2, 3], Uint8Array.of(4, 5, 6)), { parts }), [5, 7, 9]);
  }
});

test('pmap-parts-arg-test', async () => {
  const random = generator(1);
  for (let parts = 1; parts <= 8; parts++) {
    for (let size = 1; size <= 6; size++) {
      const numbers = Array.from({ length: size }, () => Math.floor(random() * size));
      const expected = numbers.map((x) => x * x);
      const [values, array, typed] = await Promise.all([
        pmap(square, numbers, { parts }),
        pmapInto(new Array<number>(size), square, numbers, { parts }),
        pmapInto(new Float64Array(size), square, numbers, { parts }),
      ]);
      assert.equal([values, array, [...typed]], [expected, expected, expected], `${size} in ${parts} parts`);
    }
  }
});

test('pmap-into-thunk-test', async () => {
  const target = [1, 1, 1];
  assert.equal(
    await pmapInto(
      target,
      portable(() => 9),
    ),
    [9, 9, 9],
  );
  assert.equal(await pmapInto(target, seven), [7, 7, 7]);
  const c = 10;
  assert.equal(
    await pmapInto(
      target,
      portable(() => c + 9, { c }),
      { parts: 2 },
    ),
    [19, 19, 19],
  );
});

test('pmap-closure-test', async () => {
  const a = 10;
  const plus = portable((x: number) => a + x, { a });
  assert.equal(await pmap(plus, [1, 2, 3]), [11, 12, 13]);
  const target = new Array<number>(3);
  assert.is(await pmapInto(target, plus, [1, 2, 3]), target);
  assert.equal(target, [11, 12, 13]);
});

test('pmap-with-size-constraint-test', async () => {
  const source = [1, 10, 100, 1000];
  assert.equal(await pmap(addOne, source, { size: 2 }), [2, 11]);
  assert.equal(await pmap(addOne, new Set(source), { size: 2 }), [2, 11]);
  assert.equal(await pmapInto([99, 99, 99, 99], addOne, source, { size: 2 }), [2, 11, 99, 99]);
  assert.equal(await pmapInto([99, 99], addOne, source, { size: 2 }), [2, 11]);
  assert.equal([...(await pmapInto(Int16Array.of(9, 9, 9), addOne, source, { size: 2 }))], [2, 11, 9]);
});

test('pmap-into-edge-test', async () => {
  const source = [1, 2, 3];
  const none: readonly number[] = [];
  for (const [elements, size, expected] of [
    [source, undefined, [1, 2, 3]],
    [source, 3, [1, 2, 3]],
    [source, 2, [1, 2, 9]],
    [source, 0, [9, 9, 9]],
    [none, undefined, [9, 9, 9]],
    [source.slice(0, 2), undefined, [1, 2, 9]],
    [source, 7, [1, 2, 3]],
  ] as const) {
    assert.equal(await pmapInto([9, 9, 9], same, elements, { size }), expected);
  }
  assert.equal(await pmapInto([] as number[], same, source), []);
});

test('grind-pmap-test', async () => {
  const from = (first: number, length: number) => Array.from({ length }, (_, i) => first + i);
  const maps = from(0, 100).map(async (length) => {
    const [a, b, c] = [from(1, length), from(11, length), from(21, length)];
    const expected = a.map((x, i) => x * (b[i] as number) * (c[i] as number));
    assert.equal(await pmap(mul3, zip(a, b, c)), expected, `of ${length}`);
  });
  await Promise.all(maps);
});

test('preduce-partial-test', async () => {
  for (const empty of [[], new Set<number>(), new Float64Array(0)]) {
    const error: unknown = await preducePartial(add, empty).catch((error: unknown) => error);
    assert.instance(error, UsageError);
    assert.match((error as UsageError).message, /preducePartial has no elements/);
  }
  const eight = [3, 4, 5, 6, 7, 8, 9, 10];
  assert.equal(await preducePartial(add, eight, { parts: 1 }), [52]);
  for (const fromEnd of [false, true]) {
    assert.equal(await preducePartial(add, eight, { parts: 2, fromEnd }), [18, 34]);
    assert.equal(await preducePartial(add, eight.slice(0, 6), { parts: 3, fromEnd }), [7, 11, 15]);
  }
});

type Matrix = readonly number[];

interface Range {
  readonly start?: number;
  readonly end?: number;
}

/** By `Array.reduce`; from the end, the second argument is what was folded. */
function reduced<T>(
  fold: (x: T, y: T) => T,
  all: readonly T[],
  { start, end, initial, fromEnd = false }: Range & { readonly initial?: T; readonly fromEnd?: boolean },
): T {
  const list = all.slice(start, end);
  const values = initial === undefined ? list : fromEnd ? [...list, initial] : [initial, ...list];
  return fromEnd ? values.reduceRight((x, y) => fold(y, x)) : values.reduce((x, y) => fold(x, y));
}

test('preduce-test', async () => {
  const random = generator(2);
  const draw = (most: number): number => Math.floor(random() * most);
  const numbers = Array.from({ length: 20 }, () => draw(100));
  const matrices = Array.from({ length: 20 }, (): Matrix => [draw(10), draw(10), draw(10), draw(10)]);
  const z = 10;
  const plusTen = portable((x: number, y: number) => x + y + z, { z });
  assert.is(await preduce(plusTen, [1, 2, 3, 4, 5, 6]), 71);
  const pairs = [0, 1, 2, 3].map((second) => [9, second] as const);
  const second = portable((pair: readonly [number, number]) => pair[1]);
  assert.is(await preduce(add, pairs, { key: second, parts: 3 }), 6);
  const ranges: readonly Range[] = [{}, { start: 5 }, { end: 5 }, { start: 5, end: 16 }];
  const runs: Promise<void>[] = [];
  const verify = async <T>(actual: Promise<T>, expected: T, options: object): Promise<void> =>
    assert.equal(await actual, expected, JSON.stringify(options));
  for (let parts = 1; parts <= 10; parts++) {
    for (const range of ranges) {
      for (const fromEnd of [false, true]) {
        const options = { ...range, fromEnd, parts };
        const unit = { ...options, initial: [1, 0, 0, 1] };
        runs.push(
          verify(preduce(add, numbers, options), reduced(add, numbers, options), options),
          verify(preduce(times, matrices, options), reduced<Matrix>(times, matrices, options), options),
          verify(preduce(times, matrices, unit), reduced<Matrix>(times, matrices, unit), unit),
        );
      }
    }
  }
  await Promise.all(runs);
  const product = { start: 5, end: 16, initial: 1 };
  assert.is(await preduce(mul, numbers, product), reduced(mul, numbers, product));
});

test('pmap-reduce-test', async () => {
  const numbers = [17, 4, 92];
  const squared = await preduce(add, numbers, { key: square });
  assert.is(await pmapReduce(square, add, numbers), squared);
  assert.is(await pmapReduce(square, add, [3, 4, 5]), 9 + 16 + 25);
  assert.is(await pmapReduce(mul, add, zip([1, 2, 3], [4, 5, 6]), { parts: 2, initial: 100 }), 132);
  assert.is(await pmapReduce(square, add, [3, 4, 5], { size: 2 }), 25);
});

test.run();
