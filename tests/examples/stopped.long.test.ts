/** Examples that are stopped before they have their answer: they print none. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../docs/read-docs.js';
import { withPrograms } from '../support/programs.js';

const test = suite('examples that are stopped');

/** So long that no test comes too late to stop who counts it. */
const TEXT = readFileSync(join(root, 'LICENSE'), 'utf8').repeat(200);

/** With arguments that make them long; what they print before that is their answer's beginning. */
const EXAMPLES: readonly (readonly [name: string, ...args: string[]])[] = [
  ['ping', '--pings', '100000000'],
  ['monte-carlo-pi', '--max-trial-sets', '100000', '--trials', '1000000'],
  ['mandelbrot/main', '--width', '20000', '--height', '20000'],
  ['word-count/main', '--file', 'text', '--range-size', '1'],
];
/** Without slaves: all that they print comes from results. */
const SHORT = ['hello-world', 'higher-order', 'with-task-policy', 'argument-processing'];

for (const [name, ...args] of EXAMPLES) {
  test(`${name} prints no answer after SIGTERM in its midst`, () =>
    withPrograms(async ({ start, folder }) => {
      writeFileSync(join(folder, 'text'), TEXT);
      const flags = ['--master', '--slaves', '1', ...args];
      const program = start(`examples/${name}.js`, flags, { cwd: folder });
      await program.waitForLine(/SLAVE-0 -> \d+ results$/, undefined, 2);
      program.kill('SIGTERM');
      assert.is(await program.code(), 143, program.report());
      assert.equal(program.out, [], program.report());
      assert.is(program.count(/^the master was stopped by SIGTERM with /), 1, program.report());
    }));
}

for (const name of SHORT) {
  test(`${name} prints no answer after SIGINT before its first`, () =>
    withPrograms(async ({ start }) => {
      const program = start(`examples/${name}.js`, ['--master']);
      await program.waitForLine(/TASKS .*SUBMITTED/);
      program.kill('SIGINT');
      assert.is(await program.code(), 130, program.report());
      assert.equal(program.out, [], program.report());
      assert.is(program.count(/^the master was stopped by SIGINT with /), 1, program.report());
    }));
}

test.run();
