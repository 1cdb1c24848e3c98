/** The public types of algorithms, policies and fates. */

import type { TaskError, UnrunnableError, UnrunnableReason } from '../errors.js';
import type { TaskQueue } from './queue.js';
import type { Shared } from './shared.js';

/** Names a slave during its session; a slave that joins again gets another one. */
export type SlaveId = `SLAVE-${number}`;

/** Names a task of one master; never used again. */
export type TaskId = `TASK-${number}`;

/** The type of a task algorithm: `this` is not bound, and every parameter has a type. */
export type TaskFunction = (this: void, ...args: never[]) => unknown;

/**
 * Decides, on the master, about a task whose run threw `error`: true runs it again, after its `backoffSeconds`; a number
 * runs it again after that many seconds, from 0 to 3,600; false makes the error its fate. `attempt` is the number of
 * the run, from 1. It is asked only while another run is allowed, and never about a FinalError. It answers at once,
 * without a promise. If it throws, or returns anything else, the error is the fate, and the audit trail and the master's
 * notices say why.
 */
export type RetryDecision = (error: TaskError, attempt: number) => boolean | number;

/**
 * Rules for a task, as CL-MW's task policy. `retry` comes first: without it, a task whose slave is lost
 * becomes unrunnable.
 */
export interface TaskPolicy {
  /** Run it on this slave only (an ordered task, CL-MW). */
  readonly sid?: SlaveId | undefined;
  /** Any value. It comes back with the fate, as the same object; it does not travel to the slave. */
  readonly tag?: unknown;
  /**
   * If the slave named by `sid` is lost: run the task on any other (true), or make it unrunnable (false, the
   * default).
   */
  readonly doItAnyway?: boolean | undefined;
  /** If the slave is lost: run the task again (true, the default), or make it unrunnable. */
  readonly retry?: boolean | undefined;
  /**
   * Limit of the runs that may begin, and so of the slaves that the task may take down; 5 by default (ours).
   * Runs that a lost slave may have begun count, and so do tasks that ran on a slave when it said goodbye.
   */
  readonly maxAttempts?: number | undefined;
  /**
   * If it throws: run it again, up to `maxAttempts` runs, or take the error as its result (false, the
   * default; ours). The error of the last run is its fate. A function decides about each error.
   */
  readonly retryErrors?: boolean | RetryDecision | undefined;
  /**
   * Seconds to wait before the next run after a failed run, whether it threw or its slave was lost. The wait
   * doubles after each further failure, up to 3,600; 0 by default (ours). The task is pending meanwhile;
   * ordered tasks after it do not wait for it.
   */
  readonly backoffSeconds?: number | undefined;
  /**
   * Spreads these waits, so that tasks which failed together do not come back together: each is multiplied by a
   * number between 1 - `backoffJitter` and 1. From 0 to 1; 0 by default (ours).
   */
  readonly backoffJitter?: number | undefined;
  /**
   * Limit in seconds of one run on its slave, up to 2,000,000; no limit by default (ours). When the time is
   * over, its `taskContext().signal` aborts, and the run has failed, even if it returns later: `retry`,
   * `doItAnyway` and `maxAttempts` decide, with the reason `timeout`. If it has not stopped two seconds
   * later, its slave process is ended. A slave made by `slave()` has no process of its own; it goes on
   * without the run, as soon as the run lets the event loop turn.
   */
  readonly timeoutSeconds?: number | undefined;
  /**
   * Cancels the task when it aborts, as `master.cancel` does; at submission, if it is already aborted. None
   * by default (ours). Any number of tasks may share one signal.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Queued tasks with a higher priority are given out first, and equal ones in the order of submission; any
   * finite number, 0 by default (ours). Tasks that a slave already has stay there. Ordered tasks run in the
   * order of submission, whatever their priorities.
   */
  readonly priority?: number | undefined;
  /**
   * Whether a second slave may run the task too when it takes longer than others of its algorithm did and
   * slaves are idle; the first result counts, and the other run is told to stop. As the master's `backupTasks`
   * says by default (ours, after MapReduce). Never for a task with a `sid`, with `retry: false`, or whose
   * runs would then be more than `maxAttempts`.
   */
  readonly backupTasks?: boolean | undefined;
  /**
   * A name for `master.killTasks`, which ends all running tasks of one category; any text, `default` by default
   * (lfarm). It does not travel to the slave.
   */
  readonly category?: string | undefined;
  /**
   * Seconds that its run has to stop after the program killed it, up to 2,000,000; 0 by default (lfarm). Its
   * `taskContext().signal` aborts at once; a run that has not stopped then is ended with its slave process, half
   * a second later at the latest. A slave made by `slave()` goes on without the run, as after `timeoutSeconds`.
   */
  readonly killGraceSeconds?: number | undefined;
  /**
   * The queue of the task, from `makeQueue`: with a limit of tasks at once, of begins per second, and a share of the
   * slaves; none by default (ours). Priorities hold within a queue. Not together with a `sid`.
   */
  readonly queue?: TaskQueue | undefined;
  /**
   * Its place in a trace of OpenTelemetry, if it is submitted inside a span that records: each run is a span of its own
   * trace that is linked to that span (`link`, the default), a child of it (`parent`), or neither (`none`) (ours).
   */
  readonly trace?: 'link' | 'parent' | 'none' | undefined;
}

