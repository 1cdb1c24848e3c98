/** The master's cost of a task against how many are queued, and the memory of a million queued ones. */

import { MeasuredProcess } from './measured-process.js';
import { MemoryCluster } from './memory-cluster.js';
import { micros } from './report.js';
import { median, type Spread, spread } from './statistics.js';

const DEPTHS = [1_000, 100_000, 1_000_000];
const TASKS_PER_STEP = 1_000;
const STEPS = 100;

export interface DepthRow {
  readonly queued: number;
  readonly microsPerTask: number;
  /** Of the repeats. */
  readonly spread: Spread;
  /** Peak of a master process with this number of queued tasks; undefined without /proc. */
  readonly masterBytes: number | undefined;
}

export async function measureQueueDepths({ repeats }: { repeats: number }): Promise<DepthRow[]> {
  const samples = new Map<number, number[]>(DEPTHS.map((queued) => [queued, []]));
  runDepth(1_000);
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const queued of DEPTHS) samples.get(queued)?.push(runDepth(queued));
  }
  const rows: DepthRow[] = [];
  for (const queued of DEPTHS) {
    const measured = samples.get(queued) ?? [];
    const microsPerTask = median(measured);
    rows.push({ queued, microsPerTask, spread: spread(measured), masterBytes: await memoryOf(queued) });
  }
  return rows;
}

/** Microseconds of the master a task, while as many are submitted as end. */
function runDepth(queued: number): number {
  const options = { slaves: 2, group: 100, taskMicros: 1, tasksPerTick: TASKS_PER_STEP / 2 };
  const cluster = new MemoryCluster(options);
  cluster.submit(queued);
  for (let step = 0; step < 20; step++) {
    cluster.submit(TASKS_PER_STEP);
    cluster.step();
  }
  const msBefore = cluster.masterMs;
  const completedBefore = cluster.completed;
  for (let step = 0; step < STEPS; step++) {
    cluster.submit(TASKS_PER_STEP);
    cluster.step();
  }
  return ((cluster.masterMs - msBefore) * 1000) / (cluster.completed - completedBefore);
}

async function memoryOf(queued: number): Promise<number | undefined> {
  const master = await MeasuredProcess.start('queue', []);
  try {
    await master.measure({ kind: 'bulk', tasks: queued });
    return master.peakMemory()?.masterBytes;
  } finally {
    await master.stop();
  }
}

export function depthLine(row: DepthRow, rows: readonly DepthRow[]): string {
  const { queued, microsPerTask, masterBytes } = row;
  const ratio = (microsPerTask / (rows[0]?.microsPerTask ?? Number.NaN)).toFixed(2);
  const memory = masterBytes === undefined ? '-' : `${(masterBytes / 1e6).toFixed(0)} MB at most`;
  return `${queued.toLocaleString('en').padStart(10)} queued  ${micros(microsPerTask, row.spread)}  ${ratio} of that with 1,000  ${memory}`;
}
