/** The view of a master's slaves for observers, such as a REPL. */

import type { SlaveId } from '../../algorithms/types.js';
import type { SlaveKind } from '../../audit/events.js';
import type { SlaveState } from '../model/slave-machine.js';
import type { SlaveRecord } from '../model/slave-record.js';

/** A slave as it was when it was looked at. */
export interface SlaveView {
  readonly sid: SlaveId;
  readonly state: SlaveState | 'suspected';
  readonly kind: SlaveKind;
  readonly host: string;
  readonly pid: number;
  /** Tasks given to it that have no fate yet. */
  readonly tasks: number;
  /** Results that came from it. */
  readonly results: number;
}

export function viewOf(slave: SlaveRecord): SlaveView {
  const { sid, kind, host, pid, isSuspected, machine, outstanding: tasks, resultsSent: results } = slave;
  return { sid, state: isSuspected ? 'suspected' : machine.state, kind, host, pid, tasks, results };
}
