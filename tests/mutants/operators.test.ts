/** Which changes the table of operators makes to a piece of code, and which it leaves alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'acorn';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../docs/read-docs.js';
import { type Mutant, mutantsOf } from './operators.js';
import { sampleMutants } from './sources.js';

const test = suite('mutants/operators');

function changed(code: string, { start, end, text }: Mutant): string {
  return code.slice(0, start) + text + code.slice(end);
}

const CHANGES: readonly (readonly [code: string, mutants: readonly string[]])[] = [
  ['x = a < b;', [';', 'x = a <= b;', 'x = a >= b;']],
  ['x = (a) === b;', [';', 'x = (a) !== b;']],
  ['x = a + b;', [';', 'x = a - b;']],
  ['x = a + 1;', [';', 'x = a - 1;', 'x = a + 0;']],
  ['x = a && b;', [';', 'x = a || b;']],
  ['x = a ?? b;', [';', 'x = a;']],
  ['x = !a;', [';', 'x = a;']],
  ['x ??= a;', [';', 'x = a;']],
  ['x = a ? b : c;', [';', 'x = true ? b : c;', 'x = false ? b : c;']],
  ['x = a?.b;', [';', 'x = a.b;']],
  ['x = a?.[b];', [';', 'x = a[b];']],
  ['count++;', [';', 'count--;']],
  ['call(2);', [';', 'call(3);']],
  ['list.push(a);', [';', 'list.unshift(a);']],
  ['if (a) call(b);', ['if (true) call(b);', 'if (false) call(b);', 'if (a) ;']],
  ['while (a) call();', ['while (false) call();', 'while (a) ;']],
  ['const f = () => a;', ['const f = () => (undefined);']],
  ['const f = () => undefined;', []],
  ['function f() { return a; }', ['function f() { return undefined; }']],
  ['function f() { return true; }', ['function f() { return false; }']],
  ['function f() { return; }', ['function f() { ; }']],
  // Where an error is thrown matters; its words do not.
  ["if (a) throw new Error('b' + (c ? 1 : 2));", ["if (true) throw new Error('b' + (c ? 1 : 2));"]],
  // Texts, and numbers that are sizes or times.
  [`const x = \`a \${b ? 1 : 2}\`;`, []],
  ["const x = 'a' + b;", []],
  ['const WAIT_MS = 500;', []],
  ["import { a } from './b.js';", []],
];

for (const [code, expected] of CHANGES) {
  test(`it changes ${code}`, () => {
    const found = mutantsOf(code).map((mutant) => changed(code, mutant));
    for (const mutant of expected) assert.ok(found.includes(mutant), `${mutant} is not among ${found}`);
    if (!code.includes('throw')) assert.is(found.length, expected.length, found.join('   '));
  });
}

test('it makes of our own code only what can be parsed', () => {
  const code = readFileSync(join(root, 'dist/src/wire/session/credit.js'), 'utf8');
  const mutants = mutantsOf(code);
  assert.ok(mutants.length > 100);
  for (const mutant of mutants) {
    parse(changed(code, mutant), { ecmaVersion: 'latest', sourceType: 'module' });
  }
});

test('it draws the same mutants for the same seed, and never more than there are', () => {
  const file = { name: 'a/b.js', room: 'a', code: 'x = a < b && c > d;' };
  const draw = (count: number, seed: number) => sampleMutants([file], count, seed).map(({ start }) => start);
  assert.is(draw(100, 1).length, mutantsOf(file.code).length);
  assert.equal(draw(3, 5), draw(3, 5));
  assert.ok([2, 3, 4, 5].some((seed) => draw(3, seed).join() !== draw(3, 1).join()));
});

test.run();
