/** ping, on both brokers: its arguments, its summary, and its target number at work. */
import * as assert from 'uvu/assert';
import { suiteInTurns } from '../support/turns.js';
import { documented } from './catalogue.js';
import { BROKERS, runWithSlaves } from './run-example.js';

const ping = suiteInTurns('ping');
const { program, args, output } = documented('ping');

const untimed = (text: string): string => text.replace(/in \d+\.\d\d s/, 'in T s');

for (const [index, kind] of BROKERS.entries()) {
  ping.oneIn(
    2,
    index,
    `it has every ping answered and keeps only the target number in memory, on ${kind.name}`,
    async () => {
      const { code, stdout, stderr } = await runWithSlaves(program, kind, args);
      assert.is(untimed(stdout), untimed(output), stderr);
      assert.is(stderr, '');
      assert.is(code, 0);
    },
  );
}

ping('it refuses a number of pings that is none, and exits 255', async () => {
  const { code, stdout, stderr, trail } = await runWithSlaves(program, undefined, ['--pings', 'many']);
  assert.match(stderr, /^--pings: expected a whole number from 1 to \d+, got "many"\n$/);
  assert.is(stdout, '');
  assert.is(code, 255);
  assert.match(trail, / \[A\] SLAVE-0 <- TRY-SHUTDOWN\n|LOCAL 0 EXITED/, 'its slaves were told to stop');
});

ping.run();
