/** A run that a slave still had when its session ended, as far as its master knows. */

import type { FailedAttempt } from '../../errors.js';
import type { SlaveRecord } from './slave-record.js';
import type { Task } from './task.js';
import type { TaskGroup } from './task-group.js';

export interface GivenRun {
  /** The session in which it was given out, and its place among that session's tasks. */
  readonly sid: number;
  readonly index: number;
  readonly attempt: number;
  readonly sentAt: number;
  /** Its entry in the history of its task, if it may have begun. */
  charge: FailedAttempt | undefined;
  /** The slave that came back and continues it beside another run, and its place in the new session. */
  goesOn: { readonly slave: SlaveRecord; readonly index: number } | undefined;
}

/** The current run of a task, which is an earlier one from now on. */
export function noteGiven(task: Task): GivenRun {
  const { slave, sentAt, run } = task.group as TaskGroup;
  if (run !== undefined) return run;
  const { index, runningAttempt: attempt } = task;
  const known = task.given?.find(({ sid, index: at }) => sid === slave.number && at === index);
  if (known !== undefined) return known;
  const given = { sid: slave.number, index, attempt, sentAt, charge: undefined, goesOn: undefined };
  task.noteGiven(given);
  return given;
}
