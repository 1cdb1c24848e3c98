/** monte-carlo-pi: the estimate that the catalogue shows, near to pi; its flags and their help. */
import * as assert from 'uvu/assert';
import { suiteInTurns } from '../support/turns.js';
import { documented, runAsDocumented } from './catalogue.js';
import { runWithSlaves } from './run-example.js';

const test = suiteInTurns('monte-carlo-pi');
const { program } = documented('monte-carlo-pi');

test('it prints what the catalogue shows, which is near to pi', async () => {
  const stdout = await runAsDocumented('monte-carlo-pi');
  const darts = Number(/^\d+/.exec(stdout)?.[0]);
  const estimate = Number(/pi is about (\S+)/.exec(stdout)?.[1]);
  // Four standard deviations of a fair estimate
  assert.ok(Math.abs(estimate - Math.PI) < (4 * 1.642) / Math.sqrt(darts), stdout);
});

test('it refuses what is no flag of its own, in one line, and exits 255', async () => {
  const { code, stdout, stderr } = await runWithSlaves(program, undefined, ['--max-trails', '5'], {
    slaves: 0,
  });
  assert.is(stderr, '--max-trails: is not known; -- --help lists what is\n');
  assert.is(stdout, '');
  assert.is(code, 255);
});

test.long('it explains its flags', async () => {
  const { code, stdout } = await runWithSlaves(program, undefined, ['--', '--help'], { slaves: 0 });
  assert.match(stdout, /--max-trial-sets +How many tasks to make .*default: "100"/);
  assert.is(code, 0);
});

test.run();
