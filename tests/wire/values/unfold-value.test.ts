/** The bounds of what may be unfolded: what stands just inside arrives, and what stands just outside is refused. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError } from '../../../src/errors.js';
import { decodeValue } from '../../../src/wire/values/codec.js';
import { MAX_DEPTH } from '../../../src/wire/values/plain-walk.js';
import { type Functions, unfoldValue } from '../../../src/wire/values/unfold-value.js';

const unfolding = suite('unfold');

/** A copy: the form becomes part of the value. */
function unfold(form: unknown, raws: readonly Uint8Array[] = [], functions: Functions = 'allowed'): unknown {
  return unfoldValue(form === undefined ? undefined : JSON.parse(JSON.stringify(form)), raws, { functions });
}

function assertRefused(form: unknown, message: RegExp, raws: readonly Uint8Array[] = []): void {
  assert.throws(
    () => unfold(form, raws),
    (error: unknown) => error instanceof FormatError && message.test(error.message),
    JSON.stringify(form).slice(0, 80),
  );
}

unfolding('what JSON carries stays what it is', () => {
  const value = { a: [1, null, true, 'x', { b: [] }], c: '' };
  assert.equal(unfold(value), value);
  for (const one of [null, 1, false, 'x', '']) assert.is(unfold(one), one);
});

unfolding('levels are counted, and the one too many is refused', () => {
  const nested = (levels: number, around: (inner: unknown) => unknown): unknown => {
    let form: unknown = [];
    for (let level = 0; level < levels; level++) form = around(form);
    return form;
  };
  for (const around of [
    (inner: unknown) => [inner],
    (inner: unknown) => ({ inner }),
    (inner: unknown) => ({ '~s': [inner] }),
    (inner: unknown) => ({ '~m': [inner, 1] }),
    (inner: unknown) => ({ '~m': [1, inner] }),
    (inner: unknown) => ({ '~o': { inner } }),
    (inner: unknown) => ({ '~w': [inner] }),
    (inner: unknown) => ({ '~h': [2, { 1: inner }] }),
    (inner: unknown) => ({ '~a': [[], { inner }] }),
    (cause: unknown) => ({ '~e': { name: 'Error', message: '', cause } }),
    (errors: unknown) => ({ '~e': { name: 'Error', message: '', errors } }),
    (inner: unknown) => ({ '~e': { name: 'Error', message: '', fields: { inner } } }),
    (inner: unknown) => ({ '~f': ['f', '() => inner', { inner }] }),
  ]) {
    unfold(nested(MAX_DEPTH, around));
    assertRefused(nested(MAX_DEPTH + 1, around), /nested deeper than 500 levels/);
  }
});

unfolding('a reference names the objects in the order in which they come', () => {
  const [list, map, set, date, url, bare, error, ...rest] = unfold(
    [
      { '~a': [[], { of: 'list' }] },
      { '~m': [] },
      { '~s': [] },
      '~d0.0',
      '~lhttp://h/',
      { '~o': {} },
      { '~e': { name: 'Error', message: '' } },
      { '~x': ['x', '', 0] },
      '~bBuffer',
      { '~v': 'u' },
      { '~w': [] },
      { '~h': [1, {}] },
      { '~f': ['f', '() => 1'] },
      {},
      { '~~renamed': 1 },
      ...Array.from({ length: 15 }, (_, id) => `~r${id + 1}`),
      '~r0',
    ],
    [new Uint8Array(1)],
  ) as unknown[];
  const first = [list, map, set, date, url, bare, error, ...rest.slice(0, 8)];
  for (const [index, object] of first.entries()) assert.is(rest[8 + index], object, `${index}`);
  assert.is((rest.at(-1) as unknown[])[0], list);
  const [fn, after, captured] = unfold([{ '~f': ['f', '() => x', { x: {} }] }, {}, '~r2', '~r3']) as [
    () => unknown,
    object,
    object,
  ];
  assert.is(fn(), captured);
  assert.is.not(after, captured);
});

unfolding('an object is met before its content, so that it may hold itself', () => {
  const map = unfold({ '~m': ['~r0', '~r0'] }) as Map<unknown, unknown>;
  assert.is(map.get(map), map);
  const set = unfold({ '~s': ['~r0'] }) as Set<unknown>;
  assert.ok(set.has(set));
  const sparse = unfold({ '~h': [3, { 1: '~r0' }] }) as unknown[];
  assert.is(sparse[1], sparse);
  const error = unfold({ '~e': { name: 'Error', message: '', cause: '~r0', fields: { own: '~r0' } } });
  assert.is((error as Error).cause, error);
  assert.is((error as { own?: unknown }).own, error);
  const fn = unfold({ '~f': ['f', '() => [f, x]', { f: '~r0', x: {} }] }) as () => unknown[];
  assert.is(fn()[0], fn);
  const list = unfold({ '~w': [null, '~r0'] }) as unknown[];
  assert.is(list[1], list);
  assert.is(list[0], undefined);
});

