/** The public face of a master: CL-MW's API in camelCase, as the master algorithm holds it. */

import type {
  AnyAlgorithm,
  ErrorFate,
  Fate,
  FateOf,
  OkFate,
  SlaveId,
  TaskId,
  TaskPolicy,
  UnrunnableFate,
} from '../../algorithms/types.js';
import type { SlaveKind } from '../../audit/events.js';
import type { OrderedSlave } from '../slaves/slave-groups.js';

/** What there is to take, and who came and went: CL-MW's four counts. */
export interface MasterLoopReport {
  /** Unrunnable tasks that were not taken yet. */
  readonly numUnrunnableTasks: number;
  /** Results that were not taken yet. */
  readonly numResults: number;
  /** Newly connected ordered slaves that were not taken yet. */
  readonly numConnectedSlaves: number;
  /** Newly disconnected ordered slaves that were not taken yet. */
  readonly numDisconnectedSlaves: number;
}

/** What `getResults` hands over for algorithm `A`. */
export type ResultOf<A extends AnyAlgorithm> = Extract<
  FateOf<A>,
  OkFate<string, never> | ErrorFate<string, never>
>;
/** What `getUnrunnableTasks` hands over for algorithm `A`. */
export type UnrunnableOf<A extends AnyAlgorithm> = Extract<FateOf<A>, UnrunnableFate<string, never>>;

/** What `resubmit` takes: a fate with which a task failed. */
export type FailedTask = Pick<UnrunnableFate<string, never> | ErrorFate<string, never>, 'status' | 'taskId'>;

/** Options of `allocateSlaves` and `deallocateSlaves`. */
export interface AllocateOptions {
  /** How many slaves; 1,000 by default (CL-MW). */
  readonly amount?: number | undefined;
  /** Of which group; `unordered` by default. */
  readonly kind?: SlaveKind | undefined;
}

/** Options of `masterLoop` and `masterLoopIterate`. */
export interface MasterLoopOptions {
  /** Seconds to wait for news at the most. */
  readonly timeout?: number | undefined;
}

/** Options of `submitAll`. */
export interface SubmitAllOptions {
  /**
   * How many tasks to keep queued and running, those of other submissions included; the master's
   * `targetNumber` by default, and 10,000 where that is 0.
   */
  readonly targetNumber?: number | undefined;
}

