/** Decides about a task after a failed run: the next run, now or later, or none. */

import { MOST_BACKOFF_SECONDS } from '../../algorithms/policy.js';
import type { ResolvedPolicy } from '../../algorithms/types.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import { cutAlike } from '../../audit/format/cut-alike.js';
import { type TaskError, type UnrunnableReason, UsageError } from '../../errors.js';
import { MOST_EVIDENCE } from '../../wire/messages/messages.js';
import { describeError } from '../../wire/values/remote-error.js';
import type { TaskJar } from '../jar/task-jar.js';
import type { GivenRun } from '../model/given-run.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';
import type { TaskFate } from '../model/task-fate.js';
import { Jitter } from './jitter.js';

/** After its `backoffSeconds`, or after this number of seconds; or it is not run again. */
export type NextRun = 'after its backoff' | number | undefined;

/** An error of a run, and the first line of the program's own code in its stack. */
export interface ThrownRun {
  readonly error: TaskFate['error'];
  readonly frame: string | undefined;
  readonly seconds: number | undefined;
}

/** A run after which there is another one, as the trail tells it. */
interface FailedRun {
  readonly evidence: string;
  readonly frame?: string | undefined;
  /** By its policy's backoff if undefined. */
  readonly waitSeconds?: number | undefined;
}

export interface RetriesParams {
  /** Of the master: other runs wait differently. */
  readonly run: string;
  readonly jar: TaskJar;
  readonly audit: AuditSink;
  /** Unix milliseconds. */
  readonly wallClock: () => number;
  /** Whether an earlier run of it goes on, which is its run from now on. */
  readonly resume: (task: Task) => boolean;
  readonly giveUp: (task: Task, reason: UnrunnableReason, message: string) => void;
}

/** For tasks that are in no group and in no queue. */
export class Retries {
  readonly #jar: TaskJar;
  readonly #audit: AuditSink;
  readonly #wallClock: () => number;
  readonly #resume: RetriesParams['resume'];
  readonly #giveUp: RetriesParams['giveUp'];
  readonly #jitter: Jitter;

  constructor({ run, jar, audit, wallClock, resume, giveUp }: RetriesParams) {
    this.#jitter = new Jitter(run);
    this.#jar = jar;
    this.#audit = audit;
    this.#wallClock = wallClock;
    this.#resume = resume;
    this.#giveUp = giveUp;
  }

  /** A run of a task threw this. Its policy may be a function of the program, which may do anything. */
  judgeError(task: Task, { error, algorithm, taskId }: TaskFate, attempt: number): NextRun {
    const { retryErrors } = task.policy;
    if (retryErrors === false || (error as TaskError).final) return undefined;
    if (retryErrors === true) return 'after its backoff';
    try {
      return nextRun(retryErrors(error as TaskError, attempt));
    } catch (thrown) {
      const reason = cutAlike(reasonOf(thrown), MOST_EVIDENCE);
      this.#audit.emit({ type: 'retry-undecided', taskId, attempt, algorithm, reason });
      return undefined;
    }
  }

