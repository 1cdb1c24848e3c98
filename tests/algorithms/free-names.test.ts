/** The names that a function uses of the place where it was written, by its source. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { freeNamesOf } from '../../src/algorithms/free-names.js';
import { parseFunction } from '../../src/algorithms/parse-function.js';

const test = suite('free names');

/** With the names that it assigns before it reads them marked by `=`, and words such as `this` by `!`. */
function freeIn(source: string): string {
  const root = parseFunction(source);
  assert.ok(root, source);
  const marks = { read: '', assigned: '=', word: '!' };
  return freeNamesOf(root)
    .map(({ kind, name }) => name + marks[kind])
    .join(' ');
}

const TABLE: Readonly<Record<string, readonly (readonly [source: string, free: string])[]>> = {
  'parameters and defaults': [
    ['(a, b = a, ...rest) => [a, b, rest, c]', 'c'],
    ['({ a, b: { c = d }, ...e }, [f, , ...g] = h) => [a, c, e, f, g]', 'd h'],
    ['({ [key]: value }) => value', 'key'],
    ['({ b }) => b', ''],
    ['({ b: c }) => b', 'b'],
    ['(a = b) => { var b; }', 'b'],
    ['(a = () => b, b = 1) => a()', ''],
    ['function f(a = f) { return a; }', ''],
  ],
  'var and functions are hoisted, also out of blocks and loops': [
    ['() => { x = 1; var x; }', ''],
    ['() => { if (1) { for (;;) { try { } finally { var x; } } } return x; }', ''],
    ['() => { for (var i = 0; i < 3; i++); return i; }', ''],
    ['() => { for (var k in {}) ; for (var [v] of []) ; return [k, v]; }', ''],
    [
      '() => { do { var a; } while (a); while (1) { var b; } switch (1) { case 2: var c; } return [a, b, c]; }',
      '',
    ],
    ['() => { try { } catch { var e; } here: { var d; } return [e, d]; }', ''],
    ['() => { f(); function f() { var inner; } return inner; }', 'inner'],
    ['() => { g(); { function g() {} } }', 'g'],
    ['() => { if (1) var a = b; else { var c; } return [a, c]; }', 'b'],
  ],
  'let, const and class belong to their block': [
    ['() => { { let x; const y = 1; class Z {} } return [x, y, Z]; }', 'x y Z'],
    ['() => { for (let i = 0; i < n; i++) i; return i; }', 'n i'],
    ['() => { for (const x of xs) x; for (const k in o) k; return [x, k]; }', 'xs o x k'],
    ['() => { for (const f = () => f; ; ) break; }', ''],
    ['(s) => { switch (s) { case a: let x; break; default: x; } return x; }', 'a x'],
    ['() => { let { a, ...b } = c, [d = a] = []; return [a, b, d]; }', 'c'],
    ['() => { let x = 1; { let x = y; } return x; }', 'y'],
    ['async () => { using a = b; { await using c = a; } return c; }', 'b c'],
    ['() => { let x; { x = 1; let y; y = x; } y = 2; }', 'y='],
  ],
  'catch parameters': [
    ['() => { try { a; } catch (e) { e; } finally { e; } }', 'a e'],
    ['() => { try { } catch ({ message, code = other }) { message + code; } }', 'other'],
    ['() => { try { } catch { e; } }', 'e'],
  ],
  'labels, properties and keys are no variables': [
    ['() => { here: for (;;) { if (1) continue here; break here; } }', ''],
    ['(o) => o.a.b?.c + o[d] + o?.[e]', 'd e'],
    ['() => ({ a: 1, b() {}, get c() { return 1; }, [d]: 2, async *e() {}, "f": g })', 'd g'],
    ['(x) => ({ x, y })', 'y'],
    ['(o) => ({ ...o, ...p })', 'p'],
    ['(o) => o.this + o.arguments + o.eval("a")', ''],
  ],
  classes: [
    ['() => class A { m() { return A; } }', ''],
    [
      '() => { class A extends B { static s = A; [k] = v; #p = 1; m() { return this.#p + super.m(); } } return new A(); }',
      'B k v',
    ],
    ['() => class { static { var x = 1; x + y; } static z = this.w; n = () => this; }', 'y'],
    ['(o) => class { #p; static has(o) { return #p in o; } get #q() { return this.#q; } }', ''],
    ['() => class { [this.key]() {} }', 'this!'],
    ['() => class extends Object { constructor() { super(); new.target; arguments; } }', 'Object'],
    ['() => { new (class A {})(); return A; }', 'A'],
  ],
  'function expressions, generators and async functions': [
    ['function fact(n) { return n < 2 ? 1 : n * fact(n - 1); }', ''],
    ['() => { (function inner() { return inner; })(); return inner; }', 'inner'],
    ['function* (n) { yield* other(n); }', 'other'],
    ['async (x) => { for await (const y of x) await z(y); }', 'z'],
    ['async function* named() { yield await import("node:fs"); }', ''],
    ['(name) => import(name)', ''],
    ['() => import(name)', 'name'],
  ],
  'typeof asks for what may not be there': [
    ['() => typeof missing', ''],
    ['() => typeof (missing)', ''],
    ['() => typeof missing.x', 'missing'],
    ['() => typeof missing === "object" ? missing : 0', 'missing'],
  ],
  assignments: [
    ['() => { total = 1; }', 'total='],
    ['() => { total += 1; count++; --left; }', 'total= count= left='],
    ['() => { [a, b.c, ...d] = [1]; ({ e, f: g = h, [i]: j, ...k } = {}); }', 'a= b d= e= g= h i j= k='],
    ['() => { for (x of []) ; for (y.z in {}) ; }', 'x= y'],
    ['(a) => { a = 1; a++; [a] = [a]; }', ''],
    ['() => { x; x = 1; }', 'x'],
  ],
  templates: [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a function
    ['(a) => `${a} and ${b}`', 'b'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a function
    ['(a) => tag`x ${a}`', 'tag'],
  ],
  'what belongs to the function around an arrow function': [
    ['() => this.x', 'this!'],
    ['() => () => this', 'this!'],
    ['(a = this) => a', 'this!'],
    ['() => arguments[0]', 'arguments!'],
    ['() => super.x', 'super!'],
    ['() => new.target', 'new.target!'],
    ['function () { return () => [this, arguments, new.target]; }', ''],
    ['function (a = this, b = arguments) {}', ''],
    ['function () { return super.x; }', 'super!'],
    ['() => ({ m() { return [super.x, this, () => super.y]; } })', ''],
    ['() => ({ m: function () { return super.x; } })', 'super!'],
    ['() => ({ m: () => this })', 'this!'],
    ['() => import.meta.url', 'import.meta!'],
    ['function () { return import.meta; }', 'import.meta!'],
  ],
  'a direct eval could name anything': [
    ['(text) => eval(text)', 'eval! eval'],
    ['(text) => (0, eval)(text)', 'eval'],
    ['(text) => { const e = eval; e(text); eval("x"); }', 'eval eval!'],
    ['(text) => eval?.(text)', 'eval'],
  ],
};

for (const [what, rows] of Object.entries(TABLE)) {
  test(what, () => {
    for (const [source, free] of rows) assert.is(freeIn(source), free, source);
  });
}

test('each name has its first place', () => {
  const root = parseFunction('(x) => {\n  return x\n    + one + two\n    + one; }');
  assert.ok(root);
  assert.equal(
    // The text begins on the second line of what is parsed
    freeNamesOf(root).map(({ name, line, column }) => [name, line - 1, column]),
    [
      ['one', 3, 7],
      ['two', 3, 13],
    ],
  );
});

test.run();
