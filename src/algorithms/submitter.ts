/** The port through which stubs pass tasks to a master, which they do not know. */

import type { AlgorithmDefinition, Future, ResolvedPolicy, TaskId } from './types.js';

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
   * The same, for a promise of the packet; it always settles. `onSettled` hears of that in the same turn, before any
   * reader of the promise, and does not count as one.
   */
  future(
    definition: AlgorithmDefinition,
    args: readonly unknown[],
    policy: ResolvedPolicy,
    place?: string | undefined,
    onSettled?: ((promise: Promise<unknown>) => void) | undefined,
  ): Future<unknown>;
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
  /** Tasks queued and running. */
  pendingTasks(definition: AlgorithmDefinition): number;
}
