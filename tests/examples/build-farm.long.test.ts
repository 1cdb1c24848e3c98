/** build-farm prints what the catalogue shows, and names the stage that failed. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documented, runAsDocumented } from './catalogue.js';
import { runWithSlaves } from './run-example.js';

const test = suite('build-farm');

test('it prints what the catalogue shows', async () => {
  await runAsDocumented('build-farm');
});

test('a module that cannot be compiled ends the build, and is named', async () => {
  const { program } = documented('build-farm');
  const { code, stdout, trail } = await runWithSlaves(program, undefined, ['--broken', '5']);
  assert.is(stdout, 'parallel.compile > parallel[4] failed: module-5.ts: unexpected end of input\n');
  assert.is(code, 1);
  assert.not.match(trail, /"link"/, 'no stage began that needs it');
});

test.run();
