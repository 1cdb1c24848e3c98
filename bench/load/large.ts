/** Results of ten megabytes: taken as they come, and with a master algorithm that takes its time. */

import { expectMemory, expectQuiet, LoadCluster } from './load-cluster.js';
import { type LoadRow, megabytes } from './load-row.js';

const RESULT_BYTES = 10e6;
const SLAVES = 2;
const WITHIN_MS = 900_000;
/** Untaken results up to the fate box's bound, those under way, what two slaves may have assembled, and rubbish. */
const MOST_MASTER_BYTES = 900e6;
const MOST_SLAVE_BYTES = 500e6;

export async function measureLarge({ results }: { results: number }): Promise<LoadRow[]> {
  await using cluster = await LoadCluster.open({
    part: 'large',
    what: `results of ${megabytes(RESULT_BYTES)} MB, ${SLAVES} slaves`,
    workload: { tasks: results, resultBytes: RESULT_BYTES },
    nodeFlags: ['--expose-gc'],
  });
  await cluster.startSlaves(SLAVES);
  cluster.begin();
  const outcome = await cluster.finish(WITHIN_MS);
  expectQuiet(outcome);
  expectMemory(outcome, { master: MOST_MASTER_BYTES, slave: MOST_SLAVE_BYTES });
  const rate = megabytes(results * RESULT_BYTES) / outcome.master.seconds;
  return [cluster.row(outcome, [`${rate.toFixed(0)} MB/s`])];
}
