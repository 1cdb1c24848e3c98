/** first-wins prints what the catalogue shows, and finds out that a number is prime. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documented, runAsDocumented } from './catalogue.js';
import { runWithSlaves } from './run-example.js';

const test = suite('first-wins');

test('it prints what the catalogue shows', async () => {
  await runAsDocumented('first-wins');
});

test('an even number has a factor although one of the strategies fails', async () => {
  const { program } = documented('first-wins');
  const { code, stdout, stderr } = await runWithSlaves(program, undefined, ['--number', '1000003000000']);
  assert.match(stdout, /^1000003000000 = \d+ \* \d+, found by (division|random walk)\n0 tasks are left\n$/);
  assert.is(code, 0, stderr);
});

test('a wrong number is refused in one line', async () => {
  const { program } = documented('first-wins');
  const { code, stderr } = await runWithSlaves(program, undefined, ['--number', '1'], { slaves: 0 });
  assert.match(stderr, /^--number: expected a whole number from 2, of at most 24 digits, got "1"\n$/);
  assert.is(code, 255);
});

test.run();
