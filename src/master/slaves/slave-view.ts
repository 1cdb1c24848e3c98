/** Slaves as their master has them now, beside their picture, for observers such as a REPL. */

import type { SlaveId } from '../../algorithms/types.js';
import type { SlaveRecord } from '../model/slave-record.js';

/** A slave as it was when it was looked at. */
export interface SlaveView {
  readonly sid: SlaveId;
  readonly host: string;
  readonly pid: number;
  /** Tasks given to it that have no fate yet. */
  readonly tasks: number;
}

export function viewOf({ sid, host, pid, outstanding: tasks }: SlaveRecord): SlaveView {
  return { sid, host, pid, tasks };
}
