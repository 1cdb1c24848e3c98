/** The tagged form that a value takes, and the path of the part that cannot take one. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EncodeError } from '../../../src/errors.js';
import { decodeText, encodeList, encodeValue } from '../../../src/wire/values/codec.js';
import { foldValue } from '../../../src/wire/values/fold-value.js';
import { MAX_DEPTH } from '../../../src/wire/values/plain-walk.js';

const folding = suite('fold');

const FORMS: readonly (readonly [string, unknown, unknown])[] = [
  ['a text', 'x', 'x'],
  ['an object', { a: [1] }, { a: [1] }],
  ['a key with a tilde', { '~': 1 }, { '~~': 1 }],
  ['a text with a tilde', '~x', '~~x'],
  ['a tilde later in a text', 'x~', 'x~'],
  ['numbers', [1, -0, Number.NaN], [1, '~n-0', '~nNaN']],
  ['null', [null, true, false], [null, true, false]],
  ['undefined', undefined, '~u'],
  ['undefined alone in an array', [undefined], { '~v': 'u' }],
  ['undefined in an array', [undefined, 1, undefined], { '~w': [null, 1, null] }],
  ['undefined before null', [undefined, null], ['~u', null]],
  ['undefined after null', [null, undefined, null, undefined], [null, '~u', null, '~u']],
  ['an empty array', [[]], [[]]],
  ['a hole', Object.assign([], { length: 2, 1: 5 }), { '~h': [2, { 1: 5 }] }],
  ['holes only', Object.assign([], { length: 3 }), { '~h': [3, {}] }],
  [
    'a hole after undefined',
    Object.assign([undefined, 'x'], { length: 3 }),
    { '~h': [3, { 0: '~u', 1: 'x' }] },
  ],
  [
    'a hole after null and undefined',
    Object.assign([null, undefined], { length: 4, 3: 1 }),
    { '~h': [4, { 0: null, 1: '~u', 3: 1 }] },
  ],
  ['a name beside elements', Object.assign([1], { a: 2 }), { '~a': [[1], { a: 2 }] }],
  [
    'a name beside a hole',
    Object.assign([], { length: 2, 1: 1, a: undefined }),
    { '~a': [{ '~h': [2, { 1: 1 }] }, { a: '~u' }] },
  ],
  ['a Map', new Map<unknown, unknown>([['a', undefined]]), { '~m': ['a', '~u'] }],
  ['a Set', new Set([1, '~']), { '~s': [1, '~~'] }],
  ['a RegExp', /a/gi, { '~x': ['a', 'gi', 0] }],
  ['keys with a tilde', { '~a': 1, 'b~': 2 }, { '~~a': 1, 'b~': 2 }],
];
for (const [what, value, form] of FORMS) {
  folding(`${what}: its form, and whether it must be unfolded`, () => {
    const folded = foldValue(value);
    assert.equal(folded.form, form);
    assert.is(folded.isTagged, JSON.stringify(value) !== JSON.stringify(form), what);
    assert.equal(folded.raws, []);
  });
}

folding('an error tells its class where its name does not, and what else it has', () => {
  const formOf = (error: Error): Record<string, unknown> => {
    const { form } = foldValue(Object.assign(error, { stack: 's' }));
    return (form as { '~e': Record<string, unknown> })['~e'];
  };
  assert.equal(formOf(new TypeError('m')), { name: 'TypeError', message: 'm', stack: 's' });
  assert.equal(formOf(Object.assign(new TypeError('~m'), { name: 'Odd', code: 1 })), {
    name: 'Odd',
    message: '~~m',
    kind: 'TypeError',
    stack: 's',
    fields: { code: 1 },
  });
  assert.equal(formOf(new Error('m', { cause: undefined })), {
    name: 'Error',
    message: 'm',
    stack: 's',
    cause: '~u',
  });
  assert.equal(formOf(new AggregateError([1], 'm')), {
    name: 'AggregateError',
    message: 'm',
    stack: 's',
    errors: [1],
  });
  const enumerable = Object.assign(new AggregateError([], 'm'), { code: 2 });
  Object.defineProperty(enumerable, 'errors', { value: [3], enumerable: true });
  assert.equal(formOf(enumerable), {
    name: 'AggregateError',
    message: 'm',
    stack: 's',
    errors: [3],
    fields: { code: 2 },
  });
  // Only an AggregateError has these by its class.
  assert.equal(formOf(Object.assign(new Error('m'), { errors: [4] })).fields, { errors: [4] });
  assert.not('stack' in (foldValue(Object.assign(new Error(), { stack: 5 })).form as { '~e': object })['~e']);
});

folding('an error of a class of the program arrives as its nearest built-in class', () => {
  class OddError extends RangeError {
    override name = 'OddError';
  }
  const { text, raws } = encodeValue(new OddError('m'));
  const got = decodeText(text, raws) as Error;
  assert.instance(got, RangeError);
  assert.equal([got.name, Object.keys(got)], ['OddError', []]);
});

folding('what comes after a container has a path of its own', () => {
  const bad = Symbol('s');
  const layers: readonly unknown[] = [
    ...[[[1]], { a: { b: 1 } }, new Map([[{ a: 1 }, [2]]]), new Set([[1]]), new Date(0), /x/],
    ...[new Error('e', { cause: [1] }), new AggregateError([[1]]), Object.assign(new Error('e'), { a: [1] })],
    ...[new Uint8Array(1), Object.assign([[1]], { a: [2] }), Object.assign([], { length: 3, 1: [1] })],
  ];
  for (const before of layers) {
    assert.throws(
      () => foldValue([before, { a: [bad] }]),
      (error: unknown) => error instanceof EncodeError && error.path === '[1].a[0]',
      String(before),
    );
    assert.throws(
      () => foldValue({ a: before, b: bad }),
      (error: unknown) => error instanceof EncodeError && error.path === 'b',
    );
  }
});

folding('the path names the place in every kind of container', () => {
  const bad = Symbol('s');
  for (const [value, path] of [
    [[1, bad], '[1]'],
    [Object.assign([], { length: 9, 7: bad }), '[7]'],
    [Object.assign([1], { names: bad }), 'names'],
    [{ 'a b': { c: bad } }, '["a b"].c'],
    [
      new Map<unknown, unknown>([
        ['a', 1],
        ['b', bad],
      ]),
      '.get("b")',
    ],
    [
      new Map<unknown, unknown>([
        ['a', 1],
        [bad, 2],
      ]),
      '.keys()[1]',
    ],
    [new Map([[5, bad]]), '.get(5)'],
    [
      new Map<unknown, unknown>([
        ['a', 1],
        [{}, bad],
      ]),
      '.values()[1]',
    ],
    [new Set([0, 1, bad]), '.values()[2]'],
    [new Error('e', { cause: bad }), 'cause'],
    [new AggregateError([1, bad]), 'errors[1]'],
    [Object.assign(new Error('e'), { at: [bad] }), 'at[0]'],
  ] as readonly (readonly [unknown, string])[]) {
    assert.throws(
      () => foldValue(value),
      (error: unknown) =>
        error instanceof EncodeError && error.path === path && error.message.startsWith(path),
      path,
    );
  }
});

folding('an array is a level only where it holds something', () => {
  let value: unknown = [];
  for (let level = 0; level < MAX_DEPTH; level++) value = [value];
  assert.ok(foldValue(value));
  assert.throws(() => foldValue([value]), /nested too deep/);
  let numbers: unknown = [1];
  for (let level = 1; level < MAX_DEPTH; level++) numbers = [numbers];
  assert.ok(foldValue(numbers));
  assert.throws(() => foldValue([numbers]), /nested too deep/);
});

folding('a list travels like the array that it is', () => {
  for (const list of [
    [],
    [1, 'x', null],
    [{ a: [1] }],
    [undefined],
    ['~'],
    [new Date(5)],
    [Buffer.from('ab')],
  ]) {
    const { text, raws, byteLength } = encodeList(list);
    const { text: same } = encodeValue(list);
    assert.is(text, same);
    assert.is(
      byteLength,
      raws.reduce((sum, raw) => sum + raw.length, Buffer.byteLength(text)),
    );
    assert.equal(decodeText(text, raws), list);
  }
  assert.is(encodeList(['\u00e4']).byteLength, 6);
  assert.throws(
    () => encodeList([1, [Symbol('s')]]),
    (error: unknown) => error instanceof EncodeError && error.path === '[1][0]',
  );
});

folding('enumerable symbols are refused wherever they are, and others left out', () => {
  const symbol = Symbol('mark');
  for (const create of [
    () => ({}),
    () => [1],
    () => new Map(),
    () => new Error('e'),
    () => Buffer.alloc(1),
  ]) {
    const hidden = Object.defineProperty(create(), symbol, { value: 1 });
    assert.ok(foldValue(hidden));
    const shown = Object.defineProperty(create(), symbol, { value: 1, enumerable: true });
    assert.throws(() => foldValue([shown]), /^\[0\] has a property named Symbol\(mark\)/);
  }
});

folding.run();
