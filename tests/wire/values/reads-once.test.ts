/** The codec's dealing with values that can tell how often they are read: getters, and Proxies. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Captures } from '../../../src/algorithms/captures.js';
import { capturesOf, portable, portableSource } from '../../../src/algorithms/portable.js';
import { EncodeError } from '../../../src/errors.js';
import { decodeText, encodeValue } from '../../../src/wire/values/codec.js';
import { Random, randomValue } from './random-value.js';
import { difference } from './same-value.js';

const codec = suite('values that notice being read');

type Disguise = 'getters' | 'Proxy' | 'none';

/** The same value, of which plain objects, arrays and captures count how often each of their properties is read. */
class Disguised {
  readonly reads = new Map<string, number>();
  readonly #made = new Map<object, object>();
  #objects = 0;

  constructor(private readonly random: Random) {}

  make(value: unknown): unknown {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return value;
    const known = this.#made.get(value);
    if (known !== undefined) return known;
    if (typeof value === 'function') return this.#function(value);
    if (value instanceof Map) return this.#keep(value, new Map(), (made) => this.#fillMap(value, made));
    if (value instanceof Set) {
      return this.#keep(value, new Set(), (made) => {
        for (const item of value) made.add(this.make(item));
      });
    }
    if (value instanceof Error) return this.#keep(value, value, () => this.#replaceFields(value));
    const isPlain = [Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(value));
    return isPlain ? this.#disguise(value) : value;
  }

  #function(value: CallableFunction): object {
    let captures: unknown;
    const copy = new Function(`return ${portableSource(value)}`)() as () => unknown;
    return this.#keep(
      value,
      portable(copy, () => captures as Captures),
      () => {
        captures = this.make({ ...capturesOf(value) });
      },
    );
  }

  #fillMap(value: Map<unknown, unknown>, made: Map<unknown, unknown>): void {
    for (const [key, item] of value) made.set(this.make(key), this.make(item));
  }

  /** In the error itself: a copy would have another stack. */
  #replaceFields(error: Error): void {
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(error))) {
      if (key !== 'stack')
        Object.defineProperty(error, key, { ...descriptor, value: this.make(descriptor.value) });
    }
  }

  #keep<T extends object>(value: object, made: T, fill: (made: T) => void): T {
    this.#made.set(value, made);
    fill(made);
    return made;
  }

  #disguise(value: object): object {
    const name = `object ${this.#objects++}`;
    // Elements of an array are read by their positions: an accessor among them is not looked for.
    const kinds: Disguise[] = Array.isArray(value) ? ['Proxy', 'none'] : ['getters', 'Proxy', 'none'];
    const kind = this.random.pick(kinds);
    const target = Array.isArray(value)
      ? new Array<unknown>(value.length)
      : (Object.create(Object.getPrototypeOf(value) as object | null) as object);
    const note = (key: string): void => {
      const place = `${name}: ${JSON.stringify(key)}`;
      this.reads.set(place, (this.reads.get(place) ?? 0) + 1);
    };
    const made = kind === 'Proxy' ? noticing(target, note) : target;
    return this.#keep(value, made, () => {
      for (const key of Object.keys(value)) {
        const item = this.make(Reflect.get(value, key));
        const own = { enumerable: true, configurable: true };
        const get = (): unknown => {
          note(key);
          return item;
        };
        const accessor = kind === 'getters' && this.random.below(2) === 0;
        Object.defineProperty(
          target,
          key,
          accessor ? { get, ...own } : { value: item, writable: true, ...own },
        );
      }
    });
  }
}

function noticing(target: object, note: (key: string) => void): object {
  return new Proxy(target, {
    get(from, key, receiver) {
      if (typeof key === 'string' && Object.prototype.propertyIsEnumerable.call(from, key)) note(key);
      return Reflect.get(from, key, receiver);
    },
  });
}

for (let seed = 1; seed <= 300; seed++) {
  codec(`value ${seed} arrives as it was, and each of its properties is read once`, () => {
    const plain = randomValue(new Random(seed), 'all');
    const expected = encodeValue(plain);
    const disguised = new Disguised(new Random(seed + 1_000));
    const { text, raws } = encodeValue(disguised.make(plain));
    const often = [...disguised.reads].filter(([, count]) => count !== 1);
    assert.equal(often, []);
    assert.is(difference(decodeText(expected.text, expected.raws), decodeText(text, raws)), undefined);
  });
}

codec('a Proxy that gives another value each time cannot pass for what it is not', () => {
  let reads = 0;
  const fickle = (): object =>
    new Proxy({ at: 'a text' }, { get: () => (reads++ === 0 ? new Date(5) : 'later') });
  for (const value of [fickle(), [fickle()], { inside: fickle() }]) {
    reads = 0;
    const { text, raws } = encodeValue(value);
    assert.match(JSON.stringify(decodeText(text, raws)), /"at":"1970-01-01T00:00:00.005Z"/);
    assert.is(reads, 1);
  }
});

codec('what a program added to a value of a kind that has nothing but its content is refused', () => {
  const kinds = [
    new Date(0),
    /x/,
    new Map(),
    new Set(),
    new URL('http://h'),
    new Uint8Array(3),
    new ArrayBuffer(3),
    new DataView(new ArrayBuffer(3)),
    Buffer.from('abc'),
  ];
  for (const kind of kinds) {
    for (const descriptor of [{ value: 1 }, { get: () => 1 }]) {
      Object.defineProperty(kind, 'added', { ...descriptor, enumerable: true, configurable: true });
      for (const [value, path] of [
        [kind, 'the value'],
        [{ deep: [kind] }, 'deep[0]'],
      ] as const) {
        assert.throws(
          () => encodeValue(value),
          (error: Error) =>
            error instanceof EncodeError && error.message.startsWith(path) && /added/.test(error.message),
          `${kind.constructor.name} as ${path}`,
        );
      }
    }
  }
});

codec.run();
