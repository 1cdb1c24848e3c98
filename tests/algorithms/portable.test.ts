/** Functions that may be marked as portable, and the words of each refusal. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defineAlgorithm } from '../../src/algorithms/define-algorithm.js';
import { capturesOf, type Portable, portable, portableSource } from '../../src/algorithms/portable.js';
import { UsageError } from '../../src/errors.js';

const test = suite('portable');

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(verdict: Same<A, B>): void => void verdict;

/** Compiled and never run: the compiler is the test. */
export function typesOfPortable(bare: (x: number) => number, settings: { readonly x: number }): void {
  const double = portable((x: number) => 2 * x);
  const plain: (x: number) => number = double;
  const marked: Portable<(x: number) => number> = double;
  const wider: Portable<(x: number) => unknown> = double;
  const typed: Portable<(x: number) => number> = portable((x) => 2 * x);
  const contextual: (x: number) => number = portable((x) => x.valueOf());
  same<ReturnType<typeof double>, number>(true);
  same<Parameters<typeof double>, [x: number]>(true);
  const withThis = portable(function (this: { readonly n: number }) {
    return this.n;
  });
  withThis.call({ n: 1 });
  const holder = { double: portable((x: number, by = 2) => x * by) };
  holder.double(1).toFixed();
  [1].map(typed).concat([plain, marked, wider, contextual].length);
  portable(bare, settings);
  portable(bare, () => settings);
  portable(bare, { ...settings, y: 1 });
  // @ts-expect-error: it is not marked
  const unmarked: Portable<(x: number) => number> = bare;
  // @ts-expect-error: its parameter is a string
  const other: Portable<(x: number) => number> = portable((x: string) => x.length);
  // @ts-expect-error: an argument of another type
  double('1');
  // @ts-expect-error: no function
  portable(7);
  // @ts-expect-error: captures have names
  portable(bare, [1]);
  // @ts-expect-error: captures have names
  portable(bare, () => 1);
  // @ts-expect-error: captures are there when the function is sent
  portable(bare, async () => ({ x: 1 }));
  void [unmarked, other];
}

const OUTSIDE = 5;
const OFFSET = 7;

/** The function of an expression, whose variables are nowhere. */
function written(source: string): () => unknown {
  return new Function(`return (${source})`)() as () => unknown;
}

function refusal(mark: () => unknown): string {
  try {
    mark();
  } catch (error) {
    assert.instance(error, UsageError, String(error));
    return (error as Error).message;
  }
  throw new Error('it was not refused');
}

function assertRefused(source: string, ...texts: readonly RegExp[]): void {
  const message = refusal(() => portable(written(source)));
  for (const text of texts) assert.match(message, text, source);
}

test('it returns the function itself, which has its source', () => {
  const double = (x: number): number => 2 * x;
  assert.is(portableSource(double), undefined);
  assert.is(portable(double), double);
  assert.is(portable(double), double);
  assert.is(portableSource(double), double.toString());
  assert.is(capturesOf(double), undefined);
  assert.equal(
    [portableSource(1), portableSource({}), portableSource(written('(x) => x'))],
    [undefined, undefined, undefined],
  );
});

test('a variable from elsewhere is refused with its place and with what to write', () => {
  assert.is(
    refusal(() =>
      portable(function far(x: number) {
        return x * OUTSIDE + (x > 1 ? OUTSIDE : OFFSET);
      }),
    ),
    'the function far uses OUTSIDE (line 2, column 20 of its source) and uses OFFSET (line 2, column 49 of its source), ' +
      'which its receiver does not have: that sees the variables of the function, the globals of Node and the captures. ' +
      'Write portable(fn, { OUTSIDE, OFFSET }), or pass what it needs as arguments',
  );
  assert.match(
    refusal(() => portable((x: number) => x * OUTSIDE + OFFSET, { OFFSET })),
    /^this function uses OUTSIDE \(line 1, column 12 of its source\), which .* portable\(fn, { OFFSET, OUTSIDE }\)/,
  );
  assertRefused('() => { total = 1; }', /assigns to total \(line 1, column 9 of its source\)/);
  assertRefused('() => [a, b, c, d, e, f, g]', / and 2 more, which .*{ a, b, c, d, e, … }/);
});

