/** Seeds of collections. `SEED=n` replays one, with a trace; `SEEDS=n` runs n of them. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CollectionsCluster } from './collections.js';

/** Events that the seeds together must have met with; without them the seeds do not test their subject. */
const EXPECTED = [
  'slave-lost',
  'task-reclaimed',
  'task-cancelled',
  // Parts that were cut again
  'unrunnable: max-attempts',
  'pmap',
  'poison',
  'an error',
  'preduce',
  'preducePartial',
  'pmapReduce',
  'searches',
  'pmapIterable',
];

const only = process.env.SEED === undefined ? undefined : Number(process.env.SEED);

export function testCollections(name: string, count: number): void {
  const test = suite(name);
  const counts = new Map<string, number>();

  async function runSeed(seed: number): Promise<void> {
    const cluster = new CollectionsCluster(seed, only === undefined ? undefined : console.log);
    try {
      await cluster.run();
    } catch (error) {
      console.error(`\nseed ${seed}: ${error instanceof Error ? error.stack : String(error)}`);
      console.error(`  replay: SEED=${seed} node dist/tests/simulation/collections.test.js`);
      throw error;
    }
    for (const [what, times] of cluster.counts) counts.set(what, (counts.get(what) ?? 0) + times);
  }

  test('the answers of collections are those of arrays, whatever happens to slaves and messages', async () => {
    if (only !== undefined) await runSeed(only);
    else for (let seed = 0; seed < count; seed++) await runSeed(seed);
  });

  if (only === undefined) {
    test('they meet with all that they are made for', () => {
      const missing = EXPECTED.filter((what) => !counts.has(what));
      assert.equal(missing, []);
    });
  }

  test.run();
}
