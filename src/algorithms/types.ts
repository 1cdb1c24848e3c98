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
  /**
   * How many runs may be begun in all, and so how many slaves it may take down; 5 by default (ours). What a
   * lost slave may have begun counts, and what was running on one that said goodbye.
   */
  readonly maxAttempts?: number | undefined;
  /**
   * When it throws: run it again, up to `maxAttempts` runs, or take the error as its result (false, the
   * default; ours). The error of the last run is its fate.
   */
  readonly retryErrors?: boolean | undefined;
  /**
   * Seconds to wait after a run that came to nothing, whether it threw or its slave was lost, before the
   * next: so many after the first, twice as many after each further one, 3,600 at the most; 0 by default
   * (ours). The task is pending meanwhile; ordered tasks behind it do not wait for it.
   */
  readonly backoffSeconds?: number | undefined;
  /**
   * Seconds that one run may take on its slave, up to 2,000,000; undefined for as long as it likes, the
   * default (ours). Then its `taskContext().signal` is aborted, and the run has failed, whatever it comes
   * to: `retry`, `doItAnyway` and `maxAttempts` decide, with the reason `timeout`. If it has not stopped two
   * seconds later, its slave process is ended; a slave of `slave()`, which is no process of its own, goes
   * on without it instead, as soon as it lets go of the event loop.
   */
  readonly timeoutSeconds?: number | undefined;
  /**
   * Cancels the task when it aborts, as `master.cancel` does; at submission, if it is aborted already. None
   * by default (ours). Any number of tasks may share one.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Queued tasks with a higher one are given out first, and those with the same in the order of their
   * submission; any finite number, 0 by default (ours). What a slave was given already stays with it.
   * Ordered tasks run in the order of submission, whatever their priorities.
   */
  readonly priority?: number | undefined;
}

/** A policy with every default filled in. Frozen; shared by all tasks submitted under it. */
export interface ResolvedPolicy {
  readonly sid: SlaveId | undefined;
  readonly tag: unknown;
  readonly doItAnyway: boolean;
  readonly retry: boolean;
  readonly maxAttempts: number;
  readonly retryErrors: boolean;
  readonly backoffSeconds: number;
  readonly timeoutSeconds: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly priority: number;
}

/** Options of `defineAlgorithm`. */
export interface AlgorithmOptions {
  /** Policy of every task of this algorithm, unless `withTaskPolicy` says otherwise. */
  readonly policy?: TaskPolicy | undefined;
  /** Says which behaviour this is; replaces the source text in the fingerprint. */
  readonly version?: string | undefined;
  /** Whether `--checkpoint` keeps its results; true by default. */
  readonly checkpoint?: boolean | undefined;
  /**
   * Whether its results may hold functions marked with `portable`; false by default, since a master that
   * calls one, be it as the `toString` of a result, runs what a slave has sent.
   */
  readonly functionsInResults?: boolean | undefined;
}

/** One algorithm as the registry keeps it. */
export interface AlgorithmDefinition {
  readonly name: string;
  readonly fn: TaskFunction;
  readonly policy: ResolvedPolicy;
  /** SHA-256 in hex of the source and version; of the version alone if given. */
  readonly fingerprint: string;
  /** Whether its results may be kept from one run to the next. */
  readonly checkpoint: boolean;
  /** Whether its results may hold functions. */
  readonly functionsInResults?: boolean | undefined;
  /** Where it was defined, such as `file:///app/main.js:12:3`; for messages. */
  readonly place: string;
}

/** What a task carried from its submission to its fate. */
export interface FateBase<N extends string, F extends TaskFunction> {
  /** The name of its algorithm, by which the fates of several are told apart. */
  readonly algorithm: N;
  /** The arguments as they were at submission; decoded when first read. */
  readonly args: Parameters<F>;
  /** The slave that had it last; else the one that it was addressed to; undefined if there is neither. */
  readonly sid: SlaveId | undefined;
  /** That of its policy, the same object. */
  readonly tag: unknown;
  /** The id that the stub returned when the task was submitted. */
  readonly taskId: TaskId;
  /** Runs begun. */
  readonly attempts: number;
}