test('globals of Node may be used, and what a program has put beside them', () => {
  portable(() => [
    Math.PI,
    process.pid,
    Buffer,
    structuredClone,
    undefined,
    NaN,
    Infinity,
    globalThis,
    fetch,
  ]);
  const here = globalThis as { ofThisTest?: number };
  assertRefused('() => ofThisTest', /uses ofThisTest/);
  here.ofThisTest = 1;
  portable(written('() => ofThisTest'));
  portable(written('() => { ofThisTest = 2; }'));
  delete here.ofThisTest;
  assertRefused('() => ofThisTest', /uses ofThisTest/);
});

test('what every object inherits is no global', () => {
  assertRefused('() => valueOf()', /uses valueOf/);
  assertRefused('() => constructor', /uses constructor/);
  assertRefused('(x) => __proto__ === x', /uses __proto__/);
});

test('the variables of a CommonJS module are refused where they look like globals too', () => {
  const here = globalThis as { require?: unknown };
  here.require = () => {};
  try {
    assertRefused(
      '() => require("node:fs")',
      /uses require .*getBuiltinModule\('node:fs'\) or await import\('node:fs'\)$/,
    );
  } finally {
    delete here.require;
  }
  assertRefused('() => __dirname', /uses __dirname .*await import/);
  portable(written('() => typeof require'));
});

test('helpers of compilers are told apart, and the one that keeps names is there', () => {
  for (const helper of [
    '__awaiter',
    'tslib_1',
    '__rest',
    '_async_to_generator',
    '_asyncToGenerator',
    'cov_1x2y',
  ]) {
    assertRefused(`() => ${helper}(1)`, new RegExp(`uses ${helper} .*${helper} is a helper that a compiler`));
  }
  portable(written('() => { const f = __name(() => 1, "f"); return f.name; }'));
  portable(written('() => __name2(() => 1, "f")'));
});

test('names that a compiler or bundler changed are told apart', () => {
  assertRefused('() => math_js_1.add(1)', /math_js_1 is an import in compiled form/);
  assertRefused('() => import_math.add(1)', /import_math is an import in compiled form/);
  assertRefused('() => __vi_import_0__.add(1)', /__vi_import_0__ is an import in compiled form/);
  assertRefused(
    '() => Promise.resolve().then(() => __toESM(require_node_fs()))',
    /uses require_node_fs .*is an import\(\) as a bundler has changed it; .*process\.getBuiltinModule/,
  );
  const renamed = written('(x) => x * scale2');
  assert.match(
    refusal(() => portable(renamed, { scale: 1 })),
    /A bundler has renamed scale:/,
  );
});

test('words that belong to what is around an arrow function are refused with their cure', () => {
  assertRefused('() => this.x', /uses this \(line 1, column 7 of its source\).*function \(x\)/);
  assertRefused('() => arguments.length', /uses arguments .*\.\.\.args/);
  const targeted = new Function('return () => new.target') as () => () => unknown;
  assert.match(
    refusal(() => portable(targeted())),
    /uses new\.target .*around it/,
  );
  assertRefused('() => eval("x")', /uses eval .*\(0, eval\)/);
  portable(function (this: { readonly x: number }) {
    return this.x;
  });
  assert.match(
    refusal(() => portable(() => import.meta.url)),
    /uses import\.meta .*capture/,
  );
  class Odd extends Object {
    readonly one = (): string => super.toString();
  }
  assert.match(
    refusal(() => portable(new Odd().one)),
    /uses super .*around it/,
  );
});

class Methods extends Array<number> {
  static even(): void {}
  override get length(): number {
    return 1;
  }
  override set length(_: number) {}
  odd(): unknown {
    return super.pop();
  }
}