/** Handed to the master algorithm. */
export interface MasterHandle {
  /** What the library did not consume of the command line, in its order. */
  readonly argv: readonly string[];
  /**
   * Aborts when the master ends, before anything that waits for it throws. Its reason is the error that these
   * throw: a StoppedError, or a CheckpointError when nothing can be stored any more.
   *
   * @example
   * await sleep(60_000, undefined, { signal: master.signal });
   */
  readonly signal: AbortSignal;
  /**
   * Waits until there is at least one result, unrunnable task, or newly connected or disconnected
   * ordered slave, and returns how many there are (CL-MW's mw-master-loop). Waits for ever without a
   * `timeout`; with one, all counts may be 0. Lets the event loop turn at least once. Throws StoppedError
   * when the master ends, and UsageError for a `timeout` that is no number from 0.
   */
  masterLoop(options?: MasterLoopOptions): Promise<MasterLoopReport>;
  /** The same for one pass: waits `timeout` seconds at the most, 0.05 by default (CL-MW). */
  masterLoopIterate(options?: MasterLoopOptions): Promise<MasterLoopReport>;
  /**
   * Hands over the results that arrived, in order of arrival. Never waits, so that it gives what is there
   * also when the master has ended.
   */
  getResults(): ResultOf<AnyAlgorithm>[];
  /** The same for these algorithms only, typed by `algorithm`. */
  getResults<const A extends readonly AnyAlgorithm[]>(...algorithms: A): ResultOf<A[number]>[];
  /** Hands over the tasks that became unrunnable, in order. Never waits. */
  getUnrunnableTasks(): UnrunnableOf<AnyAlgorithm>[];
  /** The same for these algorithms only, typed by `algorithm`. */
  getUnrunnableTasks<const A extends readonly AnyAlgorithm[]>(...algorithms: A): UnrunnableOf<A[number]>[];
  /**
   * Iterates over fates as they come; ends when nothing is pending, untaken or still drawn by `submitAll`,
   * and throws what a source of that throws; the fates go on after it. Throws StoppedError when the master
   * ends before that, so that an iteration that ends is complete. Each fate is handed over once.
   */
  results(): AsyncIterableIterator<Fate>;
  /**
   * The same for these algorithms only, typed by `algorithm`; the others are left to another reader.
   *
   * @example
   * for await (const result of master.results(hello)) {
   *   if (result.status === 'ok') console.log(result.packet);
   * }
   */
  results<const A extends readonly AnyAlgorithm[]>(
    ...algorithms: A
  ): AsyncIterableIterator<FateOf<A[number]>>;
  /**
   * Raises how many slaves a group wants (CL-MW's mw-allocate-slaves). Connecting slaves fill `ordered`,
   * then `intermingle`, then `unordered`; an unordered slave that is there already moves to a group that
   * wants it once it is idle. Throws UsageError for an amount that is no whole number, or another kind.
   */
  allocateSlaves(options?: AllocateOptions): void;
  /** Lowers it, to 0 at the least; stops and moves no slave (CL-MW). */
  deallocateSlaves(options?: AllocateOptions): void;
  /**
   * Makes an ordered or intermingle slave unordered, once what it was given is done; its group wants one
   * less. Tasks that still wait for it follow their policy. False if no such slave has the sid (CL-MW).
   */
  freeSlave(sid: SlaveId): boolean;
  /** Ordered and intermingle slaves that connected since the last call; one may be gone again (CL-MW). */
  getConnectedOrderedSlaves(): OrderedSlave[];
  /** Ordered and intermingle slaves that were lost or left since the last call (CL-MW). */
  getDisconnectedOrderedSlaves(): OrderedSlave[];
  /** Tasks queued and running. */
  readonly numRunnableTasks: number;
  /** Unrunnable tasks that were not taken yet. */
  readonly numUnrunnableTasks: number;
  /** How many tasks the master algorithm wants queued and running: advice to itself (CL-MW). */
  targetNumber: number;
  /** Tasks queued and running, those of futures included. */
  readonly pendingTasks: number;
  /** How many tasks are missing to the target number, at least 0. */
  readonly uptoTargetNumber: number;
  /**
   * Gives a task up, queued or running; its fate is `unrunnable`, reason `cancelled`. A running task is
   * told by its `taskContext().signal`, and its result is dropped; one that does not heed it runs to its end,
   * or to its `timeoutSeconds`, and its slave gets no new task until then. False if it has its fate already.
   */
  cancel(taskId: TaskId): boolean;
  /**
   * Draws items from an iterable or async iterable, only as fast as the target number allows, and calls
   * `submit` with each, which makes a task of it; so that any number of tasks run in constant memory.
   * Returns at once; goes on while the program takes results, and pauses while 200,000 lie untaken. Where
   * `submit` returns a promise, such as that of a future, as many items are under way as the target number
   * says. What the source or `submit` throws, or such a promise rejects with, ends the drawing and is
   * thrown by `results()` or `masterLoop`, whichever is asked first. A source that is not drawn to its end
   * is closed, also when the master ends; then `results()` throws StoppedError.
   *
   * @example
   * master.submitAll(candidates(), (n) => isPrime.funcall(n));
   * for await (const result of master.results(isPrime)) count(result);
   */
  submitAll<T>(
    items: Iterable<T> | AsyncIterable<T>,
    submit: (item: T) => unknown,
    options?: SubmitAllOptions,
  ): void;
  /**
   * Submits a task that failed once more, as a new task with a new id: its algorithm, and its arguments as
   * they were. What `policy` leaves out comes from the policy that the task had, so an ordered task whose
   * slave is gone needs another `sid`, or `doItAnyway`. Of a future there is no fate to submit again.
   * Throws UsageError for anything but an `unrunnable` or `error` fate.
   *
   * @example
   * for (const task of master.getUnrunnableTasks()) master.resubmit(task, { doItAnyway: true });
   */
  resubmit(task: FailedTask, policy?: TaskPolicy): TaskId;
}
