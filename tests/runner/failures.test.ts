/** Of what a failed file printed, the runner shows the failures first, and again at the end of a run. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { failuresFirst, failuresOf } from './failures.js';

const it = suite('failures in an output');

const OUTPUT = [
  ...Array.from({ length: 1_000 }, (_, n) => `a program's line ${n}`),
  '• ✘   (1 / 2)',
  '',
  '  \u001B[1m\u001B[41m FAIL \u001B[49m\u001B[22m slaves  "one that leaves"',
  '    not within 30000 ms: the others',
  '',
  ...Array.from({ length: 30 }, (_, n) => `    at line ${n}`),
  '',
  '  Total:     2',
  '  Passed:    1',
].join('\n');

it('have what was printed before them behind, and no more of it than 200 lines', () => {
  const lines = failuresFirst(OUTPUT).split('\n');
  assert.is(lines[0], '   FAIL  slaves  "one that leaves"');
  assert.is(lines[1], '    not within 30000 ms: the others');
  assert.is(lines.filter((line) => line.startsWith("a program's line")).length, 198);
});

it('are told by their beginnings at the end', () => {
  const lines = failuresOf(OUTPUT);
  assert.is(lines.length, 12);
  assert.equal(lines.slice(0, 2), [
    '   FAIL  slaves  "one that leaves"',
    '    not within 30000 ms: the others',
  ]);
});

it('may be missing, as when a file was killed: then its last lines count', () => {
  const killed = `${'a line\n'.repeat(1_000)}\nx.test.js took longer than 240 s and was killed\n`;
  assert.is(failuresOf(killed).length, 12);
  assert.is(failuresOf(killed).at(-1), 'x.test.js took longer than 240 s and was killed');
  assert.ok(failuresFirst(killed).includes('was killed'));
});

it.run();
