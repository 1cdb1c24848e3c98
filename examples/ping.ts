/**
 * CL-MW's ping: very many tasks, of which a general target number keeps only a few in memory.
 *
 *     node dist/examples/ping.js --master --slaves 2 --pings 100000
 */
import { defineAlgorithm, defineMaster, initialize, type MasterHandle } from 'ts-mw';
import { readOptions, wholeNumber } from './read-options.js';

const TARGET_NUMBER = 1_000;

const ping = defineAlgorithm('ping', (number: number) => ({ pong: number }));

defineMaster(async (master) => {
  const options = readOptions(master.argv, 'Sends pings to the slaves', {
    pings: wholeNumber(10_000, 'How many'),
  });
  if (options === undefined) return 0;
  const { pings } = options;
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

function takeFates(master: MasterHandle, counts: { answered: number; failed: number }): void {
  for (const result of master.getResults(ping)) {
    if (result.status === 'ok' && result.packet.pong === result.args[0]) counts.answered++;
    else counts.failed++;
  }
  counts.failed += master.getUnrunnableTasks(ping).length;
}
