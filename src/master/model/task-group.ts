/** Tasks that a slave was given at once. */

import type { GivenRun } from './given-run.js';
import type { SlaveRecord } from './slave-record.js';
import type { Task } from './task.js';

/** Tasks that went out in one message; `open` of them have no result yet. */
export interface TaskGroup {
  readonly slave: SlaveRecord;
  readonly tasks: readonly Task[];
  readonly firstIndex: number;
  readonly sentAt: number;
  /** The number of its message in the session. */
  readonly message: number;
  open: number;
  /** Given to the same slave after this one. */
  next: TaskGroup | undefined;
  /** A group of one task that the slave continues: as if given in an earlier session. */
  readonly run: GivenRun | undefined;
}
