/** The calls of a farm to the master whose slaves it starts. */

import type { MachineFacts } from '../machine-host.js';
import type { Machine } from './machine.js';

/** A slave of the master. */
interface SeenSlave {
  readonly pid: number;
  readonly host: string;
  readonly isBusy: boolean;
  /** It has nothing to do, and is nobody's. */
  readonly isDispensable: boolean;
}

/** Slaves are named by their process and the name of its machine. */
export interface SlaveControl {
  /** Tells it to leave, if it has nothing to do; false otherwise. */
  retireIdle(pid: number, host: string): boolean;
  /** Tells it to leave when it has run what it has begun. */
  retire(pid: number, host: string): void;
  /** It gets work from now on. */
  endTrial(pid: number, host: string): void;
  /** Whether its process is ended for one of its runs, which was killed or is over its limit; or may be. */
  endsForRun(pid: number, host: string): boolean;
  /** Its process has ended. */
  processGone(pid: number, evidence: string, host: string): void;
  load(): {
    readonly tasks: number;
    readonly ordered: number;
    readonly allocated: number;
  };
  /** All slaves that are connected. */
  seen(): readonly SeenSlave[];
}

/** How a machine is qualified; each returns what `JudgeMachine` does, and may throw. */
export interface Validations {
  /** The way of this machine; undefined if it needs none. Throws UsageError for an algorithm that there is not. */
  kindOf(machine: Machine): 'on-master' | 'on-slave' | undefined;
  onMaster(machine: Machine, facts: MachineFacts): unknown;
  /** Resolves when the slave has run the task; rejects at once if `signal` aborts. */
  onSlave(machine: Machine, facts: MachineFacts, sid: string, signal: AbortSignal): Promise<unknown>;
}
