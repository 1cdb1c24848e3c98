/** The error classes of ts-mw: each has a `code`, data fields and, where there is one, a `cause`. */

/** Base of every error that ts-mw throws on purpose. */
export class MwError extends Error {
  /** Names the kind of error, for example `ERR_MW_USAGE`; the same in every version. */
  readonly code: string;
  /** The component of a `parallel`, `sequential`, `firstWins` or thread that failed with it, such as `parallel.build`. */
  declare readonly scopePath?: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The program calls the library in a wrong way; the message says what to write instead. */
export class UsageError extends MwError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MW_USAGE', message, options);
  }
}

/** A call needs a master, and there is none, or there are several; the message says what to write. */
export class NoKernelError extends UsageError {
  /** Always the same. */
  override readonly code: string = 'ERR_MW_NO_KERNEL';
}

/** A value that was given as a task is not one; the message says how to make one of it. */
export class InvalidTaskError extends MwError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MW_INVALID_TASK', message, options);
  }
}

/** Characters that would break a line or control the terminal. */
const UNPRINTABLES = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

/**
 * A command-line flag is wrong. `flag` is its name as typed, with the dashes. An algorithm may throw one
 * about its own flags: it is printed in one line, without the stack, and the exit code is 255.
 */
export class FlagError extends MwError {
  /** As typed, for example `--slaves`. */
  readonly flag: string;

  constructor(flag: string, message: string, options?: ErrorOptions) {
    super('ERR_MW_FLAG', inOneLine(`${flag}: ${message}`), options);
    this.flag = flag;
  }
}

function inOneLine(text: string): string {
  return text.replace(UNPRINTABLES, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A value cannot travel. `path` leads to the culprit inside it, such as `[0].handlers.click`. */
export class EncodeError extends MwError {
  /** From the value that was sent to the culprit, for example `[0].handlers.click`. */
  readonly path: string;
  /** The place of the element in the source, where a collection's call has it; `path` begins in the element then. */
  declare readonly index?: number;

  constructor(path: string, message: string, options?: ErrorOptions) {
    super('ERR_MW_ENCODE', message, options);
    this.path = path;
  }
}

/** A message is larger than `--max-message-size` allows; sizes in bytes. */
export class MessageSizeError extends MwError {
  /** Of the message, in bytes. */
  readonly size: number;
  /** `--max-message-size`, in bytes. */
  readonly limit: number;
  /** The place of the element in the source, where a collection's call has it. */
  declare readonly index?: number;

  constructor(what: string, size: number, limit: number) {
    super(
      'ERR_MW_MESSAGE_SIZE',
      `${what} takes ${size} bytes, and --max-message-size is ${limit}; raise the flag or send less`,
    );
    this.size = size;
    this.limit = limit;
  }
}

/** Received bytes, or those of a file, have the wrong form. */
export class FormatError extends MwError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MW_FORMAT', message, options);
  }
}

/** A slave could not join, or a master could not take its place; the message says why and what to do. */
export class JoinError extends MwError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MW_JOIN', message, options);
  }
}

/** The folder of `--checkpoint` cannot be used, or takes no more results; the message says why. */
export class CheckpointError extends MwError {
  /** Its path. */
  readonly folder: string;

  constructor(folder: string, message: string, options?: ErrorOptions) {
    super('ERR_MW_CHECKPOINT', `--checkpoint: ${message}`, options);
    this.folder = folder;
  }
}

/** The mark of a FinalError, the same in every copy of this library and in every realm. */
export const FINAL = Symbol.for('ts-mw.FinalError');

/**
 * Throw it in a task algorithm if no other run can help: whatever `retryErrors` says, the error is the task's fate.
 * It has `final: true` there. So has an instance of a subclass, whatever its name, and an Error with the name
 * `FinalError`; an error that only has one as its `cause` does not.
 *
 * @example
 * if (response.status === 404) throw new FinalError(`no page ${url}`);
 */
export class FinalError extends MwError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MW_FINAL', message, options);
  }
}

// Not in the class: a bundler would give a class that refers to itself another name
Object.defineProperty(FinalError.prototype, FINAL, { value: true });

