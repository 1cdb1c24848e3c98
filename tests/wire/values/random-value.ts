/** Random values that can travel, from a seed: the same seed gives the same value. */
import { portable } from '../../../src/algorithms/portable.js';

/** A pseudo-random number generator (xorshift32) with the draws that the tests need. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = (Math.imul(seed, 0x9e3779b1) ^ 0x6d2b79f5) | 0 || 1;
  }

  below(limit: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % limit;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

/**
 * The range to draw from: `all` that the codec carries; `superjson`, what superjson alone carries, where an
 * object may be met twice (but only one without objects inside, and without Maps, Sets and Errors:
 * superjson confuses the others);
 * `superjson-tree`, the same with Maps, Sets and Errors, and no object met twice.
 */
export type Range = 'all' | 'superjson' | 'superjson-tree';

const KEYS = [
  'a',
  'b',
  'c.d',
  'e\\f',
  '',
  '0',
  '17',
  '-1',
  ' ',
  '~',
  '~x',
  'toString',
  'length',
  'ünï',
  '\ud800',
  '.',
  '\\.',
];
const HOSTILE_KEYS = ['__proto__', 'constructor', 'prototype', '~__proto__', '~~constructor', 'toJSON'];
/** Of captures. */
const NAMES = ['a', '$', 'ünï', '__proto__', 'constructor', 'toString'];
const STRINGS = [
  '',
  'Task 1',
  '__proto__',
  'ü€😀',
  '\ud83d',
  '\udc00x',
  'a"b\\c\n\u0000\u2028',
  'x'.repeat(300),
];
const NUMBERS = [0, -0, 1, -1, 0.1, 1e300, -5e-324, Number.NaN, Infinity, -Infinity, 2 ** 53, 4294967296];
const VIEWS = [
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array],
];

export function randomValue(random: Random, range: Range): unknown {
  const met: object[] = [];
  return value(0);

  function value(depth: number): unknown {
    if (range !== 'superjson-tree' && met.length > 0 && random.below(8) === 0) return random.pick(met);
    if (depth > 5 || random.below(3) === 0) return primitive();
    return random.below(3) === 0 ? leaf() : container(depth + 1);
  }

  function primitive(): unknown {
    switch (random.below(6)) {
      case 0:
        return undefined;
      case 1:
        return random.pick([null, true, false]);
      case 2:
        return random.pick([0n, -1n, 2n ** 70n, BigInt(random.below(1e9))]);
      case 3:
        return random.pick(STRINGS);
      default:
        return random.below(2) === 0 ? random.pick(NUMBERS) : random.below(1e9);
    }
  }

  function leaf(): object {
    const made = makeLeaf();
    // superjson alone loses which typed arrays and dates are the same, when one is met twice.
    if (range === 'all') met.push(made);
    return made;
  }

  function makeLeaf(): object {
    switch (random.below(range === 'all' ? 8 : 4)) {
      case 0:
        return new Date(random.pick([0, -1, 8.64e15, -8.64e15, random.below(2 ** 31) * 1000]));
      case 1:
        return random.pick([/a\/b[/]\\/giu, /(?:)/, /\n^ü$/my, /__proto__/s]);
      case 2:
        return new URL(random.pick(['http://example.org/a?b=c#d', 'file:///tmp/x%20y', 'mailto:a@b.c']));
      case 3:
        return new (random.pick(VIEWS))(Array.from({ length: random.below(4) }, () => random.below(256)));
      case 4:
        return new Date(Number.NaN);
      case 5:
        return new (random.pick([BigInt64Array, BigUint64Array]))([BigInt(random.below(1e9)), 5n]);
      default:
        return binary();
    }
  }

  function binary(): object {
    const buffer = Uint8Array.from({ length: 64 }, () => random.below(256)).buffer as ArrayBuffer;
    const from = random.below(4) * 8;
    const length = random.below(4) * 8;
    return random.pick([
      () => buffer,
      () => new DataView(buffer, from + 1, length),
      () => new Float64Array(buffer, from, length / 8),
      () => new Uint8Array(buffer, from + 3, length),
      () => Buffer.from(buffer, from + 5, length),
      () => Buffer.from('a pooled buffer'),
    ])();
  }

  function container(depth: number): object {
    const size = random.below(5);
    const kinds = range === 'all' ? 10 : range === 'superjson-tree' ? 7 : 4;
    switch (random.below(kinds)) {
      case 0:
      case 1:
        return remember([], (array) => fillArray(array, size, depth));
      case 2:
      case 3:
        return remember({}, (object) => fillObject(object, size, depth));
      case 4:
        return fillError(depth);
      case 5: {
        return remember(new Map<unknown, unknown>(), (map) => {
          for (let i = 0; i < size; i++) map.set(value(depth), value(depth));
        });
      }
      case 6: {
        return remember(new Set<unknown>(), (set) => {
          for (let i = 0; i < size; i++) set.add(value(depth));
        });
      }
      case 7:
        return remember(Object.create(null) as object, (object) => fillObject(object, size, depth));
      case 8:
        return functionWithCaptures(size, depth);
      default: {
        return remember(new Array<unknown>(size + 3), (sparse) => {
          for (let i = 0; i < size; i++) sparse[random.below(size + 3)] = value(depth);
        });
      }
    }
  }

  /** It may come to stand among its own captures, which are read when it is encoded. */
  function functionWithCaptures(size: number, depth: number): object {
    const captures: Record<string, unknown> = {};
    const source = random.pick(['() => typeof a', 'function named(b = 2) { return b; }']);
    const made = new Function(`return ${source}`)() as () => unknown;
    return remember(portable(made, captures), () => {
      for (let i = 0; i < size; i++) setOwn(captures, random.pick(NAMES), value(depth));
    });
  }

  /** An object that is remembered before it is filled may come to stand inside itself. */
  function remember<T extends object>(made: T, fill: (made: T) => unknown): T {
    if (range === 'all') met.push(made);
    fill(made);
    if (range === 'superjson' && isFlat(made)) met.push(made);
    return made;
  }

  function fillArray(array: unknown[], size: number, depth: number): unknown[] {
    for (let i = 0; i < size; i++) array.push(value(depth));
    return array;
  }

  function fillObject<T extends object>(target: T, size: number, depth: number): T {
    for (let i = 0; i < size; i++) {
      const hostile = range === 'all' && random.below(4) === 0;
      setOwn(target, random.pick(hostile ? HOSTILE_KEYS : KEYS), value(depth));
    }
    return target;
  }

  function fillError(depth: number): Error {
    const options = random.below(2) === 0 ? {} : { cause: value(depth) };
    const message = random.pick(STRINGS);
    if (range !== 'all') return new Error(message, options);
    const error = random.pick([
      () => new Error(message, options),
      () => new TypeError(message, options),
      () => new AggregateError([value(depth), value(depth)], message, options),
    ])();
    if (random.below(3) === 0)
      Object.defineProperty(error, 'name', { value: random.pick(['OddError', 'TypeError']) });
    met.push(error);
    if (random.below(2) === 0) fillObject(error, 2, depth);
    return error;
  }
}

function setOwn(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

function isFlat(made: object): boolean {
  return Object.values(made).every((item) => typeof item !== 'object' || item === null);
}
