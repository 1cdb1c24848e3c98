/** Results that come faster than the master algorithm takes them: what holds them back, and where they lie. */

import { expectMemory, expectQuiet, LoadCluster } from './load-cluster.js';
import { type LoadRow, megabytes } from './load-row.js';
import type { Workload } from './workload.js';

const SLAVES = 2;
const WITHIN_MS = 900_000;
/** The fate box's bound, what is under way, what the slaves hold ready, and rubbish. */
const MOST_MASTER_BYTES = 700e6;
const MOST_SLAVE_BYTES = 400e6;

interface Case {
  readonly what: string;
  readonly workload: Workload;
}

/** `share` is the part of the full load that is done. */
function cases(share: number): Case[] {
  return [
    {
      what: 'results of 64 KB, the reader waits 2 ms on each',
      workload: { tasks: Math.round(20_000 * share), resultBytes: 64 * 1024, readerWaitsMs: 2 },
    },
    {
      what: 'results of 64 KB, the reader computes 2 ms on each',
      workload: { tasks: Math.round(20_000 * share), resultBytes: 64 * 1024, readerSpinsMs: 2 },
    },
    {
      what: 'results of 10 MB, the reader waits 200 ms on each',
      workload: { tasks: Math.round(300 * share), resultBytes: 10e6, readerWaitsMs: 200 },
    },
  ];
}

export async function measureBacklog({ share }: { share: number }): Promise<LoadRow[]> {
  const rows: LoadRow[] = [];
  for (const each of cases(share)) rows.push(await measureRow(each));
  return rows;
}

async function measureRow({ what, workload }: Case): Promise<LoadRow> {
  await using cluster = await LoadCluster.open({ part: 'backlog', what, workload });
  await cluster.startSlaves(SLAVES);
  cluster.begin();
  const outcome = await cluster.finish(WITHIN_MS);
  expectQuiet(outcome);
  expectMemory(outcome, { master: MOST_MASTER_BYTES, slave: MOST_SLAVE_BYTES });
  const { tasks = 0, resultBytes = 0 } = workload;
  return cluster.row(outcome, [`${megabytes(tasks * resultBytes).toFixed(0)} MB of results`]);
}