/** Whether a task that throws this should not be run again; never throws. */
export function isFinal(thrown: object): boolean {
  try {
    return (thrown as { [FINAL]?: unknown })[FINAL] === true || (thrown as Error).name === 'FinalError';
  } catch {
    return false;
  }
}

/** The exception of a task algorithm on a slave, as the slave described it. */
export interface RemoteError {
  /** For example `RangeError`; `NonError` if what was thrown is no Error. */
  readonly name: string;
  /** Its own message; of what is no Error, a text that shows it. */
  readonly message: string;
  /** That of the slave's process. */
  readonly stack?: string | undefined;
  /** Its cause: an Error if the task's cause was one. If the task threw another value, that value. */
  readonly cause?: unknown;
  /** Its own properties, those of `Error` left out. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** True of a FinalError. */
  readonly final?: boolean | undefined;
}

/** The task that an error is about. */
export interface TaskIdentity {
  /** Its id, for example `TASK-7`. */
  readonly taskId: string;
  /** The name of its algorithm. */
  readonly algorithm: string;
  /** The place in the program that submitted it, such as `file:///app/main.js:12:3`; undefined if unknown. */
  readonly submittedAt: string | undefined;
}

/** The run of a task that an error is about. */
export interface TaskRun extends TaskIdentity {
  /** The slave that ran it, for example `SLAVE-0`. */
  readonly sid: string;
  /** Which run of the task it was, from 1. */
  readonly attempt: number;
}

/**
 * A task algorithm threw. `name`, `message`, `stack` and `cause` are the remote error's; its own further
 * properties are under `fields`. `taskId`, `algorithm`, `sid` and `attempt` identify the run. `submittedAt`
 * is the place in the program that submitted the task, if known.
 */
export class TaskError extends MwError implements TaskRun {
  /** The remote error's own properties, those of `Error` left out. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Whether the algorithm threw a FinalError, so that the task is never run again. */
  readonly final: boolean;
  /** Its id, for example `TASK-7`. */
  readonly taskId: string;
  /** The name of its algorithm. */
  readonly algorithm: string;
  /** The slave that ran it, for example `SLAVE-0`. */
  readonly sid: string;
  /** Which run of the task it was, from 1. */
  readonly attempt: number;
  /** Where the program submitted it; undefined where that is not known. */
  readonly submittedAt: string | undefined;
  /** The place of the element in the source, where a collection's call rejects with it. */
  declare readonly index?: number;

  constructor(remote: RemoteError, { taskId, algorithm, sid, attempt, submittedAt }: TaskRun) {
    super('ERR_MW_TASK', remote.message, 'cause' in remote ? { cause: remote.cause } : undefined);
    this.name = remote.name;
    if (remote.stack !== undefined) this.stack = remote.stack;
    this.fields = remote.fields;
    this.final = remote.final ?? false;
    this.taskId = taskId;
    this.algorithm = algorithm;
    this.sid = sid;
    this.attempt = attempt;
    this.submittedAt = submittedAt;
  }
}

/** The reason why a task can never run again. */
export type UnrunnableReason =
  | 'slave-lost'
  | 'slave-freed'
  | 'unknown-sid'
  | 'max-attempts'
  | 'timeout'
  | 'dependency'
  | 'cancelled'
  | 'killed';

/**
 * One failed run of a task: its slave, the attempt, and the evidence of its end, such as `process ended by
 * SIGABRT`.
 */
export interface FailedAttempt {
  /** The slave that had the task, for example `SLAVE-0`. */
  readonly sid: string;
  /** The place of the slave's process. */
  readonly host: string;
  /** The id of that process. */
  readonly pid: number;
  /** Which run of the task it was, from 1. */
  readonly attempt: number;
  /**
   * Most likely the lost slave had not begun the task, or had ended it and the result was lost. The run is
   * not an attempt, but counts towards `maxAttempts`, since it may have begun.
   */
  readonly doubtful: boolean;
  /** How its end was seen, for example `silent for 30.1 s`. */
  readonly evidence: string;
  /** The time when the master learned of its end, in Unix milliseconds. */
  readonly at: number;
  /** Seconds that it took; there only if its slave told its end. */
  readonly seconds?: number;
}

