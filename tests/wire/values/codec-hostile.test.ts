/** Decoding what no encoder wrote: always a FormatError, quickly, and nothing polluted. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError } from '../../../src/errors.js';
import { decodeText, decodeValue, encodeValue } from '../../../src/wire/values/codec.js';
import { Random, randomValue } from './random-value.js';

const MUTATIONS = 5_000;

const nested = (levels: number, around: (inner: unknown) => unknown): unknown => {
  let value: unknown = [];
  for (let i = 0; i < levels; i++) value = around(value);
  return value;
};
const META: unknown = JSON.parse(`[${encodeValue(undefined).text}]`)[1];

const hostile = suite('codec, hostile input');

for (const [name, [json, meta, raws = []]] of Object.entries<
  readonly [unknown, unknown, (readonly Uint8Array[])?]
>({
  'meta that is no object': [[1], 'meta'],
  'meta that is an array': [[1], []],
  'meta without a type': [[1], { values: {}, v: 1 }],
  'meta of another version': [[1], { ...(META as object), v: 0 }],
  'meta with equalities': [[1, {}], { ...(META as object), referentialEqualities: { 1: ['__proto__'] } }],
  'meta of another custom type': [[1], { values: [['custom', '__proto__']], v: 1 }],
  'meta of superjson itself': [['x'], { values: { 0: ['undefined'] }, v: 1 }],
  'a path of superjson into __proto__': [[{}], { values: { '0.__proto__.polluted': ['set'] }, v: 1 }],
  'absurd depth of meta': [[1], { values: nested(100_000, (inner) => ({ a: inner })), v: 1 }],
  'undefined that is something': [['~u1'], META],
  'a number that is none': [['~n12'], META],
  'a number of another name': [['~ntoString'], META],
  'a Date that is none': [['~dtomorrow'], META],
  'a Date without days': [['~d.5'], META],
  'a Date of one number': [['~d5'], META],
  'a Date of three': [['~d1.2.3'], META],
  'a Date of too many digits': [['~d1.1234567890'], META],
  'a bigint of too many digits': [[`~i${'9'.repeat(10_002)}`], META],
  'a huge bigint without digits': [['~h'], META],
  'a huge bigint that is none': [['~h-xyz'], META],
  'a bigint that is none': [['~i1x'], META],
  'an unknown leaf': [['~ztoString'], META],
  'a leaf without a letter': [['~'], META],
  'an unknown container': [[{ '~z': [] }], META],
  'a container without a letter': [[{ '~': [] }], META],
  'a tag among other keys': [[{ a: 1, '~s': [] }], META],
  'a bad regexp': [[{ '~x': ['(', '', 0] }], META],
  'a regexp with a place that is none': [[{ '~x': ['x', 'g', -1] }], META],
  'a regexp of one part': [[{ '~x': ['x'] }], META],
  'a bad URL': [['~lnowhere'], META],
  'a Map with half an entry': [[{ '~m': [1] }], META],
  'a Map that is an object': [[{ '~m': {} }], META],
  'a Set of a number': [[{ '~s': 5 }], META],
  'undefined in an array that is none': [[{ '~w': {} }], META],
  'an array of undefined of a number': [[{ '~v': 1e9 }], META],
  'an array of undefined of another text': [[{ '~v': 'uux' }], META],
  'a reference to nothing': [['~r7'], META],
  'a reference to a name': [['~rconstructor'], META],
  'a reference to minus one': [['~r-1'], META],
  'a reference to itself': [[{ '~s': ['~r5'] }], META],
  'a raw part that did not come': [['~bBuffer'], META],
  'a raw part of an unknown kind': [['~bconstructor'], META, [new Uint8Array(8)]],
  'a raw part of half an element': [['~bFloat64Array'], META, [new Uint8Array(7)]],
  'raw parts too many': [[1], META, [new Uint8Array(1)]],
  'raw parts of a plain value': [[1], 0, [new Uint8Array(1)]],
  'an error without a name': [[{ '~e': {} }], META],
  'an error with a message that is none': [[{ '~e': { name: 'Error', message: {} } }], META],
  'an error with a message of another kind': [[{ '~e': { name: 'Error', message: '~u' } }], META],
  'an error with a kind that is none': [[{ '~e': { name: 'Error', message: '', kind: [] } }], META],
  'an error with fields that are none': [[{ '~e': { name: 'Error', message: '', fields: [] } }], META],
  'a bare object without entries': [[{ '~o': [] }], META],
  'a bare object with a tag among its keys': [[{ '~o': { '~s': [] } }], META],
  'a sparse array of a bad length': [[{ '~h': [2 ** 33, {}] }], META],
  'a sparse array with an item outside': [[{ '~h': [2, { 2: 1 }] }], META],
  'a sparse array with a named item': [[{ '~h': [2, { length: 1 }] }], META],
  'an array whose property is its length': [[{ '~a': [[1], { length: 1e9 }] }], META],
  'an array whose property is an element': [[{ '~a': [[1], { 4294967294: 1 }] }], META],
  'properties of what is no array': [[{ '~a': [{}, { a: 1 }] }], META],
  'properties of an array met before': [[[1], { '~a': ['~r1', {}] }], META],
  'absurd depth of json': [nested(100_000, (inner) => [inner]), META],
  'absurd depth of containers': [nested(100_000, (inner) => ({ '~s': [inner] })), META],
  'absurd depth of named arrays': [nested(100_000, (inner) => ({ '~a': [inner, {}] })), META],
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
  const json = Array.from({ length: 1_000 }, () => ({ '~h': [2 ** 25, { 7: 1 }] }));
  const before = process.memoryUsage().heapUsed;
  const arrays = decodeValue(json, META, []) as number[][];
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
  ...['"custom"', '"~m"', '"~s"', '"~r0"', '"~bBuffer"', '~e', '~a', '~o', '__proto__', 'length'],
  ...['0', '1', '9', '{}', '[]', 'null', '.', '~', '-'],
];

/** Puts something into the place of a word, so that the text often stays JSON. */
function damage(text: string, random: Random): string {
  const words = [...text.matchAll(/"~?\w+"|\w+/g)];
  if (words.length === 0) return text;
  const word = random.pick(words);
  return text.slice(0, word.index) + random.pick(DAMAGE) + text.slice(word.index + word[0].length);
}

hostile.run();
