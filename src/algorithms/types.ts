/** The public types of algorithms, policies and fates. */

import type { TaskError, UnrunnableError, UnrunnableReason } from '../errors.js';

/** Names a slave for as long as its session lasts; a slave that joins again gets another. */
export type SlaveId = `SLAVE-${number}`;

/** Names a task of one master; never used again. */
export type TaskId = `TASK-${number}`;

/** What a task algorithm may be: `this` is not bound, and every parameter has a type. */
export type TaskFunction = (this: void, ...args: never[]) => unknown;

/**
 * What shall happen to a task, as CL-MW's task policy.
 * Looked at first is `retry`: without it a task whose slave is lost becomes unrunnable.
 */
export interface TaskPolicy {
  /** Run it on this slave only (an ordered task, CL-MW). */
  readonly sid?: SlaveId | undefined;
  /** Any value; comes back with the fate, the same object, without travelling to the slave. */
  readonly tag?: unknown;
  /** When the slave named by `sid` is lost: run it on any other (true) or give it up (false, the default). */
  readonly doItAnyway?: boolean | undefined;
  /** When the slave is lost: run it again (true, the default) or give it up. */
  readonly retry?: boolean | undefined;
  /** How many runs may be begun in all; 5 by default. Being told goodbye costs none. */
  readonly maxAttempts?: number | undefined;
}

/** A policy with every default filled in. Frozen; shared by all tasks submitted under it. */
export interface ResolvedPolicy {
  readonly sid: SlaveId | undefined;
  readonly tag: unknown;
  readonly doItAnyway: boolean;
  readonly retry: boolean;
  readonly maxAttempts: number;
}

/** Options of `defineAlgorithm`. */
export interface AlgorithmOptions {
  /** Policy of every task of this algorithm, unless `withTaskPolicy` says otherwise. */
  readonly policy?: TaskPolicy | undefined;
  /** Says which behaviour this is; replaces the source text in the fingerprint. */
  readonly version?: string | undefined;
}

/** One algorithm as the registry keeps it. */
export interface AlgorithmDefinition {
  readonly name: string;
  readonly fn: TaskFunction;
  readonly policy: ResolvedPolicy;
  /** SHA-256 in hex of the source and version; of the version alone if given. */
  readonly fingerprint: string;
  /** Where it was defined, such as `file:///app/main.js:12:3`; for messages. */
  readonly place: string;
}

/** What a task carried from its submission to its fate. */
export interface FateBase<N extends string, F extends TaskFunction> {
  readonly algorithm: N;
  /** The arguments as they were at submission; decoded when first read. */
  readonly args: Parameters<F>;
  /** The slave that ran it last; undefined if none ever did. */
  readonly sid: SlaveId | undefined;
  readonly tag: unknown;
  readonly taskId: TaskId;
  /** Runs begun. */
  readonly attempts: number;
}

export interface OkFate<N extends string, F extends TaskFunction> extends FateBase<N, F> {
  readonly status: 'ok';
  /** What the algorithm returned. */
  readonly packet: Awaited<ReturnType<F>>;
  /** Seconds the slave took. */
  readonly computeTime: number;
}

export interface ErrorFate<N extends string, F extends TaskFunction> extends FateBase<N, F> {
  readonly status: 'error';
  readonly error: TaskError;
  /** Seconds the slave took. */
  readonly computeTime: number;
}

export interface UnrunnableFate<N extends string, F extends TaskFunction> extends FateBase<N, F> {
  readonly status: 'unrunnable';
  readonly reason: UnrunnableReason;
  readonly error: UnrunnableError;
}

/** A task that was run to its end, well or badly. */
export type Result<N extends string = string, F extends TaskFunction = TaskFunction> =
  | OkFate<N, F>
  | ErrorFate<N, F>;

/** What became of a task; each task has exactly one. */
export type Fate<N extends string = string, F extends TaskFunction = TaskFunction> =
  | Result<N, F>
  | UnrunnableFate<N, F>;
