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
import type { SlaveWhy } from '../../audit/why/slave-why.js';
import type { TaskWhy } from '../../audit/why/task-why.js';
import type { Machine, MachineView } from '../../machines/farm/machine.js';
import type { OrderedSlave } from '../slaves/slave-groups.js';

/** The things to take, and the slaves that joined or left: CL-MW's four counts. */
export interface MasterLoopReport {
  /** Unrunnable tasks that were not taken yet. */
  readonly numUnrunnableTasks: number;
  /** Results that were not taken yet. */
  readonly numResults: number;
  /** Newly connected ordered slaves that the program has not taken yet. */
  readonly numConnectedSlaves: number;
  /** Newly disconnected ordered slaves that the program has not taken yet. */
  readonly numDisconnectedSlaves: number;
}

/** The fates that `getResults` hands over for algorithm `A`. */
export type ResultOf<A extends AnyAlgorithm> = Extract<
  FateOf<A>,
  OkFate<string, never> | ErrorFate<string, never>
>;
/** The fates that `getUnrunnableTasks` hands over for algorithm `A`. */
export type UnrunnableOf<A extends AnyAlgorithm> = Extract<FateOf<A>, UnrunnableFate<string, never>>;

/** The argument of `resubmit`: the fate of a failed task. */
export type FailedTask = Pick<UnrunnableFate<string, never> | ErrorFate<string, never>, 'status' | 'taskId'>;

/** Options of `allocateSlaves` and `deallocateSlaves`. */
export interface AllocateOptions {
  /** The number of slaves; 1,000 by default (CL-MW). */
  readonly amount?: number | undefined;
  /** Their group; `unordered` by default. */
  readonly kind?: SlaveKind | undefined;
}

/** Options of `masterLoop` and `masterLoopIterate`. */
export interface MasterLoopOptions {
  /** Maximal number of seconds to wait for news. */
  readonly timeout?: number | undefined;
}

/** Options of `cancel`. */
export interface CancelOptions {
  /** Whether a task that runs is killed, as by `killTasks`, instead of being told to stop; false by default. */
  readonly kill?: boolean | undefined;
}

/** Options of `unregisterMachine`. */
export interface UnregisterOptions {
  /** Whether its slaves are killed instead of ending what they run, which then runs elsewhere; false by default. */
  readonly kill?: boolean | undefined;
}

/** Options of `submitAll`. */
export interface SubmitAllOptions {
  /**
   * Number of tasks to keep queued and running, including those of other submissions; the master's
   * `targetNumber` by default, and 10,000 if that is 0.
   */
  readonly targetNumber?: number | undefined;
}

