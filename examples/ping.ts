/**
 * CL-MW's ping: very many tasks, of which a general target number keeps only a few in memory.
 *
 *     node dist/examples/ping.js --master --slaves 2 --pings 100000
 */
import { parseArgs } from 'node:util';
import { defineAlgorithm, defineMaster, initialize, type MasterHandle } from '../src/index.js';

const TARGET_NUMBER = 1_000;

const ping = defineAlgorithm('ping', (number: number) => ({ pong: number }));

defineMaster(async (master) => {
  const pings = readPings(master.argv);
  const counts = { sent: 0, answered: 0, failed: 0, mostPending: 0 };
  const began = performance.now();
  master.targetNumber = TARGET_NUMBER;
  while (counts.answered + counts.failed < pings) {
    for (let missing = master.uptoTargetNumber; missing > 0 && counts.sent < pings; missing--) {
      ping.funcall(counts.sent++);
    }
    counts.mostPending = Math.max(counts.mostPending, master.pendingTasks);
    await master.masterLoop();
    takeFates(master, counts);
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(2);
  console.log(`${counts.answered} of ${pings} pings answered in ${seconds} s`);
  console.log(`at most ${counts.mostPending} tasks were in memory at a time`);
  return counts.failed === 0 ? 0 : 1;
});

await initialize();

/** What the library does not know reaches the algorithms: `--pings` is ours. */
function readPings(argv: readonly string[]): number {
  const { values } = parseArgs({ args: [...argv], options: { pings: { type: 'string', default: '10000' } } });
  const pings = Number(values.pings);
  if (Number.isSafeInteger(pings) && pings > 0) return pings;
  throw new RangeError(`--pings: expected a whole number from 1, got "${values.pings}"; type --pings 10000`);
}

function takeFates(master: MasterHandle, counts: { answered: number; failed: number }): void {
  for (const result of master.getResults(ping)) {
    if (result.status === 'ok' && result.packet.pong === result.args[0]) counts.answered++;
    else counts.failed++;
  }
  counts.failed += master.getUnrunnableTasks(ping).length;
}
