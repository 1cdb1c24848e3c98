/** Owns the answers to "why has this slave nothing to do, and why is it gone?": every reason, and the facts behind it. */

import type { TaskAtSlave, TaskInLine } from './task-why.js';

/** `unknown`: it has never joined, or is forgotten. */
export type SlaveWhyState =
  | 'connecting'
  | 'idle'
  | 'busy'
  | 'suspected'
  | 'shutting-down'
  | 'disconnected'
  | 'unknown';

/** Its tasks. */
export interface SlaveTasks {
  /** The tasks that it runs, as far as its master knows; at most ten. */
  readonly runs: readonly TaskAtSlave[];
  /** Tasks that it has and has not begun. */
  readonly waiting: number;
  /** Tasks that wait for it alone: ordered ones, and broadcasts that it owes. */
  readonly mail: number;
}

/** Tasks of the master that this slave does not get. */
export interface OtherTasks {
  /** In the mailboxes of other slaves. */
  readonly ordered: number;
  /** Until their backoff is over. */
  readonly backingOff: number;
  /** Until their arguments are complete. */
  readonly needValues: number;
  /** Set aside, since the program leaves the results of their algorithms untaken. */
  readonly setAside: number;
  /** Tasks whose results are in the checkpoint. */
  readonly stored: number;
  /** All others that are queued: for slaves of another group, or at a limit, such as that of their queue. */
  readonly queued: number;
  /** At slaves. */
  readonly atSlaves: number;
}

/** Every reason, with its states and its facts. Reasons are added, never renamed. */
export interface SlaveWhyTable {
  /** It was welcomed, and has not answered yet. */
  joining: { state: 'connecting'; facts: object };
  /** Its sentinel is not heard: it gets no new task until it is, or is lost. */
  suspected: { state: 'suspected'; facts: SlaveTasks & { evidence: string } };
  /** Its process is ended for a run that did not stop, or may be. `task` is the run that was killed. */
  'may-end': { state: 'idle' | 'busy'; facts: SlaveTasks & { task: string | undefined } };
  /** It has said goodbye, and its last results are on their way. */
  leaving: { state: 'idle' | 'busy'; facts: SlaveTasks };
  /** It was told to stop. */
  'shutting-down': { state: 'shutting-down'; facts: object };
  /** It gets no new tasks, and leaves as soon as it has run what it has begun. */
  draining: { state: 'idle' | 'busy'; facts: SlaveTasks };
  /** It moves to another group as soon as it runs nothing. */
  moving: { state: 'idle' | 'busy'; facts: SlaveTasks & { group: string } };
  /** It runs tasks. */
  busy: { state: 'busy'; facts: SlaveTasks };
  /** It gets nothing while it runs this task, which must run alone. */
  'runs-alone': { state: 'busy'; facts: SlaveTasks };
  /** All its places have cancelled runs that go on. */
  'cancelled-runs': { state: 'idle' | 'busy'; facts: SlaveTasks & { tasks: readonly string[] } };
  /** It was asked for tasks that it has not begun, and has not answered. */
  'asked-back': { state: 'idle' | 'busy'; facts: SlaveTasks };
  /** Its session takes nothing now. */
  'no-credit': { state: 'idle' | 'busy'; facts: SlaveTasks & { waitingBytes: number; spareCredit: number } };
  /** It is kept free for a task that must run alone. */
  reserved: { state: 'idle' | 'busy'; facts: SlaveTasks };
  /** It gets nothing before its next run of a broadcast, which waits until its backoff is over. */
  'behind-broadcast': {
    state: 'idle';
    facts: SlaveTasks & { broadcast: TaskInLine; againInSeconds: number };
  };
  /** It runs nothing but what its machine's validation asks of it, until that `machine` is valid. */
  'on-trial': { state: 'idle' | 'busy'; facts: SlaveTasks & { machine: string | undefined } };
  /** It runs only tasks that are addressed to it, and there are none. */
  'no-ordered-tasks': { state: 'idle'; facts: OtherTasks };
  /** The checkpoint takes no more results for now, so no task is given out. */
  'checkpoint-full': { state: 'idle'; facts: OtherTasks };
  /** The master has no task at all. */
  'no-tasks': { state: 'idle'; facts: object };
  /** It fetches the shared values that these tasks need. */
  'shared-values': { state: 'idle'; facts: SlaveTasks & { waiting: number } };
  /** All tasks of the master are elsewhere, or must wait. */
  'no-task-for-it': { state: 'idle'; facts: OtherTasks };
  /** The tasks are so quick that the `crew`, some other slaves, keeps up with the master. */
  'others-keep-up': { state: 'idle'; facts: { crew: number; queued: number } };
  /** Nothing holds it: it gets tasks with the next dispatch. */
  next: { state: 'idle' | 'busy'; facts: SlaveTasks };
  /** The master has ended. */
  'master-ended': { state: 'idle' | 'busy' | 'connecting'; facts: { error: string } };
  /** It was declared dead, on this evidence. `rejoinedAs` is the same process in its next session, if it came back. */
  lost: { state: 'disconnected'; facts: { evidence: string; rejoinedAs: string | undefined } };
  /** It left, or was told to. */
  left: { state: 'disconnected'; facts: { evidence: string; rejoinedAs: string | undefined } };
  /** It has gone, so long ago that the reason is forgotten: a master keeps those of the last 10,000. */
  forgotten: { state: 'unknown'; facts: object };
  /** No slave has this id yet. */
  'never-joined': { state: 'unknown'; facts: { next: string | undefined } };
  /** It was there when the trail ended, in Unix milliseconds; `evidence` if it was suspected then. */
  'trail-ends': {
    state: 'idle' | 'busy';
    facts: { evidence: string | undefined; trailEndsAt: number; isFinished: boolean };
  };
}

/** The reason, such as `suspected`: the keys of the table. */
export type SlaveBecause = keyof SlaveWhyTable;

/** The answer with one reason. */
export type SlaveWhyOf<B extends SlaveBecause> = {
  readonly sid: string;
  /** Its machine and process; undefined if they are not known any more. */
  readonly process: string | undefined;
  readonly because: B;
} & Readonly<SlaveWhyTable[B]>;

/** Why a slave does what it does: `state`, `because` and `facts`, told apart by `because`. */
export type SlaveWhy = { [B in SlaveBecause]: SlaveWhyOf<B> }[SlaveBecause];
