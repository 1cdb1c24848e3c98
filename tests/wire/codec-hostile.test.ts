/** Decoding what no encoder wrote: always a FormatError, quickly, and nothing polluted. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError } from '../../src/errors.js';
import { decodeText, decodeValue, encodeValue } from '../../src/wire/codec.js';
import { Random, randomValue } from './random-value.js';

const MUTATIONS = 5_000;

const nested = (levels: number, around: (inner: unknown) => unknown): unknown => {
  let value: unknown = [];
  for (let i = 0; i < levels; i++) value = around(value);
  return value;
};
const annotated = (type: unknown): unknown => ({ values: { 0: [type] }, v: 1 });
const standIn = (identifier: string): unknown => annotated(['class', identifier]);

const hostile = suite('codec, hostile input');

for (const [name, [json, meta, raws = []]] of Object.entries<
  readonly [unknown, unknown, (readonly Uint8Array[])?]
>({
  'meta that is no object': [[1], 'meta'],
  'meta that is an array': [[1], []],
  'meta without version': [[1], { values: {} }],
  'meta of the old version': [[1], { values: {}, v: 0 }],
  'meta with equalities': [[1, {}], { referentialEqualities: { '1': ['__proto__'] }, v: 1 }],
  'meta that is a string tree': [[1], { values: 'abc', v: 1 }],
  'a path into __proto__': [[{}], { values: { '0.__proto__.polluted': ['set'] }, v: 1 }],
  'a path into constructor': [{}, { values: { constructor: { prototype: { x: ['set'] } } }, v: 1 }],
  'a path with a bad escape': [{}, { values: { 'a\\b': ['set'] }, v: 1 }],
  'a path into what is inherited': [{}, { values: { 'toString.x': ['set'] }, v: 1 }],
  'a path to where an array has nothing': [[], { values: { 4294967294: ['undefined'] }, v: 1 }],
  'a path to the length of an array': [[1], { values: { length: ['undefined'] }, v: 1 }],
  'a path into what was read before': [[[1, 2]], { values: { '0': ['set'], '0.1': ['undefined'] }, v: 1 }],
  'undefined that is something': [[1], annotated('undefined')],
  'a number that is none': [['12'], annotated('number')],
  'a Date that is none': [['tomorrow'], annotated('Date')],
  'a bigint of too many digits': [['9'.repeat(10_002)], annotated('bigint')],
  'a huge bigint without digits': [[{ negative: false, hex: '' }], standIn('bigint')],
  'an unknown leaf': [[1], annotated('toString')],
  'an unknown class': [[1], annotated(['class', '__proto__'])],
  'a custom name': [[1], annotated(['custom', '__proto__'])],
  'a typed array of superjson': [[1e9], annotated(['typed-array', 'Float64Array'])],
  'an Error of superjson': [[{}], annotated('Error')],
  'a bigint that is none': [['1x'], annotated('bigint')],
  'a bad regexp': [['/(/'], annotated('regexp')],
  'a bad URL': [['nowhere'], annotated('URL')],
  'a Map of numbers': [[[1, 2]], annotated('map')],
  'a Set of a number': [[5], annotated('set')],
  'a reference to nothing': [[{ id: 7 }], standIn('ref')],
  'a reference to a name': [[{ id: 'constructor' }], standIn('ref')],
  'a reference to itself': [[{ id: 1 }], standIn('ref')],
  'a raw part that did not come': [[{ kind: 'Buffer', part: 0 }], standIn('raw')],
  'a raw part of an unknown kind': [[{ kind: 'constructor', part: 0 }], standIn('raw'), [new Uint8Array(8)]],
  'a raw part of half an element': [[{ kind: 'Float64Array', part: 0 }], standIn('raw'), [new Uint8Array(7)]],
  'raw parts too many': [[1], { v: 1 }, [new Uint8Array(1)]],
  'raw parts of a plain value': [[1], 0, [new Uint8Array(1)]],
  'an error without a name': [[{}], standIn('error')],
  'an error with a message that is none': [[{ name: 'Error', message: {} }], standIn('error')],
  'a stand-in with a prototype': [[JSON.parse('{"__proto__":{"id":0}}')], standIn('ref')],
  'a bare object without entries': [[{ entries: [] }], standIn('bare')],
  'a sparse array of a bad length': [[{ length: 2 ** 33, items: {} }], standIn('sparse')],
  'a sparse array with an item outside': [[{ length: 2, items: { 2: 1 } }], standIn('sparse')],
  'a sparse array with a named item': [[{ length: 2, items: { length: 1 } }], standIn('sparse')],
  'absurd depth of json': [nested(100_000, (inner) => [inner]), { v: 1 }],
  'absurd depth of meta': [[1], { values: nested(100_000, (inner) => ({ a: inner })), v: 1 }],
  'absurd depth of annotations': [[1], { values: nested(100_000, (inner) => ['map', { a: inner }]), v: 1 }],
  'absurdly long paths': [[1], { values: { [`${'a.'.repeat(1e6)}a`]: ['set'] }, v: 1 }],
})) {
  hostile(`refuses ${name}`, () => {
    let decoded: unknown;
    try {
      decoded = decodeValue(json, meta, raws);
    } catch (error) {
      assert.instance(error, FormatError);
      assert.is(({} as { polluted?: unknown }).polluted, undefined);
      return;
    }
    assert.unreachable(`it was decoded: ${typeof decoded}`);
  });
}

hostile('refuses text of a wrong shape', () => {
  for (const text of ['', '1,', '1,0,[],4', '}', '[1', '1],[2', 'undefined']) {
    assert.throws(
      () => decodeText(text, []),
      (error: unknown) => error instanceof FormatError,
    );
  }
});

hostile('takes no more memory for a sparse array than its items need', () => {
  const sparse = { length: 2 ** 25, items: { 7: 1 } };
  const json = Array.from({ length: 1_000 }, () => structuredClone(sparse));
  const values = Object.fromEntries(json.map((_, index) => [index, [['class', 'sparse']]]));
  const before = process.memoryUsage().heapUsed;
  const arrays = decodeValue(json, { values, v: 1 }, []) as number[][];
  assert.ok(process.memoryUsage().heapUsed - before < 100e6);
  assert.is(arrays[999]?.length, 2 ** 25);
  assert.is(arrays[999]?.[7], 1);
});

hostile('throws nothing but FormatError on random damage, and pollutes nothing', () => {
  const before = Reflect.ownKeys(Object.prototype).join();
  let refused = 0;
  for (let seed = 1; seed <= MUTATIONS; seed++) {
    const random = new Random(seed);
    const { text, raws } = encodeValue(randomValue(random, 'all'));
    try {
      decodeText(damage(text, random), raws);
    } catch (error) {
      assert.instance(error, FormatError, `seed ${seed}: ${error}`);
      refused++;
    }
  }
  assert.ok(refused > MUTATIONS / 10);
  assert.is(Reflect.ownKeys(Object.prototype).join(), before);
});

const DAMAGE = [
  '"class"',
  '"map"',
  '"set"',
  '"ref"',
  '__proto__',
  '0',
  '1',
  '9',
  '{}',
  '[]',
  'null',
  '.',
  '~',
  '-',
];

/** Puts something into the place of a word, so that the text often stays JSON. */
function damage(text: string, random: Random): string {
  const words = [...text.matchAll(/"\w+"|\w+/g)];
  if (words.length === 0) return text;
  const word = random.pick(words);
  return text.slice(0, word.index) + random.pick(DAMAGE) + text.slice(word.index + word[0].length);
}

hostile.run();
