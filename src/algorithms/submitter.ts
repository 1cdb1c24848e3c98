/** The port through which stubs pass tasks to a master, which they do not know. */

import type { TaskError, UnrunnableError, UnrunnableReason } from '../errors.js';
import type { CellHolder } from './cell-holder.js';
import type { AlgorithmDefinition, Future, ResolvedPolicy, SlaveId, TaskId } from './types.js';

/** How a future has settled. */
export type FutureOutcome = { readonly packet: unknown } | { readonly error: Error };

/** Waits for futures. */
export interface FutureHolder {
  /** One has settled, in this turn, and no reader of the promise has heard of it; the holder does not count as one. */
  futureSettled(promise: Promise<unknown>, outcome: FutureOutcome): void;
}

/** The outcome of a broadcast on one slave. */
export type BroadcastEntry<R> =
  | { readonly sid: SlaveId; readonly status: 'ok'; readonly packet: R }
  | { readonly sid: SlaveId; readonly status: 'error'; readonly error: TaskError }
  | { readonly sid: SlaveId; readonly status: 'unrunnable'; readonly error: UnrunnableError };

/** Hears of the runs of a broadcast: of each slave session first that it owes one, and then how that ended. */
export interface BroadcastListener {
  readonly owe: (sid: SlaveId) => void;
  readonly take: (entry: BroadcastEntry<unknown>) => void;
}

/** A broadcast as it is submitted. */
export interface BroadcastSubmission {
  readonly definition: AlgorithmDefinition;
  readonly args: readonly unknown[];
  readonly policy: ResolvedPolicy;
  readonly place: string | undefined;
  /** Whether slaves that join later run it too. */
  readonly lateComers: boolean;
  readonly listener: BroadcastListener;
}

/** Asks for an ordered slave that serves nobody else. */
export interface ReservationRequest {
  /** Names its holder in messages, such as `the actor counter`. */
  readonly holder: string;
  /** The task that makes the slave ready: its algorithm, and the arguments of each run of it. */
  readonly definition: AlgorithmDefinition;
  readonly args: readonly unknown[];
  readonly policy: ResolvedPolicy;
  readonly place: string | undefined;
  /** The slave was lost after it was made ready, and tasks in line have their fates; another one is asked for. */
  readonly onLost: (why: string) => void;
}

/**
 * A slave that serves one holder alone, and the line of that holder's tasks, which run there in the order of their
 * submission: a task whose arguments await futures holds up those after it. When the slave is lost, all tasks of the
 * line become unrunnable, and the reservation gets the next slave that is free. Until that is made ready, tasks wait.
 */
export interface SlaveReservation {
  /** The slave that it has now. */
  readonly sid: SlaveId | undefined;
  /**
   * Makes the slave ready, or the next one, before the tasks in line; one at a time. The arguments are encoded at the
   * first call, which throws as `submit`.
   */
  makeReady(): Future<unknown>;
  /** Tasks from now on become unrunnable for this reason, which `because` completes; those in line run. */
  close(reason: UnrunnableReason, because: string): void;
  /** The same for tasks in line too, and gives the slave back. May be called twice. */
  end(reason: UnrunnableReason, because: string, cause?: unknown): void;
}

export interface Submitter {
  /**
   * Encodes the arguments, queues one task and returns its id; throws EncodeError, MessageSizeError, or
   * StoppedError. `place` is the place in the program that submits it, if the stub has looked.
   */
  submit(
    definition: AlgorithmDefinition,
    args: readonly unknown[],
    policy: ResolvedPolicy,
    place?: string | undefined,
  ): TaskId;
  /**
   * The same, for a promise of the packet; it always settles, and `holder` hears of it.
   */
  future(
    definition: AlgorithmDefinition,
    args: readonly unknown[],
    policy: ResolvedPolicy,
    place?: string | undefined,
    holder?: FutureHolder | undefined,
  ): Future<unknown>;
  /**
   * Submits one run to each slave, and returns what ends it for late comers. The listener hears of the slaves of now
   * before it returns. Throws as `submit`, and UsageError for futures among the arguments, or for too many broadcasts.
   */
  broadcast(submission: BroadcastSubmission): () => void;
  /** Reserves a slave. Throws StoppedError. */
  reserveSlave(request: ReservationRequest): SlaveReservation;
  targetNumber(definition: AlgorithmDefinition): number;
  /** Negative numbers become 0. */
  setTargetNumber(definition: AlgorithmDefinition, target: number): void;
  /** The number of tasks that the slaves of now run at once. */
  readonly workers: number;
  /** Aborts when the master has ended, with its error. */
  readonly signal: AbortSignal;
  /** Aborts when the scope of these tasks is cancelled; undefined outside of scopes. */
  readonly scopeSignal?: AbortSignal | undefined;
  /** Whether results are kept in a checkpoint, so that equal runs should submit equal tasks. */
  readonly keepsResults: boolean;
  /** The values of cells; undefined if the program has none. */
  readonly cells?: CellHolder | undefined;
  /** Tasks queued and running. */
  pendingTasks(definition: AlgorithmDefinition): number;
}