unfolding('a sparse array has its length, its items and its holes', () => {
  const table: readonly (readonly [number, Record<string, unknown>])[] = [
    [0, {}],
    [1, {}],
    [3, { 0: 'a', 2: 'c' }],
    [3, { 2: 'c' }],
    [1_024, {}],
    [1_025, { 1024: 'last' }],
    [2 ** 32 - 1, { 4294967294: 'last' }],
  ];
  for (const [length, items] of table) {
    const array = unfold({ '~h': [length, items] }) as unknown[];
    assert.is(array.length, length);
    assert.equal(Object.entries(array), Object.entries(items));
  }
  for (const [length, items] of [
    [2 ** 32, {}],
    [-1, {}],
    [1.5, {}],
    ['1', {}],
    [0, { 0: 1 }],
    [3, { 3: 1 }],
    [3, { '-1': 1 }],
    [3, { '01': 1 }],
    [3, { '1.5': 1 }],
    [3, { ' 1': 1 }],
    [3, { '': 1 }],
    [3, []],
    [3, null],
  ] as const) {
    assertRefused({ '~h': [length, items] }, /sparse array|wrong shape/);
  }
});

unfolding('a tag stands alone, and a name with two tildes is the value’s own', () => {
  assert.equal(unfold({ '~~m': 1 }), { '~m': 1 });
  assert.equal(unfold({ a: 1, '~~~m': '~~u', b: 2 }), { a: 1, '~~m': '~u', b: 2 });
  assert.equal(Object.keys(unfold({ a: 1, '~~m': 2, b: [3] }) as object), ['a', '~m', 'b']);
  assertRefused({ '~s': [], a: 1 }, /a tag among its keys/);
  assertRefused({ a: 1, '~': [] }, /a tag among its keys/);
  assertRefused({ '~~a': 1, '~s': [] }, /a tag among its keys/);
  for (const tag of ['~o', '~e']) {
    const content = (entries: object): unknown =>
      tag === '~o' ? entries : { name: 'Error', message: '', fields: entries };
    assertRefused({ [tag]: content({ '~s': [] }) }, /a tag among its keys/);
    assertRefused({ [tag]: content({ '~': 1 }) }, /a tag among its keys/);
    assert.is((unfold({ [tag]: content({ '~~s': 5 }) }) as Record<string, unknown>)['~s'], 5);
  }
});

unfolding('each container is refused with content of another shape', () => {
  for (const tag of ['~m', '~s', '~w', '~x', '~h', '~a', '~f']) {
    for (const content of [null, 1, 'x', true, {}]) assertRefused({ [tag]: content }, /wrong shape/);
  }
  for (const tag of ['~o', '~e']) {
    for (const content of [null, 1, 'x', []]) assertRefused({ [tag]: content }, /wrong shape/);
  }
  for (const [tag, length] of [
    ['~x', 3],
    ['~h', 2],
    ['~a', 2],
  ] as const) {
    for (const other of [0, length - 1, length + 1])
      assertRefused({ [tag]: Array(other).fill(1) }, /wrong shape/);
  }
  for (const other of [0, 1, 4]) assertRefused({ '~f': Array(other).fill('f') }, /wrong shape/);
  for (const content of ['', 'uv', 'U', 'u ', ' u', null, 3, ['u']]) {
    assertRefused({ '~v': content }, /an array of undefined has no length/);
  }
  assert.equal(unfold({ '~v': 'uuu' }), [undefined, undefined, undefined]);
});

unfolding('a RegExp has a source, flags and a place in a text', () => {
  const read = unfold({ '~x': ['a', 'gi', 2 ** 32 - 1] }) as RegExp;
  assert.equal([read.source, read.flags, read.lastIndex], ['a', 'gi', 2 ** 32 - 1]);
  for (const parts of [
    [1, '', 0],
    ['a', 1, 0],
    ['a', '', '0'],
    ['a', '', 0.5],
    ['a', '', -1],
    ['a', '', 2 ** 32],
    ['a', '', null],
  ]) {
    assertRefused({ '~x': parts }, /a RegExp has no source/);
  }
});

unfolding('a Map keeps its keys with their values, and refuses half an entry', () => {
  assert.equal(
    [...(unfold({ '~m': [1, 2, '~u', '~u', 'k', [3]] }) as Map<unknown, unknown>)],
    [
      [1, 2],
      [undefined, undefined],
      ['k', [3]],
    ],
  );
  assertRefused({ '~m': [1, 2, 3] }, /a key without a value/);
});

unfolding('the named properties of an array stand beside its elements', () => {
  const array = unfold({ '~a': [[1], { a: '~u', '-1': 2, '~~x': 3 }] }) as unknown[];
  assert.equal([array.length, array[0], Object.keys(array).slice(1)], [1, 1, ['a', '-1', '~x']]);
  for (const key of ['0', '1', '12', '0x', 'length']) {
    assertRefused({ '~a': [[1], { [key]: 1 }] }, /is one of the elements/);
  }
  for (const list of [{}, 1, null, '~u', '~d0.0', { '~m': [] }]) {
    assertRefused({ '~a': [list, {}] }, /is not an array/);
  }
  assertRefused([[], { '~a': ['~r1', {}] }], /is not an array/);
  assert.equal((unfold({ '~a': [{ '~v': 'u' }, { a: 1 }] }) as unknown[]).length, 1);
});

