/** The properties of an array or a view beside its elements, however many these are. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasElementsOnly, isIndex, namedKeys } from '../../../src/wire/values/named-properties.js';

const properties = suite('named properties');

properties('an index is a whole number of the right size, as it is written', () => {
  for (const key of ['0', '1', '16', '4294967294']) assert.ok(isIndex(key), key);
  for (const key of ['', '-1', '01', '1.5', 'x', 'length', '4294967295', '4294967296', ' 1', '1e3', '-0']) {
    assert.not.ok(isIndex(key), key);
  }
});

/** Around the number of elements from which keys are no longer listed. */
const LENGTHS = [0, 1, 2, 15, 16, 17, 18, 100, 5_000];
const LISTS: Readonly<Record<string, (length: number) => unknown[] | ArrayBufferView>> = {
  'an array': (length) => Array(length).fill('x'),
  'an array of objects': (length) => Array.from({ length }, () => ({ a: [1] })),
  'an array with holes': (length) => Object.assign([], { length }),
  'an array of a class': (length) => Object.assign(new (class Row extends Array<number> {})(), { length }),
  bytes: (length) => new Uint8Array(length),
  'numbers of eight bytes': (length) => new Float64Array(length),
  'a Buffer': (length) => Buffer.alloc(length, 'x'),
  'a DataView': (length) => new DataView(new ArrayBuffer(length)),
};
for (const [what, create] of Object.entries(LISTS)) {
  properties(`${what} has no names, or those that it was given, in order`, () => {
    for (const length of LENGTHS) {
      const list = create(length);
      assert.equal(namedKeys(list), [], `${length}`);
      // A typed array ignores a name that is a number.
      const numbers = Array.isArray(list) ? { '-1': 3, '4294967295': 4 } : {};
      const added = { b: 1, a: undefined, '': 2, ...numbers };
      assert.equal(namedKeys(Object.assign(list, added)), Object.keys(added), `${length}`);
    }
  });
}

properties('what is not enumerable is no name', () => {
  for (const length of LENGTHS) {
    const list: unknown[] = Array(length).fill(0);
    Object.defineProperty(list, 'hidden', { value: 1 });
    assert.equal(namedKeys(list), []);
  }
});

properties('an array has elements only, until it gets a name or a symbol', () => {
  for (const length of LENGTHS) {
    const create = (): unknown[] => Array(length).fill(0);
    assert.ok(hasElementsOnly(create()), `${length}`);
    assert.not.ok(hasElementsOnly(Object.assign(create(), { a: 1 })), `${length}`);
    assert.not.ok(hasElementsOnly(Object.assign(create(), { [Symbol('s')]: 1 })), `${length}`);
  }
});

properties('a name does not pass for the element at a hole', () => {
  for (const length of LENGTHS.filter((one) => one > 0)) {
    const list: unknown[] = Array(length).fill(0);
    delete list[length - 1];
    assert.ok(hasElementsOnly(list), 'holes are not looked for');
    assert.equal(namedKeys(Object.assign(list, { a: 1 })), ['a']);
  }
});

properties.run();
