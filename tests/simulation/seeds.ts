/** Seeds of whole clusters, and what is asked of all of them together. `SEED=n` replays one, with a trace. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Cluster, type ClusterOptions } from './cluster.js';

/** The seeds from here on only stall processes; from there on only the slaves' server is away. */
const FIRST_STALL = 1_000_000;
const FIRST_ISLAND = 2_000_000;
/** ... and for longer than the timeout. */
const FIRST_LONG_ISLAND = 3_000_000;
/** Looking at the heap takes longer than a seed; the few seeds of `npm test` do without. */
const MEMORY_EVERY = 16;
/** Enough to see what they have in common. */
const MOST_FAILURES = 10;
/** Fewer seeds may miss some kinds. */
const MANY = 60;
const FEW_MISS = 5;
const only = process.env.SEED === undefined ? undefined : Number(process.env.SEED);

/** Events that the seeds together must have met with; else they do not test what they are made for. */
const EXPECTED = [
  'slave-lost',
  'slave-suspected',
  'suspicion-ended',
  'slave-rejoined',
  'slave-left',
  'slave-moved',
  'slave-freed',
  'tasks-recalled',
  'task-backed-up',
  'task-reclaimed',
  'task-cancelled',
  'task-killed',
  'share-sent',
  'share-copied',
  'share-dropped',
  'task-unrunnable',
  'task-retried',
  'broadcast ok',
  'broadcast error',
  'broadcast slave-lost',
  'broadcast to a late comer',
  'reserved ok',
  'reserved slave-lost',
  'reserved slave-freed',
  'reservation lost',
  'result-dropped',
  'late result',
  'slow consumer',
  'data port',
  'data port lost',
  'data port left',
  'ended by its sentinel',
  'ended for a killed task',
  'neighbours of a killed task',
  'on trial',
  'trial ended',
  'retired',
];

const counts = new Map<string, number>();

async function runSeeds(seeds: readonly number[], faults: ClusterOptions['faults']): Promise<void> {
  const failures: unknown[] = [];
  for (const seed of seeds) {
    // Reactions of promises that wait for their turn remember their cluster
    await new Promise(setImmediate);
    const failure = runSeed({
      seed,
      faults,
      checksMemory: (seed + 1) % MEMORY_EVERY === 0 || only !== undefined,
      trace: only === undefined ? undefined : console.log,
    });
    if (failure !== undefined) failures.push(failure);
    if (failures.length === MOST_FAILURES) break;
  }
  if (failures.length > 0) throw failures[0];
}

/** Undefined if all went well. */
function runSeed(options: ClusterOptions): unknown {
  try {
    const cluster = new Cluster(options);
    cluster.run();
    for (const [what, count] of cluster.counts) counts.set(what, (counts.get(what) ?? 0) + count);
    return undefined;
  } catch (error) {
    // Reading the stack lets go of the cluster, which its frames hold until then.
    const reason = error instanceof Error ? error.stack : String(error);
    console.error(`\nseed ${options.seed}: ${reason}`);
    console.error(`  replay: SEED=${options.seed} node dist/tests/simulation/cluster.test.js`);
    return error;
  }
}

function faultsOf(seed: number): ClusterOptions['faults'] {
  if (seed < FIRST_STALL) return 'all';
  if (seed < FIRST_ISLAND) return 'stalls';
  return seed < FIRST_LONG_ISLAND ? 'islands' : 'long islands';
}

function seedsFrom(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** Of `count` seeds for each kind of misfortune but the islands; few of the long ones let a run go on. */
export function testSeeds(name: string, count: number, longIslands = count, islands = count): void {
  const test = suite(name);
  if (only !== undefined) {
    test(`seed ${only} goes well`, () => runSeeds([only], faultsOf(only)));
  } else {
    test('it gives every task its one fate, whatever happens to slaves, broker and messages', () =>
      runSeeds(seedsFrom(0, count), 'all'));

    test('it meets with all that it is made for', () => {
      const isMet = (what: string): boolean => (counts.get(what) ?? 0) >= count / 20;
      const missing = EXPECTED.filter((what) => !isMet(what));
      assert.ok(missing.length <= (count < MANY ? FEW_MISS : 0), `too seldom: ${missing.join(', ')}`);
    });

    test('it never takes a busy or a frozen process for dead', () =>
      runSeeds(seedsFrom(FIRST_STALL, Math.ceil(count / 10)), 'stalls'));

    test('it lets slaves go on with what they run when their server was away for longer than the timeout', async () => {
      const before = counts.get('task-resumed') ?? 0;
      await runSeeds(seedsFrom(FIRST_LONG_ISLAND, longIslands), 'long islands');
      const resumed = (counts.get('task-resumed') ?? 0) - before;
      assert.ok(resumed >= longIslands / 20, `${resumed} runs went on`);
    });

    test('it never takes the slaves of a server that is away for dead, and gives up none of their tasks', () =>
      runSeeds(seedsFrom(FIRST_ISLAND, islands), 'islands'));
  }

  test.run();
}
