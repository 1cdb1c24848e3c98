/** `Source`, `zip`: what the elements of a call are, and how far a source is drawn. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isIterable, Source } from '../../../src/collections/parts/source.js';
import { zip } from '../../../src/collections/parts/zip.js';
import { UsageError } from '../../../src/errors.js';

const test = suite('collections/parts/source');

/** Counts what is drawn, and whether it was closed. */
class Counted implements Iterable<number> {
  drawn = 0;
  closed = 0;
  readonly #length: number;

  constructor(length = Number.POSITIVE_INFINITY) {
    this.#length = length;
  }

  *[Symbol.iterator](): Generator<number> {
    try {
      while (this.drawn < this.#length) yield this.drawn++;
    } finally {
      this.closed++;
    }
  }
}

test('any iterable has its elements, at most as many as asked for', () => {
  for (const [elements, size, expected] of [
    [[], undefined, []],
    [[1, 2, 3], undefined, [1, 2, 3]],
    [[1, 2, 3], 0, []],
    [[1, 2, 3], 2, [1, 2]],
    [[1, 2, 3], 9, [1, 2, 3]],
    [new Set([1, 2]), undefined, [1, 2]],
    [new Map([[1, 2]]), 1, [[1, 2]]],
    ['a\u{1F600}b', undefined, ['a', '\u{1F600}', 'b']],
    [Float64Array.of(0.5, 2), 1, [0.5]],
    [BigInt64Array.of(1n, 2n), undefined, [1n, 2n]],
    [Buffer.from('ab'), undefined, [97, 98]],
    [new Counted(3), undefined, [0, 1, 2]],
    [new Counted(), 2, [0, 1]],
    [[[1, 2], [3]], undefined, [[1, 2], [3]]],
  ] as const) {
    const source = Source.of('pmap', elements, size);
    assert.is(source.length, expected.length);
    const [column, ...others] = source.columns(0, source.length);
    assert.equal([Array.from(column as ArrayLike<unknown>), others], [expected, []]);
    assert.equal(
      expected.map((_, index) => source.elementAt(index)),
      expected,
    );
  }
});

test('an array that changes after the call was taken as it was', () => {
  const numbers = [1, 2, 3];
  const floats = Float64Array.of(1, 2, 3);
  for (const elements of [numbers, floats, zip(numbers, floats)] as const) {
    const source = Source.of('pmap', elements);
    const before = source.columns(0, 3);
    numbers.unshift(0);
    numbers.length = 1;
    floats.fill(9);
    assert.is(source.length, 3);
    assert.equal(source.columns(0, 3), before);
    assert.equal(source.elementAt(2), elements === numbers || elements === floats ? 3 : [3, 3]);
    numbers.splice(0, 1, 1, 2, 3);
    floats.set([1, 2, 3]);
  }
  assert.is(Source.of('pmap', numbers, 2).length, 2);
});

test('a part has its elements only, and typed arrays stay typed', () => {
  const numbers = Source.of('pmap', Int16Array.of(1, 2, 3, 4));
  assert.equal(numbers.columns(1, 3), [Int16Array.of(2, 3)]);
  const pairs = Source.of('pmap', zip([1, 2, 3], Int16Array.of(4, 5)));
  assert.equal([pairs.length, pairs.columns(1, 2)], [2, [[2], Int16Array.of(5)]]);
  assert.equal(pairs.elementAt(1), [2, 5]);
});

test('no source is drawn further than needed, and each is closed', () => {
  for (const [size, drawn] of [
    [0, 0],
    [1, 1],
    [5, 5],
  ] as const) {
    const counted = new Counted();
    assert.is(Source.of('pmap', counted, size).length, size);
    assert.equal([counted.drawn, counted.closed], [drawn, drawn === 0 ? 0 : 1]);
  }
  const endless = new Counted();
  const other = new Counted();
  assert.is(Source.of('pmap', zip([1, 2, 3], endless, other)).length, 3);
  assert.equal([endless.drawn, endless.closed, other.closed], [3, 1, 1]);
  const both = new Counted();
  assert.is(Source.of('pmap', zip(both, [1, 2, 3]), 2).length, 2);
  assert.equal([both.drawn, both.closed], [2, 1]);
});

test('a zip ends with its shortest source, and is a list of tuples elsewhere', () => {
  for (const [zipped, tuples] of [
    [
      zip([1, 2], ['a', 'b', 'c']),
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    [zip([], [1]), []],
    [zip([1]), [[1]]],
    [
      zip(new Set([1, 2]), 'xy', [true, false]),
      [
        [1, 'x', true],
        [2, 'y', false],
      ],
    ],
    [zip([[1, 2]], [[3]]), [[[1, 2], [3]]]],
  ] as const) {
    assert.equal([...zipped], tuples);
    const spread = Source.of('pmap', zipped);
    assert.is(spread.length, tuples.length);
    assert.equal(
      tuples.map((_, index) => spread.elementAt(index)),
      tuples,
    );
    const list = Source.ofList('preduce', zipped);
    assert.equal(list.columns(0, list.length), [tuples]);
  }
});

test('all sources of a zip are closed although one of them fails', () => {
  const failing = {
    returned: 0,
    [Symbol.iterator]() {
      return {
        next: (): IteratorResult<number> => {
          throw new RangeError('the file is damaged');
        },
        return: (): IteratorResult<number> => {
          this.returned++;
          return { done: true, value: undefined };
        },
      };
    },
  };
  const first = new Counted();
  const last = new Counted();
  assert.throws(() => [...zip(first, failing, last)], /the file is damaged/);
  assert.equal([first.closed, failing.returned], [1, 0], 'what threw is closed already, as in any loop');
  const unclosable = {
    [Symbol.iterator]: () => ({
      next: () => ({ done: false as const, value: 1 }),
      return: (): never => {
        throw new RangeError('closing fails');
      },
    }),
  };
  const beside = new Counted();
  const leave = (): void => {
    for (const _ of zip(unclosable, beside)) break;
  };
  assert.throws(leave, /closing fails/);
  assert.is(beside.closed, 1);
});

test('anything else is refused by the name of its call', () => {
  for (const [elements, message] of [
    [5, /pmap takes its elements from an iterable, such as an array; got number/],
    [null, /got null/],
    [undefined, /got undefined/],
    [{ length: 2 }, /got object/],
    [new DataView(new ArrayBuffer(2)), /got object/],
    [() => 1, /got function/],
    [(async function* () {})(), /got object, an async iterable: pmapIterable takes it/],
    [Promise.resolve([1]), /got object, a promise: await it first/],
  ] as const) {
    assert.is(isIterable(elements), false);
    assert.throws(
      () => Source.of('pmap', elements),
      (error: unknown) => error instanceof UsageError && message.test(error.message),
    );
  }
  assert.throws(() => (zip as () => unknown)(), /zip takes at least one source/);
  assert.throws(() => zip([1], null as never), /its argument 2 is null/);
});

test('a long list of numbers alone is cut as a typed array, which holds each of them as it is', () => {
  const all = (length: number, of: (index: number) => unknown): unknown[] =>
    Array.from({ length }, (_, i) => of(i));
  for (const [elements, kind] of [
    [all(40, (i) => i - 20), Int8Array],
    [all(40, (i) => (i % 2 ? 127 : -128)), Int8Array],
    [all(40, (i) => 128 - i), Int16Array],
    [all(40, (i) => -32_768 + i), Int16Array],
    [all(40, (i) => 32_768 - i), Int32Array],
    [all(40, (i) => (i % 2 ? 2 ** 31 - 1 : -(2 ** 31))), Int32Array],
    [all(40, (i) => 2 ** 31 - i), Float64Array],
    [all(40, (i) => (i === 39 ? -0 : i)), Float64Array],
    [all(40, (i) => [0.1, Number.NaN, Number.POSITIVE_INFINITY, -0, 1e300][i % 5]), Float64Array],
    [all(40, (i) => (i === 39 ? '39' : i)), Array],
    [all(40, (i) => (i === 20 ? undefined : i)), Array],
    [all(40, (i) => BigInt(i)), Array],
    [all(31, (i) => i), Array],
    [new Array(40), Array],
  ] as const) {
    const [column] = Source.of('pmap', elements).columns(0, elements.length);
    assert.is(column?.constructor, kind, String(elements));
    assert.ok(Array.from(elements as unknown[]).every((item, i) => Object.is(item, column?.[i])));
  }
  const halves = Source.of(
    'pmap',
    zip(
      all(80, (i) => i),
      all(80, String),
    ),
  ).columns(40, 80);
  assert.is(halves[0]?.constructor, Int8Array);
  assert.equal([halves[0]?.[0], halves[0]?.length, halves[1]?.[0]], [40, 40, '40']);
});

test.run();