  /** It threw, and is to run again; an ordered task stays with its slave, unless that was freed. */
  afterError(
    task: Task,
    slave: SlaveRecord,
    { error, frame, seconds }: ThrownRun,
    next: Exclude<NextRun, undefined>,
    now: number,
  ): void {
    const evidence = cutAlike(`it threw ${error?.name}: ${error?.message}`, MOST_EVIDENCE);
    task.noteRun(slave, evidence, this.#wallClock(), false, seconds);
    const { addressee } = task;
    const isUnwanted = addressee?.takesOrdered === false && !task.policy.isBroadcast;
    if (isUnwanted && !tryUnbind(task)) {
      const isFreed = addressee.isWorking;
      const why = `${addressee.sid} was ${isFreed ? 'freed' : 'lost'}`;
      this.abandon(task, isFreed ? 'slave-freed' : 'slave-lost', `${why}; ${refusal(task)}`);
    } else {
      const waitSeconds = typeof next === 'number' ? next : undefined;
      this.#runAgain(task, slave, { evidence, frame, waitSeconds }, now);
    }
  }

  /** It took longer than it may: these `seconds`, if its slave says so and lives on; otherwise the slave is ended for it. */
  afterTimeout(task: Task, slave: SlaveRecord, seconds: number | undefined, now: number): void {
    const { policy, addressee } = task;
    const lives = seconds !== undefined;
    const evidence = `it ran longer than its ${policy.timeoutSeconds} s${lives ? '' : ', and did not stop'}`;
    task.noteRun(slave, evidence, this.#wallClock(), false, seconds);
    const stays = lives && addressee?.takesOrdered === true;
    if (!(stays ? policy.retry : tryUnbind(task))) {
      this.abandon(task, 'timeout', `${evidence}; ${refusal(task)}`);
    } else if (task.runs >= policy.maxAttempts) {
      this.abandon(task, 'timeout', `${countRuns(task)} begun and none finished; the last: ${evidence}`);
    } else {
      this.#runAgain(task, slave, { evidence }, now);
    }
  }

  /** An earlier run has failed, beside the current one; once. */
  charge(
    task: Task,
    run: GivenRun,
    slave: SlaveRecord,
    evidence: string,
    doubtful: boolean,
    seconds?: number,
  ): void {
    run.charge ??= task.noteRun(slave, evidence, this.#wallClock(), doubtful, seconds);
  }

  /** The program ends this run of it; there is no other one. */
  noteKilled(task: Task, slave: SlaveRecord): void {
    task.noteRun(slave, 'it was killed', this.#wallClock(), false);
  }

  /** At once, or after the wait that its policy asks for. */
  putBack(task: Task, now: number, waitSeconds = this.#backoffSeconds(task)): void {
    if (this.#resume(task)) return;
    if (waitSeconds === 0) this.#jar.putBack(task);
    else this.#jar.putBackAt(now + waitSeconds * 1000, task);
  }

  /** There will be no other run, unless an earlier one goes on. */
  abandon(task: Task, reason: UnrunnableReason, message: string): void {
    if (this.#resume(task)) return;
    task.toUnplaced();
    this.#giveUp(task, reason, message);
  }

  #runAgain(
    task: Task,
    { sid }: SlaveRecord,
    { evidence, frame, waitSeconds = this.#backoffSeconds(task) }: FailedRun,
    now: number,
  ): void {
    const { id: taskId, failures: attempt } = task;
    const algorithm = task.algorithm.definition.name;
    const type = 'task-retried';
    this.#audit.emit({ type, sid, taskId, attempt, algorithm, frame, waitSeconds, evidence });
    this.putBack(task, now, waitSeconds);
  }

  #backoffSeconds({ policy, failures, number }: Task): number {
    const seconds = backoffSeconds(policy, failures);
    if (seconds === 0 || policy.backoffJitter === 0) return seconds;
    return seconds * (1 - policy.backoffJitter * this.#jitter.fraction(number, failures));
  }
}

/** Whether a task that threw may run again; an earlier run of it, believed lost, has no say in how many there are. */
export function mayRunAgain({ policy, runs }: Task, isCurrent: boolean): boolean {
  return policy.retryErrors !== false && (!isCurrent || runs + 1 < policy.maxAttempts);
}

/** Throws UsageError for any other answer. */
function nextRun(answer: unknown): NextRun {
  if (answer === true) return 'after its backoff';
  if (answer === false) return undefined;
  if (typeof answer === 'number' && answer >= 0 && answer <= MOST_BACKOFF_SECONDS) return answer;
  const got = answer instanceof Promise ? 'a promise' : typeof answer === 'number' ? answer : typeof answer;
  // An async function that also rejects must not end the process
  if (answer instanceof Promise) answer.catch(() => {});
  throw new UsageError(
    `retryErrors returns true, false or seconds from 0 to ${MOST_BACKOFF_SECONDS}; it returned ${got}`,
  );
}

/** Whatever the program throws, it can be told. */
function reasonOf(thrown: unknown): string {
  const { name, message } = describeError(thrown);
  return `${name}: ${message}`;
}

/** Makes a task of one slave anyone's, if its policy lets it run elsewhere; returns whether it did. */
export function tryUnbind(task: Task): boolean {
  const { retry, doItAnyway } = task.policy;
  const may = retry && (task.addressee === undefined || doItAnyway);
  if (may) task.addressTo(undefined);
  return may;
}

export function refusal({ policy }: Task): string {
  if (policy.isBroadcast) return 'each slave runs a broadcast itself';
  if (policy.reservation !== undefined) return 'a call of an actor runs once';
  return policy.retry ? 'the policy says not to do it anyway' : 'the policy says no retry';
}

export function countRuns({ failures, runs }: Task): string {
  const doubtful = runs - failures;
  if (failures === 0) return `perhaps ${doubtful === 1 ? '1 run was' : `${doubtful} runs were`}`;
  const more = doubtful === 0 ? '' : `, and perhaps ${doubtful} more,`;
  return failures === 1 ? `1 run${more} was` : `${failures} runs${more} were`;
}

/** How long a task waits before its next run: twice as long after each further failure, up to the bound. */
export function backoffSeconds(policy: ResolvedPolicy, failures: number): number {
  if (policy.backoffSeconds === 0) return 0;
  return Math.min(MOST_BACKOFF_SECONDS, policy.backoffSeconds * 2 ** (failures - 1));
}