const METHOD = / cannot be compiled from its source, as that of methods.*portable\(\(x\) => /;

for (const [what, fn, text] of [
  ['a class', class Odd {}, /the function Odd is a class/],
  ['a method in shorthand', { odd() {} }.odd, METHOD],
  ['a method with a computed name', { [`a ${OUTSIDE}`]() {} }['a 5'], METHOD],
  ['an async generator method', { async *odd() {} }.odd, METHOD],
  ['a method of a class', Methods.prototype.odd, METHOD],
  ['a static method', Methods.even, METHOD],
  ['a getter', Object.getOwnPropertyDescriptor(Methods.prototype, 'length')?.get, METHOD],
  ['a setter', Object.getOwnPropertyDescriptor(Methods.prototype, 'length')?.set, METHOD],
  ['a built-in function', [].push, METHOD],
  ['a bound function', (() => 1).bind(undefined), METHOD],
  ['a proxy', new Proxy(() => 1, {}), METHOD],
  ['an algorithm', defineAlgorithm('portable.double', (x: number) => 2 * x), /is an algorithm/],
  ['no function', 7, /takes a function; got number/],
] as const) {
  test(`it cannot be ${what}`, () => {
    assert.match(
      refusal(() => portable(fn as () => void)),
      text,
    );
  });
}

test('what strict mode forbids is refused with its place', () => {
  const sloppy = (source: string): (() => unknown) => new Function(`return (${source})`)() as () => unknown;
  for (const [source, text] of [
    [
      '(o) => {\n  with (o) { x; } }',
      /, in strict mode and alone: .*with.* \(line 2, column 3 of its source\)$/i,
    ],
    ['() => 010', /in strict mode and alone: .* \(line 1, column 7 of its source\)$/],
    ['function (a, a) { return a; }', /in strict mode and alone: .* \(line 1, column 14 of its source\)$/],
  ] as const) {
    assert.match(
      refusal(() => portable(sloppy(source))),
      text,
      source,
    );
  }
  class Locked {
    readonly #key = 1;
    readonly reads = (other: Locked): number => other.#key;
  }
  assert.match(
    refusal(() => portable(new Locked().reads)),
    /Private field '#key' must be declared.* \(line 1,/,
  );
});

test('captures are variables by name', () => {
  const scale = 3;
  const scaled = portable((x: number) => x * scale, { scale });
  assert.equal(capturesOf(scaled), { scale: 3 });
  assert.equal(capturesOf(portable(() => 1, {})), {});
  const bare = Object.assign(Object.create(null) as Record<string, unknown>, { scale });
  assert.is(capturesOf(portable((x: number) => scale + x, bare)), bare);
});

for (const [what, captures, text] of [
  ['an array', [1], /the captures of .* are an array; give an object such as { x, y }/],
  ['null', null, /are null/],
  ['a number', 5, /are a number/],
  ['a Map', new Map(), /are an object of kind Map/],
  ['an instance', new (class A {})(), /are an instance of a class/],
  ['a key with a space', { 'a b': 1 }, /have the key "a b", which cannot be the name of a variable/],
  ['a reserved word', { class: 1 }, /the key "class"/],
  ['a word of strict mode', { let: 1 }, /the key "let"/],
  ['eval', { eval: 1 }, /the key "eval"/],
  ['arguments', { arguments: 1 }, /the key "arguments"/],
  ['this', { this: 1 }, /the key "this"/],
  ['a number as key', { 1: 1 }, /the key "1"/],
  ['a symbol as key', { [Symbol('a')]: 1 }, /have a symbol as a key/],
] as const) {
  test(`captures cannot be or have ${what}`, () => {
    const fn = (): number => 1;
    assert.match(
      refusal(() => portable(fn, captures as unknown as Record<string, unknown>)),
      text,
    );
    assert.is(portableSource(fn), undefined);
    const later = portable(
      () => 1,
      () => captures as unknown as Record<string, unknown>,
    );
    assert.match(
      refusal(() => capturesOf(later)),
      text,
    );
  });
}

test('captures may have any name of a variable', () => {
  const names = [
    '_',
    '$',
    'ünï',
    'async',
    'of',
    'get',
    'undefined',
    '__proto__',
    'constructor',
    'then',
    'a\u200c',
  ];
  for (const name of names) {
    const captures = JSON.parse(`{${JSON.stringify(name)}:1}`) as Record<string, unknown>;
    assert.equal(Object.keys(capturesOf(portable(written(`() => ${name}`), captures)) ?? {}), [name]);
  }
});

test('a function of captures is called at each encoding, and its names are known at the mark', () => {
  let x = 1;
  let calls = 0;
  const count = (): Record<string, unknown> => {
    calls++;
    return { x };
  };
  const plus = portable((y: number) => x + y, count);
  assert.is(calls, 0);
  assert.equal(capturesOf(plus), { x: 1 });
  x = 2;
  assert.equal(capturesOf(plus), { x: 2 });
  assert.is(calls, 2);
  assert.match(
    refusal(() =>
      portable(
        () => [x, OUTSIDE],
        () => ({ x }),
      ),
    ),
    /uses OUTSIDE .*{ x, OUTSIDE }/,
  );
  const late: number = 3;
  portable(written('() => [a, late]'), () => ({ a: 1, late }));
});

test('where only a call gives the names, they are checked then', () => {
  const bag: Record<string, unknown> = { x: 1 };
  const fn = portable(written('() => x + y'), () => ({ ...bag }));
  assert.match(
    refusal(() => capturesOf(fn)),
    /this function uses y \(line 1, column 11 of its source\)/,
  );
  bag.y = 2;
  assert.equal(capturesOf(fn), { x: 1, y: 2 });
  const promised = (async () => ({ x: 1 })) as unknown as () => Record<string, unknown>;
  const odd = portable(written('() => x'), promised);
  assert.match(
    refusal(() => capturesOf(odd)),
    /are an object of kind Promise/,
  );
});

test('what a function of captures throws comes out as it is', () => {
  const thrown = new RangeError('not yet');
  const fn = portable(written('() => x'), () => {
    throw thrown;
  });
  assert.throws(
    () => capturesOf(fn),
    (error: unknown) => error === thrown,
  );
});

test('a function that is nested too deep is refused by that word', () => {
  // More than the parser has stack for, and fewer than the engine
  const deep = written(`() => {${'{'.repeat(4_500)}${'}'.repeat(4_500)}}`);
  assert.match(
    refusal(() => portable(deep)),
    /^this function is nested too deep for its source to be read with .*; split it into several functions/,
  );
});

test('a function that is marked again and again is called no deeper for that', () => {
  let depth = 0;
  const fn = (): number => new Error().stack?.split('\n').length ?? 0;
  let marked: () => number = portable(fn);
  for (let i = 0; i < 20; i++) marked = portable(marked, { i });
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  try {
    depth = marked() - fn();
  } finally {
    Error.stackTraceLimit = limit;
  }
  assert.ok(depth <= 2, `${depth} calls deeper`);
});

test('a marked function keeps its captures, and others make another function', () => {
  function times(this: unknown, x: number): unknown[] {
    return [this, x * OUTSIDE];
  }
  const captures = { OUTSIDE };
  const first = portable(times, captures);
  assert.is(first, times);
  assert.is(portable(times), times);
  assert.is(portable(times, captures), times);
  assert.is(portable(times, { OUTSIDE }), times);
  const second = portable(times, { OUTSIDE: 6 });
  assert.is.not(second, times);
  assert.equal([second.name, portableSource(second)], ['times', times.toString()]);
  assert.equal([capturesOf(first), capturesOf(second)], [{ OUTSIDE: 5 }, { OUTSIDE: 6 }]);
  assert.equal(second.call('me', 2), ['me', 10]);
  assert.match(
    refusal(() => portable(times, {})),
    /uses OUTSIDE/,
  );
  assert.equal(capturesOf(portable(second, () => ({ OUTSIDE: 7 }))), { OUTSIDE: 7 });
  assert.equal(capturesOf(second), { OUTSIDE: 6 });
});

test('a source that was checked before is checked against its own captures', () => {
  const make = (): (() => unknown) => written('() => once');
  for (let i = 0; i < 300; i++) portable(make(), { once: i });
  for (let i = 0; i < 300; i++) portable(written(`() => ${i}`));
  assertRefused('() => once', /uses once/);
  const twice = make();
  assert.equal(capturesOf(portable(twice, { once: 'a' })), { once: 'a' });
  assertRefused('() => once', /uses once/);
});

test.run();