/** The fate of a task whose algorithm returned. */
export interface OkFate<N extends string, F extends TaskFunction> extends FateBase<N, F> {
  /** Tells the three fates apart. */
  readonly status: 'ok';
  /** What the algorithm returned. */
  readonly packet: Awaited<ReturnType<F>>;
  /** Seconds the slave took. */
  readonly computeTime: number;
}

/** The fate of a task whose algorithm threw. */
export interface ErrorFate<N extends string, F extends TaskFunction> extends FateBase<N, F> {
  /** Tells the three fates apart. */
  readonly status: 'error';
  /** What the last run threw, with its slave, attempt and stack. */
  readonly error: TaskError;
  /** Seconds the slave took. */
  readonly computeTime: number;
}

/** The fate of a task that will never run again; `master.resubmit` makes a new task of it. */
export interface UnrunnableFate<N extends string, F extends TaskFunction> extends FateBase<N, F> {
  /** Tells the three fates apart. */
  readonly status: 'unrunnable';
  /** The same as `error.reason`. */
  readonly reason: UnrunnableReason;
  /** Why, with the history of its runs; what the promise of a future rejects with. */
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

/**
 * Submits tasks under one policy, from `withTaskPolicy`; made to be mapped over lists.
 * A call that `Array.map` or its kin make sends the element alone (CL's mapcar), unless the algorithm
 * declares three parameters; one that declares two is refused there, for the index could be meant.
 */
export interface TaskSubmitter<F extends TaskFunction> {
  /** Queues one task and returns its id. */
  (...args: Parameters<F>): TaskId;
  /** Queues one task and returns a promise of its packet; this too may be mapped over a list. */
  readonly future: (...args: Parameters<F>) => Promise<Awaited<ReturnType<F>>>;
}

/** The stubs that `defineAlgorithm` generates beside the function; none of them needs its `this`. */
export interface AlgorithmStubs<N extends string, F extends TaskFunction> {
  /** The algorithm's name, the same in every process of the program. */
  readonly name: N;
  /**
   * Queues one task and returns its id (CL-MW's mw-funcall). The arguments are encoded at once: later
   * changes to them are not sent, and what cannot be encoded throws an EncodeError here.
   * @example for (const name of names) hello.funcall(name);
   */
  readonly funcall: (...args: Parameters<F>) => TaskId;
  /**
   * Queues one task and returns a promise of its packet, which rejects with TaskError or
   * UnrunnableError and always settles. Wrong calls and arguments that cannot be encoded throw at once.
   * @example const greeting = await hello.future('Ada');
   */
  readonly future: (...args: Parameters<F>) => Promise<Awaited<ReturnType<F>>>;
  /**
   * Binds a policy once and returns a submitter (CL-MW's mw-with-task-policy). What the policy leaves
   * out comes from the algorithm's own.
   * @example names.map(hello.withTaskPolicy({ retry: false, tag: 'greetings' }));
   */
  readonly withTaskPolicy: (policy: TaskPolicy) => TaskSubmitter<F>;
  /**
   * How many tasks of this algorithm the master algorithm wants queued and running (CL-MW's target
   * numbers): advice to itself, enforced by nobody. 0 at first; a negative number is taken as 0.
   */
  targetNumber: number;
  /** Tasks queued and running, those of futures included. */
  readonly pendingTasks: number;
  /**
   * How many tasks are missing to the target number, at least 0 (CL-MW's mw-upto-target-number).
   * @example for (let i = ping.uptoTargetNumber; i > 0; i--) ping.funcall();
   */
  readonly uptoTargetNumber: number;
}

/** A task algorithm: callable as its function, which then runs here, and with stubs that submit tasks. */
export type Algorithm<N extends string, F extends TaskFunction> = F & AlgorithmStubs<N, F>;

/** Any algorithm; what `results()` and its kin take. */
export type AnyAlgorithm = Algorithm<string, TaskFunction>;

/** The fate of a task of algorithm `A`; of a union of algorithms, told apart by `algorithm`. */
export type FateOf<A extends AnyAlgorithm> = A extends AlgorithmStubs<infer N, infer F> ? Fate<N, F> : never;
