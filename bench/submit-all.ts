/** Tasks drawn from a generator by `submitAll`: how fast, and that more of them take no more memory. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeasuredProcess, type PeakMemory } from './measured-process.js';
import { count, megabytes } from './report.js';

export interface SubmitAllRow {
  readonly tasks: number;
  readonly tasksPerSecond: number;
  /** Undefined where there is no /proc. */
  readonly memory: PeakMemory | undefined;
}

/** A tenth of the tasks first, each in a master of its own with one slave process. */
export async function measureSubmitAll({ tasks }: { tasks: number }): Promise<SubmitAllRow[]> {
  return [await measureRow(tasks / 10), await measureRow(tasks)];
}

async function measureRow(tasks: number): Promise<SubmitAllRow> {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-bench-'));
  const auditFile = join(folder, 'audit');
  const master = await MeasuredProcess.start('no-op', [
    '--master',
    '--slaves',
    '1',
    '--audit-file',
    auditFile,
  ]);
  try {
    const { seconds } = await master.measure({ kind: 'submit-all', tasks });
    return { tasks, tasksPerSecond: tasks / seconds, memory: master.peakMemory() };
  } finally {
    await master.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

export function submitAllLine({ tasks, tasksPerSecond, memory }: SubmitAllRow): string {
  const peak =
    memory === undefined
      ? '-'
      : `${megabytes(memory.masterBytes)} MB at most, its slave ${memory.slaveBytes.map(megabytes).join(' ')} MB`;
  return `${count(tasks).padStart(10)} drawn  ${count(tasksPerSecond).padStart(9)} tasks/s  ${peak}`;
}