const named = { '~e': { name: 'x', message: '', stack: 'x', cause: 1 } };

unfolding('an Error has name, message and what else it was given, hidden where JavaScript hides it', () => {
  const error = unfold({
    '~e': {
      name: '~~Odd',
      kind: 'TypeError',
      message: '~~m',
      stack: '~~s',
      errors: [1],
      fields: { code: 2 },
    },
  }) as Error & { readonly code: number; readonly errors: unknown };
  assert.instance(error, TypeError);
  assert.equal([error.name, error.message, error.stack, error.code], ['~Odd', '~m', '~s', 2]);
  assert.equal(error.errors, [1]);
  assert.equal(Object.keys(error), ['code']);
  assert.not('cause' in error);
  const bare = unfold({ '~e': { name: 'Error', message: '', cause: null } }) as Error;
  assert.equal([bare.stack, bare.cause, 'errors' in bare], [undefined, null, false]);
  for (const key of ['name', 'stack', 'cause'] as const) {
    assert.equal(Object.getOwnPropertyDescriptor(unfold(named), key), {
      ...{ value: key === 'cause' ? 1 : 'x', writable: true, enumerable: false, configurable: true },
    });
  }
  const right = { name: 'Error', message: '' };
  for (const wrong of [
    { name: 1 },
    { name: '~u' },
    { message: null },
    { stack: 1 },
    { stack: null },
    { kind: 1 },
  ]) {
    assertRefused({ '~e': { ...right, ...wrong } }, /an Error has no/);
  }
  assertRefused({ '~e': { ...right, fields: [] } }, /wrong shape/);
});

unfolding('the raw parts are all used, each once', () => {
  const bytes = new Uint8Array([1, 2]);
  const [first, second] = unfold(['~bUint8Array', '~bBuffer'], [bytes, new Uint8Array([3])]) as Uint8Array[];
  assert.equal([...(first ?? []), ...(second ?? [])], [1, 2, 3]);
  assertRefused(['~bBuffer', '~bBuffer'], /uses more raw parts than the 1 that came/, [bytes]);
  assertRefused(['~bBuffer'], /a value uses 1 raw parts, and 2 came/, [bytes, bytes]);
});

unfolding('a function comes only from where it is allowed, and makes no promise of an object', () => {
  const form = { '~f': ['double', '(x) => 2 * x'] };
  assert.is((unfold(form) as (x: number) => number)(4), 8);
  assert.throws(
    () => unfold(form, [], 'refused'),
    /holds the function "double", and none may come from there/,
  );
  for (const parts of [
    [1, '() => 1'],
    ['f', 1],
    [null, null],
  ]) {
    assertRefused({ '~f': parts }, /a function has no source/);
  }
  for (const captures of [null, 1, 'x', ['x']]) {
    assertRefused({ '~f': ['f', '() => x', captures] }, /wrong shape/);
  }
  for (const name of ['', 'x y', '1x', 'let', 'x = hack()', 'arguments', '~x', '~~x', 'x,y', '...x', '{x}']) {
    assertRefused({ '~f': ['f', '() => 1', { [name]: 1 }] }, /a capture that cannot be a variable/);
  }
  assertRefused({ '~f': ['f', '() => 1', { x: { '~f': [1, 1] } }] }, /a function has no source/);
  // biome-ignore lint/suspicious/noThenProperty: a thenable is the subject
  assertRefused({ then: form }, /a thenable/);
  // biome-ignore lint/suspicious/noThenProperty: what only looks like one
  assert.equal(unfold({ then: '~u', '~~then': 1 }), { then: undefined, '~then': 1 });
  assert.type((unfold({ later: form }) as { later: unknown }).later, 'function');
});

unfolding('a name that JavaScript gives a meaning is data', () => {
  const got = unfold(JSON.parse('{"__proto__":"~u","a":"~u"}')) as object;
  assert.equal(Object.keys(got), ['__proto__', 'a']);
  assert.is(Object.getPrototypeOf(got), Object.prototype);
  const error = unfold(JSON.parse('{"~e":{"name":"Error","message":"","fields":{"__proto__":{"x":1}}}}'));
  assert.equal(Object.keys(error as Error), ['__proto__']);
  assert.instance(error, Error);
});

unfolding('what JavaScript itself refuses is refused with its words, whatever they are', () => {
  const meta = { toJSON: () => ({ custom: 1 }) };
  const told = (json: unknown, by: unknown): string => {
    try {
      decodeValue(json, by, []);
    } catch (error) {
      assert.instance(error, FormatError);
      return (error as Error).message;
    }
    return 'it was decoded';
  };
  assert.is(told(1, meta), 'meta names a form that does not travel');
  for (const thrown of [new RangeError('no'), 'no']) {
    const toJSON = (): never => {
      throw thrown;
    };
    assert.is(told(1, { toJSON }), 'a value cannot be decoded: no');
  }
});

unfolding.run();
