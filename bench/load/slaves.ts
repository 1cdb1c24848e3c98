/** Hundreds of real slave processes on one master: all of them work, and what each costs the master. */

import { expectMemory, expectQuiet, LoadCluster } from './load-cluster.js';
import { type LoadRow, megabytes } from './load-row.js';
import { proportionalBytes } from './memory.js';

const TASK_MS = 20;
const TASKS_PER_SLAVE = 100;
/** Started together: more would only wait for each other. */
const WAVE = 10;
const MOST_MASTER_BYTES = 400e6;
const WITHIN_MS = 600_000;

export async function measureSlaves({ slaves }: { slaves: number }): Promise<LoadRow[]> {
  const tasks = slaves * TASKS_PER_SLAVE;
  await using cluster = await LoadCluster.open({
    part: 'slaves',
    what: `${slaves} slave processes, tasks of ${TASK_MS} ms`,
    workload: { tasks, taskMs: TASK_MS },
  });
  const began = performance.now();
  await cluster.startSlaves(slaves, WAVE);
  const joinedSeconds = (performance.now() - began) / 1000;
  const shares = cluster.slaves.map(({ child }) => proportionalBytes(child.pid as number));
  cluster.begin();
  const outcome = await cluster.finish(WITHIN_MS);
  const { master, findings } = outcome;
  expectQuiet(outcome);
  findings.expect(master.tally.slaves === slaves, `only ${master.tally.slaves} slaves brought results`);
  expectMemory(outcome, { master: MOST_MASTER_BYTES });
  const share = shares.reduce((sum, bytes) => sum + bytes, 0) / slaves;
  return [
    cluster.row(outcome, [
      `all joined within ${joinedSeconds.toFixed(1)} s, in waves of ${WAVE}; a slave's share of memory ${megabytes(share).toFixed(0)} MB`,
    ]),
  ];
}
