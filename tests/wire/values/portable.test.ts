/** Functions that travel: what arrives is compiled from its source, and nothing runs before it is called. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EncodeError, FormatError, UsageError } from '../../../src/errors.js';
import { defineAlgorithm } from '../../../src/index.js';
import { decodeText, decodeValue, encodeValue } from '../../../src/wire/values/codec.js';
import { portable } from '../../../src/wire/values/portable.js';

const OUTSIDE = 5;

function sent<T>(value: T): T {
  const { text, raws } = encodeValue(value);
  return decodeText(text, raws) as T;
}

const test = suite('portable functions');

test('it arrives as a function of the same source and name, which may travel on', () => {
  const hypot = portable(function hypot(a: number, b: number) {
    return Math.sqrt(a * a + b * b); // the root
  });
  const once = sent([hypot])[0];
  const twice = sent({ once }).once;
  assert.not.equal(once, hypot);
  assert.is(once?.(3, 4), 5);
  assert.is(twice?.(6, 8), 10);
  assert.is(twice?.name, 'hypot');
});

test('it keeps what kind of function it is', async () => {
  const inner = (x: number): number => x + 1; // ends in a comment
  const counting = portable(function* (upTo: number) {
    for (let i = 0; i < upTo; i++) yield i;
  });
  const hash = portable(async (text: string) => {
    const { createHash } = await import('node:crypto');
    return createHash('md5').update(text).digest('hex');
  });
  const withThis = portable(function (this: { readonly by: number }, x: number) {
    return x * this.by;
  });
  const [arrow, generator, asynchronous, method] = sent([portable(inner), counting, hash, withThis] as const);
  assert.is(arrow(1), 2);
  assert.equal([...generator(3)], [0, 1, 2]);
  assert.is(await asynchronous('a'), '0cc175b9c0f1b6a831c399e269772661');
  assert.is(method.call({ by: 3 }, 2), 6);
});

test('it is one function wherever it stands in a value, and stays where it stood', () => {
  const double = portable((x: number) => 2 * x);
  const shared = { nested: new Map([['f', double]]) };
  const value = sent({ double, shared, again: shared, list: new Set([double]) });
  assert.is(value.double, value.shared.nested.get('f'));
  assert.is(value.shared, value.again);
  assert.is([...value.list][0], value.double);
});

test('it sees the globals and not the module that it was written in', () => {
  const reaching = sent(portable(() => OUTSIDE));
  assert.throws(
    reaching,
    (error: unknown) => error instanceof ReferenceError && /OUTSIDE/.test(error.message),
  );
  const failing = sent(
    portable(function failing() {
      throw new RangeError('far away');
    }),
  );
  assert.throws(failing, (error: Error) => /failing \(portable:failing:\d/.test(error.stack ?? ''));
});

test('it is refused unless it is marked, with the cure', () => {
  assert.throws(
    () => encodeValue([(x: number) => x]),
    (error: unknown) =>
      error instanceof EncodeError && error.path === '[0]' && /portable\(fn\)/.test(error.message),
  );
});

for (const [what, fn] of Object.entries<unknown>({
  'a class': class Odd {},
  'a method in shorthand': { f: () => 1, odd() {} }.odd,
  'a built-in function': [].push,
  'a bound function': (() => 1).bind(undefined),
  'an algorithm': defineAlgorithm('double', (x: number) => 2 * x),
  'no function': 7,
})) {
  test(`it cannot be ${what}`, () => {
    assert.throws(
      () => portable(fn as () => void),
      (error: unknown) => error instanceof UsageError,
    );
  });
}

test('it never makes a thenable of an object', () => {
  const then = portable(() => undefined);
  assert.throws(
    () => encodeValue({ then }),
    (error: unknown) => error instanceof EncodeError && error.path === 'then',
  );
});

const META: unknown = JSON.parse(`[${encodeValue(undefined).text}]`)[1];
const functionForm = (...parts: readonly unknown[]) => ({ '~f': parts });

test('it is compiled once, at its first call', () => {
  const counting = globalThis as { compiled?: number };
  counting.compiled = 0;
  const source = '(globalThis.compiled++, (x) => x + 1)';
  const [fn] = decodeValue([functionForm('f', source)], META, []) as [(x: number) => number];
  assert.equal([counting.compiled, fn(1), fn(2), counting.compiled], [0, 2, 3, 1]);
  delete counting.compiled;
});

test('decoding runs nothing that a peer sent, and refuses what is no source', () => {
  const touched = globalThis as { touched?: boolean };
  const source = '(globalThis.touched = true, () => 1)';
  const [fn] = decodeValue([functionForm('../x\n', source)], META, []) as [() => number];
  assert.is(touched.touched, undefined);
  assert.is(fn(), 1);
  delete touched.touched;
  // biome-ignore lint/suspicious/noThenProperty: a thenable is the subject
  for (const json of [[functionForm(1, source)], [functionForm('x')], { then: functionForm('x', source) }]) {
    assert.throws(
      () => decodeValue(json, META, []),
      (error: unknown) => error instanceof FormatError,
    );
  }
  const [broken] = decodeValue([functionForm('x', '7')], META, []) as [() => number];
  assert.throws(broken, (error: unknown) => error instanceof UsageError);
});

test.run();
