/** Whole clusters under seeded misfortune. `SEED=n` replays one, with a trace; `SEEDS=n` runs more or fewer. */

import { suite } from 'uvu';
import { Cluster } from './cluster.js';

const SEEDS = Number(process.env.SEEDS ?? 300);
/** Looking at the heap takes longer than a seed. */
const MEMORY_EVERY = 25;
/** Enough to see what they have in common. */
const MOST_FAILURES = 10;
const only = process.env.SEED;

const test = suite('simulation/cluster');

/** Undefined if all went well. */
function runSeed(seed: number, trace?: (line: string) => void): unknown {
  try {
    new Cluster(seed, seed % MEMORY_EVERY === 0 || only !== undefined, trace).run();
    return undefined;
  } catch (error) {
    // Reading the stack lets go of the cluster, which its frames hold until then.
    const reason = error instanceof Error ? error.stack : String(error);
    console.error(`\nseed ${seed}: ${reason}`);
    console.error(`  replay: SEED=${seed} node dist/tests/simulation/cluster.test.js`);
    return error;
  }
}

test('it gives every task its one fate, whatever happens to slaves, broker and messages', () => {
  const seeds = only === undefined ? Array.from({ length: SEEDS }, (_, seed) => seed) : [Number(only)];
  const failures: unknown[] = [];
  for (const seed of seeds) {
    const failure = runSeed(seed, only === undefined ? undefined : console.log);
    if (failure !== undefined) failures.push(failure);
    if (failures.length === MOST_FAILURES) break;
  }
  if (failures.length > 0) throw failures[0];
});

test.run();
