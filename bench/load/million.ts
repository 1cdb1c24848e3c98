/** Many tasks of one kilobyte: all submitted first, and drawn as there is room for them. */

import { expectMemory, expectQuiet, LoadCluster } from './load-cluster.js';
import { type LoadRow, megabytes } from './load-row.js';

const ARGUMENT_BYTES = 1024;
const TARGET = 10_000;
const SLAVES = 2;
const WITHIN_MS = 600_000;
/** The memory of a master without tasks, and of a queued task beside its text. */
const BASE_BYTES = 450e6;
const TASK_BYTES = 600;
const MOST_DRAWN_BYTES = 450e6;

export async function measureMillion({ tasks }: { tasks: number }): Promise<LoadRow[]> {
  const queuedBytes = BASE_BYTES + tasks * (ARGUMENT_BYTES + TASK_BYTES);
  return [await measureRow(tasks, undefined, queuedBytes), await measureRow(tasks, TARGET, MOST_DRAWN_BYTES)];
}

async function measureRow(
  tasks: number,
  targetNumber: number | undefined,
  mostBytes: number,
): Promise<LoadRow> {
  const how = targetNumber === undefined ? 'all submitted first' : `drawn, ${targetNumber} at a time`;
  await using cluster = await LoadCluster.open({
    part: 'million',
    what: `tasks of 1 KB, ${how}, ${SLAVES} slaves`,
    workload: { tasks, targetNumber, argumentBytes: ARGUMENT_BYTES },
    nodeFlags: ['--expose-gc'],
  });
  await cluster.startSlaves(SLAVES);
  cluster.begin();
  const { seconds } = await cluster.master.until('submitted', WITHIN_MS);
  const outcome = await cluster.finish(WITHIN_MS);
  expectQuiet(outcome);
  expectMemory(outcome, { master: mostBytes });
  const heap = `${megabytes(outcome.master.heapBytes).toFixed(0)} MB of heap when all is done`;
  const submission = targetNumber === undefined ? `submitted within ${seconds.toFixed(1)} s; ` : '';
  return cluster.row(outcome, [`${submission}${heap}`]);
}
