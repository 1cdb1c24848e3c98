/** Functions that travel: what arrives is compiled from its source, and nothing runs before it is called. */
import { transform } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { portable } from '../../../src/algorithms/portable.js';
import { EncodeError, FormatError, UsageError } from '../../../src/errors.js';
import { decodeText, decodeValue, encodeValue } from '../../../src/wire/values/codec.js';
import { functionOf } from '../../../src/wire/values/received-function.js';

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

test('its errors name it and its place', () => {
  const failing = sent(
    portable(function failing() {
      throw new RangeError('far away');
    }),
  );
  assert.throws(failing, (error: Error) => /failing \(portable:failing:\d/.test(error.stack ?? ''));
  const base = null as unknown as { readonly x: number };
  const reading = sent(portable(() => base.x, { base }));
  assert.throws(
    reading,
    (error: unknown) => error instanceof TypeError && /\(?portable:function:\d/.test(error.stack ?? ''),
  );
});

test('it is refused unless it is marked, with the cure', () => {
  assert.throws(
    () => encodeValue([(x: number) => x]),
    (error: unknown) =>
      error instanceof EncodeError && error.path === '[0]' && /portable\(fn\)/.test(error.message),
  );
});

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

test('captures travel with their function, as any values do', () => {
  const table = new Map([['a', new Float64Array([1, 2])]]);
  const at = 7n;
  const twice = portable((x: number) => 2 * x);
  const fn = portable((key: string) => [table.get(key), at, twice(3), when, pattern.flags], {
    table,
    at,
    twice,
    when: new Date(5),
    pattern: /x/gi,
  });
  const [array, big, six, date, flags] = sent(fn)('a');
  assert.equal([array, big, six, date, flags], [new Float64Array([1, 2]), 7n, 6, new Date(5), 'gi']);
  assert.instance(array, Float64Array);
});

declare const when: Date;
declare const pattern: RegExp;
declare let count: number;
declare const unit: number;

test('captures are variables around the function, fresh at each decoding', () => {
  const counting = portable(() => ++count, { count: 10 });
  const [first, second] = [sent(counting), sent(counting)];
  assert.equal([first(), first(), second()], [11, 12, 11]);
  assert.is(sent(first)(), 11);
  const value = sent([counting, { counting }] as const);
  assert.is(value[0], value[1].counting);
  assert.equal([value[0](), value[1].counting()], [11, 12]);
});

test('captures are seen by defaults of parameters, and hidden by what the function declares', () => {
  const defaulted = sent(portable((x: number, by = unit) => x * by, { unit: 3 }));
  assert.equal([defaulted(2), defaulted(2, 5)], [6, 10]);
  const shadowing = sent(
    portable(
      (x: number) => {
        const unit = 100;
        return x * unit;
      },
      { unit: 3 },
    ),
  );
  assert.is(shadowing(2), 200);
});

test('captures hide globals, and have any name of a variable', () => {
  assert.is(sent(portable(() => Math.PI, { Math: { PI: 3 } }))(), 3);
  const names = ['then', '__proto__', 'constructor', '$', 'ünï', 'undefined', '__name'];
  for (const name of names) {
    const captures = JSON.parse(`{${JSON.stringify(name)}:{"x":5}}`) as Record<string, unknown>;
    const reading = new Function(`return () => ${name}.x`)() as () => unknown;
    assert.is(sent(portable(reading, captures))(), 5, name);
  }
});

test('objects of captures are the same as those outside of the function', () => {
  const shared = { n: 1 };
  const fn = portable(() => shared, { shared });
  const value = sent({ before: shared, fn, after: shared, more: [{}, shared] });
  assert.is(value.fn(), value.before);
  assert.is(value.after, value.before);
  assert.is(value.more[1], value.before);
  const behind = sent([fn, shared, [shared]] as const);
  assert.is(behind[0](), behind[1]);
  assert.is(behind[2][0], behind[1]);
});

test('a function may capture itself and others that capture it', () => {
  const isEven = portable(
    (n: number): boolean => n === 0 || isOdd(n - 1),
    () => ({ isOdd }),
  );
  const isOdd: (n: number) => boolean = portable(
    (n: number): boolean => n !== 0 && isEven(n - 1),
    () => ({ isEven }),
  );
  assert.equal([10, 7].map(sent(isEven)), [true, false]);
  const factorial: (n: number) => number = portable(
    (n: number) => (n < 2 ? 1 : n * factorial(n - 1)),
    () => ({ factorial }),
  );
  assert.is(sent(sent(factorial))(5), 120);
});

test('a function that arrived travels on with the captures with which it came', () => {
  const counting = sent(portable(() => ++count, { count: 10 }));
  counting();
  assert.is(sent(counting)(), 11);
  assert.is(sent(sent(counting))(), 11);
  const others = portable(counting, { count: 50 });
  assert.equal([sent(others)(), counting()], [51, 12]);
});

test('a function of captures is called once for each value that is encoded', () => {
  let calls = 0;
  const fn = portable(
    () => calls,
    () => ({ calls: ++calls }),
  );
  const [one, two] = sent([fn, fn]);
  assert.equal([one?.(), two?.(), calls], [1, 1, 1]);
  assert.is(sent(fn)(), 2);
});

test('a capture that cannot travel is refused with its path', () => {
  const refused = (value: unknown): EncodeError => {
    try {
      encodeValue(value);
    } catch (error) {
      assert.instance(error, EncodeError);
      return error as EncodeError;
    }
    throw new Error('it was encoded');
  };
  const bare = (x: number): number => x;
  const f = portable(() => bare(1), { bare });
  assert.is(refused(f).path, '[captures].bare');
  assert.match(
    refused({ f }).message,
    /^f\[captures\]\.bare is the function bare, and functions do not travel;/,
  );
  const later = Promise.resolve(1);
  const inner = portable(() => later, { later });
  const outer = portable(() => inner(), { inner, ok: 1 });
  assert.match(
    refused([outer]).message,
    /^\[0\]\[captures\]\.inner\[captures\]\.later is a Promise, .* await it first$/,
  );
  const deep = { map: new Map([['k', [Symbol('s')]]]) };
  assert.is(refused({ f: portable(() => deep, { deep }) }).path, 'f[captures].deep.map.get("k")[0]');
});

test('what a function of captures throws is the cause, with its path', () => {
  const thrown = new RangeError('not yet');
  const f = portable(
    () => 1,
    () => {
      throw thrown;
    },
  );
  assert.throws(
    () => encodeValue([{ f }]),
    (error: unknown) =>
      error instanceof EncodeError &&
      error.cause === thrown &&
      error.message === '[0].f[captures] cannot be read: not yet',
  );
  const bag: Record<string, unknown> = {};
  const g = portable(
    () => unit,
    () => ({ ...bag }),
  );
  assert.throws(
    () => encodeValue({ g }),
    /^g\[captures\] cannot be read: .* uses unit \(line 1, column \d+ of/,
  );
});

test('one that its receiver has no stack to compile says so at the call', () => {
  const fn = functionOf(`() => {${'{'.repeat(200_000)}${'}'.repeat(200_000)}}`, 'deep') as () => unknown;
  assert.throws(
    fn,
    (error: unknown) =>
      error instanceof UsageError &&
      /^the function deep is nested too deep to be compiled/.test(error.message),
  );
});

test('calls that compilers write to keep names work', async () => {
  const program = `
    function tell() { const inner = () => 1; class Kept {} return [inner.name, Kept.name, inner()]; }
    module.exports = tell;`;
  const { code } = await transform(program, { keepNames: true, minifyWhitespace: true });
  assert.match(code, /function tell\(\){.*__name\(/);
  const module = { exports: undefined as unknown };
  new Function('module', code)(module);
  const tell = portable(module.exports as () => unknown);
  assert.equal(sent(tell)(), ['inner', 'Kept', 1]);
  // As it is in a program that was bundled twice
  const twice = new Function(`return ${tell.toString().replaceAll('__name', '__name2')}`)() as () => unknown;
  assert.equal(sent(portable(twice))(), ['inner', 'Kept', 1]);
});

test('a function travels from as deep as other values, and its captures too', () => {
  const nested = (value: unknown, levels: number): unknown =>
    levels === 0 ? value : [nested(value, levels - 1)];
  assert.ok(
    sent(
      nested(
        portable(() => 1),
        500,
      ),
    ),
  );
  const deep = (levels: number): unknown => portable(() => 1, { value: nested(1, levels) });
  assert.ok(sent(deep(495)));
  assert.throws(
    () => sent(deep(505)),
    (error: unknown) => error instanceof EncodeError && /nested too deep/.test(error.message),
  );
});

test('the form of a function without captures is as it was, and that of one with some has a third part', () => {
  const { text } = encodeValue([portable(() => 1), portable(() => unit, { unit: 2 }), portable(() => 3, {})]);
  const [forms] = JSON.parse(`[${text}]`) as [unknown[]];
  assert.equal(forms, [
    functionForm('', '() => 1'),
    functionForm('', '() => unit', { unit: 2 }),
    functionForm('', '() => 3'),
  ]);
});

test('captures hold no code that decoding runs, and none where functions are refused', () => {
  const touched = globalThis as { touched?: boolean };
  const inner = functionForm('inner', '(globalThis.touched = true, () => 4)');
  const form = functionForm('f', '() => inner()', { inner });
  const [fn] = decodeValue([form], META, []) as [() => number];
  assert.is(touched.touched, undefined);
  assert.is(fn(), 4);
  assert.is(touched.touched, true);
  delete touched.touched;
  assert.throws(
    () => decodeValue([functionForm('f', '() => 1', { x: 1 })], META, [], 'refused'),
    (error: unknown) => error instanceof FormatError && /holds the function "f"/.test(error.message),
  );
});

test.run();