/** A policy with every default filled in. Frozen; shared by all tasks submitted under it. */
export interface ResolvedPolicy {
  readonly sid: SlaveId | undefined;
  readonly tag: unknown;
  readonly doItAnyway: boolean;
  readonly retry: boolean;
  readonly maxAttempts: number;
  readonly retryErrors: boolean | RetryDecision;
  readonly backoffSeconds: number;
  readonly backoffJitter: number;
  readonly timeoutSeconds: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly priority: number;
  /** Undefined: as its master does. */
  readonly backupTasks: boolean | undefined;
  /**
   * The algorithm whose task an operation of the library computes: its `checkpoint` and `functionsInResults` hold.
   */
  readonly subject?: AlgorithmDefinition | undefined;
  /** It may be why slaves were lost: it runs alone from the first run on. */
  readonly isSuspect?: boolean | undefined;
  /** That of the scope of control flow in which the task is submitted. It cancels as `signal` does, beside it. */
  readonly scopeSignal?: AbortSignal | undefined;
  /** It is one slave's run of a broadcast, and never runs on another. */
  readonly isBroadcast?: boolean | undefined;
  /** It stands in the line of this reservation, a `SlaveReservation`, and runs on the slave that this has. */
  readonly reservation?: object | undefined;
  readonly category: string;
  readonly killGraceSeconds: number;
  readonly queue: TaskQueue | undefined;
  readonly trace: 'link' | 'parent' | 'none';
}

/** Options of `defineAlgorithm`. */
export interface AlgorithmOptions {
  /** Policy of every task of this algorithm; `withTaskPolicy` overrides it. */
  readonly policy?: TaskPolicy | undefined;
  /** Names the behaviour; replaces the source text in the fingerprint. */
  readonly version?: string | undefined;
  /** Whether `--checkpoint` keeps its results; true by default. */
  readonly checkpoint?: boolean | undefined;
  /**
   * Whether its results may contain functions marked with `portable`; false by default. A master that calls
   * such a function, even as the `toString` of a result, runs code of the slave.
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
  /** Whether a checkpoint may keep its results. */
  readonly checkpoint: boolean;
  /** Whether its results may hold functions. */
  readonly functionsInResults?: boolean | undefined;
  /** The place of its definition, such as `file:///app/main.js:12:3`; for messages. */
  readonly place: string;
}

/** The data of a task from its submission to its fate. */
export interface FateBase<N extends string, F extends TaskFunction> {
  /** The name of its algorithm, by which the fates of several are told apart. */
  readonly algorithm: N;
  /** The arguments as they were at submission; decoded when first read. */
  readonly args: Parameters<F>;
  /**
   * The slave that had it last, otherwise the one that it was addressed to; undefined if there is neither.
   */
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
  /** The return value of the algorithm. */
  readonly packet: Awaited<ReturnType<F>>;
  /** Seconds the slave took. */
  readonly computeTime: number;
}

