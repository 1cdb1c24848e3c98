/**
 * Rounds of tasks forever; each line says how many came back, and where their slaves are: on the machine that they know, or
 * below the process that started them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineAlgorithm, defineMaster, initialize } from 'ts-mw';

const TASKS = 16;
/** Of main, in which nothing else happens there. */
const BLOCKED_MS = 5000;

const whose = defineAlgorithm(
  'lent.whose',
  async (_: number) => {
    await sleep(30);
    return process.env.MACHINE ?? process.ppid;
  },
  { version: '1' },
);

defineAlgorithm('lent.itself', async (_: number) => process.pid, { version: '1' });

defineAlgorithm('lent.fit', () => process.env.MACHINE !== 'unfit' || 'it has no compiler', { version: '1' });

defineMaster(async (master) => {
  for (let round = 1; ; round++) {
    const futures = Array.from({ length: TASKS }, (_, index) => whose.future(index));
    const starters = await Promise.all(futures);
    console.log(`round ${round}: ${starters.length} from ${[...new Set(starters)].sort().join(' ')}`);
    await sleep(50);
    if (round === 1 && master.argv[0] === 'block') {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCKED_MS);
      console.log('unblocked');
    }
  }
});

await initialize();
