/** Which values go out as plain JSON, and which need the tagged form. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isPlainJson, isPlainList, MAX_DEPTH } from '../../../src/wire/values/plain-walk.js';

const plain = suite('plain walk');

/** A number inside this number of arrays or objects. */
function nested(levels: number, around: (inner: unknown) => unknown): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = around(value);
  return value;
}

const inArray = (inner: unknown): unknown => [inner];
const inObject = (inner: unknown): unknown => ({ inner });
/** More objects than are scanned, and none of them twice. */
const MANY = 40;
const objects = (count = MANY): object[] => Array.from({ length: count }, (_, n) => ({ n }));

const PLAIN: Readonly<Record<string, unknown>> = {
  'a text': 'x',
  'no text': '',
  'a boolean': false,
  null: null,
  zero: 0,
  'a negative number': -1.5,
  'an empty array': [],
  'an empty object': {},
  'null in an array': [null, [null]],
  'null in an object': { a: null },
  'arrays in objects in arrays': [{ a: [{ b: 'c' }, true] }],
  'as many levels of arrays as travel': nested(MAX_DEPTH, inArray),
  'as many levels of objects as travel': nested(MAX_DEPTH, inObject),
  'many objects': objects(),
  'many objects under keys': { ...objects() },
};
for (const [what, value] of Object.entries(PLAIN)) {
  plain(`it takes ${what}, alone and in a list`, () => {
    assert.ok(isPlainJson(value));
    // A list is a level of its own.
    if (!what.startsWith('as many')) assert.ok(isPlainList([value]));
  });
}

const [shared] = objects(1);
const circle: { again?: unknown } = {};
circle.again = circle;
const own: unknown[] = [];
own.push(own);

const OTHER: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  'a function': () => 1,
  'a symbol': Symbol('s'),
  'an integer without limit': 1n,
  'minus zero': -0,
  NaN: Number.NaN,
  infinity: Number.POSITIVE_INFINITY,
  'minus infinity': Number.NEGATIVE_INFINITY,
  'undefined in an array': [undefined],
  'undefined in an object': { a: undefined },
  'minus zero in an array': [1, -0],
  'minus zero in an object': { a: -0 },
  'a hole': Object.assign([], { length: 1 }),
  'a hole in a long array': Object.assign([], { length: 20 }),
  'a Date': new Date(0),
  'a Date in an object': { at: new Date(0) },
  'a Map in an array': [new Map()],
  'an object without a prototype': Object.create(null),
  'an object of a class': new (class Point {
    x = 1;
  })(),
  'an array of a class': new (class Row extends Array<number> {})(),
  'an array with its own form': Object.assign([1], { toJSON: 1 }),
  'an array with a name': Object.assign([1], { name: 'n' }),
  'a long array with a name': Object.assign(Array(20).fill(1), { name: 'n' }),
  'an array with a symbol': Object.assign([1], { [Symbol('s')]: 1 }),
  'an object with a symbol': { [Symbol('s')]: 1 },
  'an object with a getter': {
    get a(): number {
      return 1;
    },
  },
  'an object with a setter': Object.defineProperty({}, 'a', { set: () => {}, enumerable: true }),
  'a Proxy': new Proxy({}, {}),
  'a Proxy in an array': [new Proxy([], {})],
  'an object twice in an array': [shared, shared],
  'an object twice in an object': { a: shared, b: { c: shared } },
  'an object that holds itself': circle,
  'an array that holds itself': own,
  'an object twice among many': [shared, ...objects(), shared],
  'a later object twice among many': [...objects(), shared, shared],
  'an object twice, as the first that are not scanned': [...objects(10), shared, shared],
  'more levels of arrays than travel': nested(MAX_DEPTH + 1, inArray),
  'more levels of objects than travel': nested(MAX_DEPTH + 1, inObject),
};
for (const [what, value] of Object.entries(OTHER)) {
  plain(`it does not take ${what}, alone or in a list`, () => {
    assert.not.ok(isPlainJson(value));
    assert.not.ok(isPlainList([1, value]));
  });
}

plain('a list counts as a level, and as an object that must not be met again', () => {
  assert.ok(isPlainList([nested(MAX_DEPTH - 1, inArray)]));
  assert.not.ok(isPlainList([nested(MAX_DEPTH, inArray)]));
  assert.ok(isPlainList([nested(MAX_DEPTH - 1, inObject)]));
  assert.not.ok(isPlainList([nested(MAX_DEPTH, inObject)]));
  assert.not.ok(isPlainList(own));
});

plain('an object is found again at every place of a list, however long', () => {
  for (let count = 0; count < MANY; count++) {
    const list = objects(count);
    assert.ok(isPlainList(list), `${count} objects`);
    for (const again of list) assert.not.ok(isPlainList([...list, again]), `${count} objects`);
  }
});

plain.run();