/**
 * A task became unrunnable. `history` has its failed runs, oldest first. If its `signal` cancelled the task,
 * `cause` is the reason of the abort.
 */
export class UnrunnableError extends MwError implements TaskIdentity {
  /** Its id, for example `TASK-7`. */
  readonly taskId: string;
  /** The name of its algorithm. */
  readonly algorithm: string;
  /** Where the program submitted it; undefined where that is not known. */
  readonly submittedAt: string | undefined;
  /** Why it will never run. */
  readonly reason: UnrunnableReason;
  /** Its runs that failed, oldest first; empty if there was none. */
  readonly history: readonly FailedAttempt[];
  /** The task that failed, and whose value this one needed, directly or not; only with the reason `dependency`. */
  declare readonly failedTaskId?: string;
  /** The place of the element in the source, where a collection's call rejects with it. */
  declare readonly index?: number;

  constructor(
    { taskId, algorithm, submittedAt }: TaskIdentity,
    reason: UnrunnableReason,
    message: string,
    history: readonly FailedAttempt[],
    { failedTaskId, ...options }: ErrorOptions & { failedTaskId?: string | undefined } = {},
  ) {
    super('ERR_MW_UNRUNNABLE', message, options);
    if (failedTaskId !== undefined) this.failedTaskId = failedTaskId;
    this.taskId = taskId;
    this.algorithm = algorithm;
    this.submittedAt = submittedAt;
    this.reason = reason;
    this.history = history;
  }
}

/**
 * The program killed the task while it ran, by `killTasks` or by `cancel` with `kill`. Its `reason` is `killed`, and
 * the last entry of its `history` is the run that was ended.
 */
export class TaskKilledError extends UnrunnableError {
  /** `ERR_MW_TASK_KILLED`. */
  override readonly code: string = 'ERR_MW_TASK_KILLED';
  /** That of its policy. */
  readonly category: string;

  constructor(
    identity: TaskIdentity,
    message: string,
    history: readonly FailedAttempt[],
    category: string,
    options?: ErrorOptions,
  ) {
    super(identity, 'killed', message, history, options);
    this.category = category;
  }
}

/**
 * The master was stopped before the program had everything: by a signal, by `stop()`, or by an error, which
 * is then its `cause`. All calls that wait for the master throw it; `master.signal` has aborted with it
 * before. If the program does not catch it, it is printed in one line.
 */
export class StoppedError extends MwError {
  /** Tasks without a fate: queued, running, or with a result that was not stored yet. */
  readonly pending: number;
  /** Fates that had arrived and were not taken: `getResults` and `getUnrunnableTasks` still return them. */
  readonly untaken: number;
  /** Undefined if there was no signal. */
  readonly signal: NodeJS.Signals | undefined;

  constructor(
    message: string,
    {
      pending,
      untaken,
      signal,
      ...options
    }: { pending: number; untaken: number; signal?: NodeJS.Signals | undefined } & ErrorOptions,
  ) {
    super('ERR_MW_STOPPED', inOneLine(message), options);
    this.pending = pending;
    this.untaken = untaken;
    this.signal = signal;
  }
}

/**
 * A scope of control flow was cancelled before it had ended: another component failed or won, or its thread was killed.
 * Whatever waits in it rejects with this, or with the UnrunnableError of a task that has it as its `cause`.
 */
export class ScopeCancelledError extends MwError {
  /** Of the scope that was cancelled, with all inside it. */
  declare readonly scopePath: string;

  constructor(scopePath: string, why: string, options?: ErrorOptions) {
    super('ERR_MW_SCOPE_CANCELLED', inOneLine(`${scopePath} was cancelled: ${why}`), options);
    this.scopePath = scopePath;
  }
}

/**
 * The path of the component that failed with this error, such as `parallel.build > sequential[2]`; undefined if it
 * has left none.
 */
export function scopePathOf(error: unknown): string | undefined {
  const { scopePath } = Object(error) as { readonly scopePath?: unknown };
  return typeof scopePath === 'string' ? scopePath : undefined;
}