/** The fate of a task whose algorithm threw. */
export interface ErrorFate<N extends string, F extends TaskFunction> extends FateBase<N, F> {
  /** Tells the three fates apart. */
  readonly status: 'error';
  /** The error of the last run, with its slave, attempt and stack. */
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

/** A task that ran to its end, with a value or an error. */
export type Result<N extends string = string, F extends TaskFunction = TaskFunction> =
  | OkFate<N, F>
  | ErrorFate<N, F>;

/** The end of a task; each task has exactly one. */
export type Fate<N extends string = string, F extends TaskFunction = TaskFunction> =
  | Result<N, F>
  | UnrunnableFate<N, F>;

/**
 * The promise of a task's packet, with what lparallel's futures have beside it. Its `then`, `catch` and `finally` return
 * plain promises.
 *
 * @example
 * const late = render.future(frame);
 * if (!late.fulfilled) late.cancel();
 */
export interface Future<R> extends Promise<R> {
  /** The id of its task. */
  readonly taskId: TaskId;
  /** Whether it has settled, with the packet or an error (lparallel's `fulfilledp`). */
  readonly fulfilled: boolean;
  /**
   * Takes the task back, as `master.cancel` does: it rejects with an UnrunnableError whose reason is `cancelled`, which
   * does not end the process if nobody awaits it. False if it has settled.
   */
  cancel(): boolean;
}

/**
 * A parameter's value, or a future of it, unless it is a function, or a shared value; in arrays and plain objects, also of
 * a part of it. Of tuples that are directly in tuples, the outer four may have such parts.
 */
export type Argument<T, Tuples extends readonly unknown[] = []> =
  | T
  // A function's own type must stay the only context for its parameters
  | ([T] extends [(...args: never[]) => unknown] ? never : Future<T> | Shared<T>)
  | (T extends WholeValue
      ? never
      : T extends readonly unknown[]
        ? ArgumentParts<T, Tuples>
        : T extends object
          ? { readonly [K in keyof T]: Argument<T[K]> }
          : never);

/**
 * The parts of an array or a tuple. The compiler asks for the parts of objects and arrays when it needs them, and for those
 * of tuples at once, which would not end for a tuple that may be a part of itself: `Tuples` counts those that it is in.
 */
export type ArgumentParts<
  T extends readonly unknown[],
  Tuples extends readonly unknown[],
> = T[number][] extends T
  ? readonly Argument<T[number]>[]
  : Tuples['length'] extends 4
    ? never
    : { readonly [K in keyof T]: Argument<T[K], [...Tuples, 0]> };

/** Values other than arrays and plain objects: only the whole of them may be a future. */
export type WholeValue =
  | ((...args: never[]) => unknown)
  | Date
  | RegExp
  | Error
  | ArrayBuffer
  | ArrayBufferView
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | PromiseLike<unknown>;

/**
 * The arguments of a task. A future among them, at any depth, is a dependency: the task waits on the master until it has
 * its value, which the slave gets. If it fails, the task becomes unrunnable with the reason `dependency`.
 */
export type Arguments<P extends readonly unknown[]> = { [K in keyof P]: Argument<P[K]> };

/**
 * Submits tasks under one policy, from `withTaskPolicy`; made to be mapped over lists. A call by `Array.map`
 * or a similar method sends only the element (CL's mapcar), unless the algorithm declares three parameters.
 * With two parameters the call is refused, since the index could be meant.
 */
export interface TaskSubmitter<F extends TaskFunction> {
  /** Queues one task and returns its id. */
  (...args: Arguments<Parameters<F>>): TaskId;
  /** Queues one task and returns a future of its packet; this too may be mapped over a list. */
  readonly future: (...args: Arguments<Parameters<F>>) => Future<Awaited<ReturnType<F>>>;
}

/** The stubs that `defineAlgorithm` generates beside the function; none of them needs its `this`. */
export interface AlgorithmStubs<N extends string, F extends TaskFunction> {
  /** The algorithm's name, the same in every process of the program. */
  readonly name: N;
  /**
   * Queues one task and returns its id (CL-MW's mw-funcall). The arguments are encoded at once: later changes
   * to them are not sent, and a value that cannot be encoded throws an EncodeError here.
   * @example for (const name of names) hello.funcall(name);
   */
  readonly funcall: (...args: Arguments<Parameters<F>>) => TaskId;
  /**
   * Queues one task and returns a future of its packet: a promise that rejects with TaskError or
   * UnrunnableError and always settles. Wrong calls and arguments that cannot be encoded throw at once.
   * @example const greeting = await hello.future('Ada');
   */
  readonly future: (...args: Arguments<Parameters<F>>) => Future<Awaited<ReturnType<F>>>;
  /**
   * Binds a policy once and returns a submitter (CL-MW's mw-with-task-policy). Fields that the policy leaves
   * out come from the algorithm's own policy.
   * @example names.map(hello.withTaskPolicy({ retry: false, tag: 'greetings' }));
   */
  readonly withTaskPolicy: (policy: TaskPolicy) => TaskSubmitter<F>;
  /**
   * The number of tasks of this algorithm that the master algorithm wants queued and running (CL-MW's target
   * numbers). It is a note to itself, and never enforced. 0 at first; a negative number counts as 0.
   */
  targetNumber: number;
  /** Tasks queued and running, including those of futures. */
  readonly pendingTasks: number;
  /**
   * The number of tasks missing to the target number, at least 0 (CL-MW's mw-upto-target-number).
   * @example for (let i = ping.uptoTargetNumber; i > 0; i--) ping.funcall();
   */
  readonly uptoTargetNumber: number;
}

/** A task algorithm: callable as its function, which then runs here, and with stubs that submit tasks. */
export type Algorithm<N extends string, F extends TaskFunction> = F & AlgorithmStubs<N, F>;

/** Any algorithm; the type of arguments of `results()` and similar methods. */
export type AnyAlgorithm = Algorithm<string, TaskFunction>;

/** The fate of a task of algorithm `A`; for a union of algorithms, `algorithm` distinguishes them. */
export type FateOf<A extends AnyAlgorithm> = A extends AlgorithmStubs<infer N, infer F> ? Fate<N, F> : never;