/** Handed to the master algorithm. */
export interface MasterHandle {
  /** The arguments of the command line that are not flags of the library, in their order. */
  readonly argv: readonly string[];
  /**
   * Where a browser shows this master, with the token that lets it in (`--dashboard`); undefined without a dashboard. Anyone
   * who has it sees the computation: do not log it.
   */
  readonly dashboardUrl: string | undefined;
  /**
   * Aborts when the master ends, before anything that waits for it throws. Its reason is the same error: a
   * StoppedError, or a CheckpointError when no more results can be stored.
   *
   * @example await sleep(60_000, undefined, { signal: master.signal });
   */
  readonly signal: AbortSignal;
  /**
   * Waits until there is at least one result, unrunnable task, or newly connected or disconnected ordered
   * slave, and returns their counts (CL-MW's mw-master-loop). Waits forever without a `timeout`; with one,
   * all counts may be 0. Lets the event loop turn at least once. Throws StoppedError when the master ends,
   * and UsageError for a `timeout` that is not a number from 0.
   */
  masterLoop(options?: MasterLoopOptions): Promise<MasterLoopReport>;
  /** The same for one pass: waits at most `timeout` seconds, 0.05 by default (CL-MW). */
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
   * Raises the number of slaves that a group wants (CL-MW's mw-allocate-slaves). Connecting slaves fill
   * `ordered`, then `intermingle`, then `unordered`; an unordered slave that is already there moves to a
   * group that wants it once it is idle. Throws UsageError for an amount that is not a whole number, and for
   * an unknown kind.
   */
  allocateSlaves(options?: AllocateOptions): void;
  /** Lowers that number, but not below 0; stops and moves no slave (CL-MW). */
  deallocateSlaves(options?: AllocateOptions): void;
  /**
   * Makes an ordered or intermingle slave unordered once its tasks are done; its group wants one slave less.
   * Tasks that still wait for it follow their policy. False if no such slave has the sid (CL-MW).
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
  /** The number of tasks that the master algorithm wants queued and running: a note to itself (CL-MW). */
  targetNumber: number;
  /** Tasks queued and running, including those of futures, and not those of broadcasts. */
  readonly pendingTasks: number;
  /** The number of tasks missing to the target number, at least 0. */
  readonly uptoTargetNumber: number;
  /**
   * Cancels a task, queued or running; its fate is `unrunnable`, reason `cancelled`. A running task learns of
   * it by its `taskContext().signal`, and its result is dropped. A task that ignores the signal runs to its
   * end, or to its `timeoutSeconds`, and its slave gets no new task until then; with `kill: true`, a task that
   * runs is killed instead, as by `killTasks`. False if the task already has its fate.
   */
  cancel(taskId: TaskId, options?: CancelOptions): boolean;
  /** Cancels every task that is pending now, as `cancel` does, but no broadcast; returns their number. */
  cancelAll(): number;
  /**
   * The categories of the tasks that run now, one for each task (lfarm's task-categories-running). A task runs
   * from when it was given to a slave that is free for it, until its result has come or its slave says that the
   * run has ended, as it does each second; tasks queued at a slave do not run.
   */
  taskCategoriesRunning(): string[];
  /**
   * Kills the tasks of a category that run now, and returns their number (lfarm's kill-tasks). Each has its
   * fate at once: `unrunnable`, reason `killed`; a future rejects with a TaskKilledError. Its
   * `taskContext().signal` aborts, and if the run has not stopped `killGraceSeconds` later, its slave process is
   * ended. Tasks that do not run are not affected, and no other task is charged with the end of the process:
   * those that ran beside it run again. A slave that the master started is started again.
   *
   * @example
   * search.withTaskPolicy({ category: 'search' })(key);
   * master.killTasks('search');
   */
  killTasks(category: string): number;
  /**
   * Says why a task is where it is: what it waits for, or what became of it. Changes nothing, and keeps nothing: a task
   * whose fate the program has taken is `forgotten`, and the audit trail knows more (`--audit-report FILE --why TASK-n`);
   * with a dashboard the last 10,000 of them are remembered.
   * `state`, `because` and `facts` are told apart by `because`; `sayWhy` makes a sentence of them. Never throws for an id
   * of the right form; UsageError for any other value.
   *
   * @example console.log(sayWhy(master.why(taskId)));
   */
  why(taskId: TaskId): TaskWhy;
  /** Says why a slave has nothing to do, or what it does, or why it is gone; as `why`. The last 10,000 are remembered. */
  whySlave(sid: SlaveId): SlaveWhy;
  /**
   * Draws items from an iterable or async iterable, only as fast as the target number allows, and calls
   * `submit` with each to make a task. So any number of tasks can run in constant memory. Returns at once;
   * continues while the program takes results, and pauses while 200,000 are untaken. If `submit` returns a
   * promise, such as that of a future, the target number limits the items under way. An error of the source
   * or of `submit`, or a rejection of such a promise, ends the drawing, and the next `results()` or
   * `masterLoop` throws it. A source that is not drawn to its end is closed, also when the master ends; then
   * `results()` throws StoppedError.
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
   * Submits a failed task again, as a new task with a new id, with the same algorithm and arguments. Fields
   * that `policy` leaves out come from the task's old policy, so an ordered task whose slave is gone needs
   * another `sid`, or `doItAnyway`. The task of a future has no fate to submit again. Throws UsageError for
   * any other value than an `unrunnable` or `error` fate.
   *
   * @example
   * for (const task of master.getUnrunnableTasks()) master.resubmit(task, { doItAnyway: true });
   */
  resubmit(task: FailedTask, policy?: TaskPolicy): TaskId;
  /**
   * Adds a machine to the farm, and returns its name. Slaves are started there at once, or as they are needed with
   * `--min-slaves`, `--max-slaves` or `--finish-within`. `machines()` and the audit trail say what becomes of it: it is
   * tried again after failures, and given up after equal ones. Throws UsageError for a machine that is not described
   * rightly, for a name that is taken, and for more than 1,000 machines.
   *
   * @example master.registerMachine({ local: true, name: 'big', slots: 2, env: { THREADS: '8' } });
   */
  registerMachine(machine: Machine): string;
  /**
   * Takes a machine out of the farm: its slaves get no more tasks, and leave when they have run what they have begun.
   * Resolves when nothing of it is left, at the latest when the master ends. Throws UsageError for an unknown name.
   */
  unregisterMachine(name: string, options?: UnregisterOptions): Promise<void>;
  /** The machines of the farm, each as it is now. `--slaves N` is the machine `local`. */
  machines(): MachineView[];
}
