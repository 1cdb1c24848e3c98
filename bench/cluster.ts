/** The master's cost of a task against the number of its slaves, from 1 to 5,000. */

import { MemoryCluster } from './memory-cluster.js';
import { micros } from './report.js';
import { median, type Spread, spread } from './statistics.js';

const SIZES = [1, 10, 100, 1_000, 5_000];
/** Tasks of a tenth of a second, so that ticks and beats have their part in the cost of each. */
const TASK_MICROS = 100_000;
const LEAST_TASKS = 20_000;

export interface ClusterRow {
  readonly slaves: number;
  readonly microsPerTask: number;
  /** Of the repeats. */
  readonly spread: Spread;
}

export function measureClusters({ repeats }: { repeats: number }): ClusterRow[] {
  const samples = new Map<number, number[]>(SIZES.map((slaves) => [slaves, []]));
  runCluster(10);
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const slaves of SIZES) samples.get(slaves)?.push(runCluster(slaves));
  }
  return SIZES.map((slaves) => {
    const measured = samples.get(slaves) ?? [];
    return { slaves, microsPerTask: median(measured), spread: spread(measured) };
  });
}

/** Microseconds of the master a task, from its submission until its fate was taken. */
function runCluster(slaves: number): number {
  const cluster = new MemoryCluster({ slaves, group: 'auto', taskMicros: TASK_MICROS, tasksPerTick: 1 });
  cluster.submit(3 * slaves);
  for (let step = 0; step < 10; step++) {
    cluster.step();
    cluster.submit(slaves);
  }
  const msBefore = cluster.masterMs;
  const completedBefore = cluster.completed;
  const steps = Math.max(10, Math.ceil(LEAST_TASKS / slaves));
  for (let step = 0; step < steps; step++) {
    cluster.submit(slaves);
    cluster.step();
  }
  const completed = cluster.completed - completedBefore;
  if (completed < 0.9 * steps * slaves) throw new Error(`${slaves} slaves completed only ${completed} tasks`);
  return ((cluster.masterMs - msBefore) * 1000) / completed;
}

export function clusterLine(
  { slaves, microsPerTask, spread }: ClusterRow,
  rows: readonly ClusterRow[],
): string {
  const reference = rows.find((row) => row.slaves === 10)?.microsPerTask ?? Number.NaN;
  const ratio = (microsPerTask / reference).toFixed(2);
  return `${slaves.toLocaleString('en').padStart(10)} slaves  ${micros(microsPerTask, spread)}  ${ratio} of that with 10`;
}
