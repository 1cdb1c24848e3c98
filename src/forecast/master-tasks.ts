/** One master of a trail, as it is read: its tasks, and what is known of their runs. */

import { counted } from '../structures/counted.js';
import { PooledTimes } from './pooled-times.js';
import type { NextRun, WorkTask } from './task-work.js';

export interface ReadTask {
  submittedMs: number | undefined;
  micros: number | undefined;
  algorithm: number;
  addressee: number | undefined;
  next: NextRun[] | undefined;
}

export class MasterTasks {
  /** By the numbers of their tasks. */
  readonly tasks: ReadTask[] = [];
  readonly algorithms = new Map<string, number>();
  readonly pool = new PooledTimes();
  /** By sid: the number of the ordered slave. */
  readonly addressees = new Map<string, number>();
  /** Slaves that ran tasks for any slave. */
  readonly shared = new Set<string>();
  readonly connected = new Set<string>();
  readonly places = new Map<number, number>();
  /** Before the next run of a task, in milliseconds. */
  readonly waits = new Map<number, number>();
  isWhole = false;
  hasRuns = false;
  mostSlaves = 0;
  lost = 0;
  retried = 0;
  dropped = 0;
  /** Tasks given to a slave for the first time, about. */
  given = 0;
  /** Tasks before this one were submitted. */
  seen = 0;
  /** The same, as its lines of submissions say. */
  told = 0;
  firstMs: number | undefined;
  lastMs = 0;
}

/** Those that ran to an end, in the order of their submission. */
export function* endedTasks({ tasks, firstMs = 0 }: MasterTasks): Iterable<WorkTask> {
  let latest = 0;
  for (const [number, { submittedMs = firstMs, micros, algorithm, addressee, next }] of tasks.entries()) {
    if (micros === undefined) continue;
    // A clock may have been set back
    latest = Math.max(latest, submittedMs - firstMs);
    const again = next === undefined ? {} : { next };
    yield { submittedMs: latest, micros, algorithm, addressee, number, ...again };
  }
}

/** One line each. */
export function remarksOf(path: string, master: MasterTasks, ended: number, isTorn: boolean): string[] {
  const remarks: string[] = [];
  const { hasRuns, lost, retried } = master;
  const left = master.told - ended;
  if (isTorn) remarks.push(`${path}: its last line is cut in the middle and was left out`);
  if (left > 0) remarks.push(`${counted(left, 'task is', 'tasks are')} left out, of which no run has ended`);
  if (lost > 0)
    remarks.push(
      `${counted(lost, 'run that was lost with its slave is', 'runs that were lost with their slaves are')} left out`,
    );
  if (!hasRuns && retried > 0) {
    remarks.push(
      `${counted(retried, 'failed run')} and the slaves of ordered tasks are left out, since the trail has no runs; a master ` +
        'with --audit-runs writes them',
    );
  }
  return remarks;
}
