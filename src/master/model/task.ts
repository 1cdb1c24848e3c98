/** One task of a master, from its submission to its fate, and the algorithm as its master counts it. */

import type { AlgorithmDefinition, ResolvedPolicy, TaskId } from '../../algorithms/types.js';
import type { FailedAttempt, TaskIdentity } from '../../errors.js';
import type { GivenRun } from './given-run.js';
import type { ResultKey } from './result-store.js';
import type { SlaveRecord } from './slave-record.js';
import type { SubmissionPlaces } from './submission-places.js';
import type { TaskGroup } from './task-group.js';

/** What one master knows of one algorithm. */
export interface AlgorithmEntry {
  readonly definition: AlgorithmDefinition;
  /** How tasks name it on the wire. */
  readonly index: number;
  targetNumber: number;
  /** Tasks queued and running. */
  pending: number;
  /** Seconds a run takes, as a moving average; undefined before the first result. */
  seconds: number | undefined;
  /** Bytes that a result takes on the wire, as a moving average; 0 before the first. */
  resultBytes: number;
  /** Where its tasks were submitted. */
  readonly places: SubmissionPlaces;
}

/** Settles the promise of a task submitted as a future. */
export interface FutureSettler {
  readonly promise: Promise<unknown>;
  readonly resolve: (packet: unknown) => void;
  readonly reject: (error: Error) => void;
}

export type TaskState = 'queued' | 'waiting' | 'running' | 'stored' | 'settled';

/**
 * A task, and where it is. Its states, what puts it there, and what takes it out:
 *
 * - `queued`: in the task jar, in a slave's mailbox if it is ordered. The jar puts it there at its submission
 *   and when a run is taken back (`toQueued`). A dispatch takes it out, or its cancellation.
 * - `waiting`: in the jar until its backoff is over (`toWaiting`). The jar's `wake` takes it out.
 * - `running`: in a group of a slave. The dispatcher puts it there (`toRunning`), or a slave that comes back
 *   with a run of it (`toResumed`). A result takes it out, a recall, the loss of its slave (`leaveGroup`). It is also
 *   running, in no group, between that and its next state.
 * - `stored`: its result is in the checkpoint, and comes in its turn (`toStored`).
 * - `settled`: it has its fate, and never changes again (`toSettled`).
 *
 * The arguments are kept as they were encoded at submission, so that every run gets fresh copies.
 */
export class Task {
  #state: TaskState = 'queued';
  #group: TaskGroup | undefined = undefined;
  #index = -1;
  #runningAttempt = 1;
  #failures = 0;
  #suspect = false;
  #addressee: SlaveRecord | undefined = undefined;
  /** Earlier runs, at slaves that may still send its result. */
  #given: GivenRun[] | undefined = undefined;
  #history: FailedAttempt[] | undefined = undefined;
  /** Under which its result is kept, set by the checkpoint once; undefined of a task that it does not concern. */
  resultKey: ResultKey | undefined = undefined;

  constructor(
    readonly number: number,
    readonly algorithm: AlgorithmEntry,
    readonly text: string,
    readonly raws: readonly Uint8Array[],
    readonly bytes: number,
    readonly policy: ResolvedPolicy,
    readonly future: FutureSettler | undefined,
  ) {}

  get state(): TaskState {
    return this.#state;
  }

  /** Where it runs. */
  get group(): TaskGroup | undefined {
    return this.#group;
  }

  /** Its place among the tasks of the session in which it runs; -1 in the jar. */
  get index(): number {
    return this.#index;
  }

  /** Which attempt it was given out as last. */
  get runningAttempt(): number {
    return this.#runningAttempt;
  }

  /** Attempts that failed. */
  get failures(): number {
    return this.#failures;
  }

  /** May be why its slave died: it is run alone, so that no other pays for it. */
  get suspect(): boolean {
    return this.#suspect;
  }

  /** The slave whose mailbox it belongs to; an ordered task, as long as that slave is there. */
  get addressee(): SlaveRecord | undefined {
    return this.#addressee;
  }

  get given(): readonly GivenRun[] | undefined {
    return this.#given;
  }

  /** Its attempts that failed, and those that may have begun. */
  get history(): readonly FailedAttempt[] | undefined {
    return this.#history;
  }

  toQueued(): void {
    this.#state = 'queued';
    this.#group = undefined;
    this.#index = -1;
  }

  toWaiting(): void {
    this.toQueued();
    this.#state = 'waiting';
  }

  toStored(): void {
    this.#state = 'stored';
  }

  /** Its next attempt goes out in this group. */
  toRunning(group: TaskGroup, index: number): void {
    this.#state = 'running';
    this.#group = group;
    this.#index = index;
    this.#runningAttempt = this.attempt;
  }

  /** An attempt that was given out before goes on, alone in this group. */
  toResumed(group: TaskGroup, index: number, attempt: number): void {
    this.#state = 'running';
    this.#group = group;
    this.#index = index;
    this.#runningAttempt = attempt;
  }

  /** Its run is over, or is not its run any more; another move follows. */
  leaveGroup(): void {
    this.#group = undefined;
  }

  /** Neither in a group nor in the jar: it is about to be given up. */
  toUnplaced(): void {
    this.#state = 'running';
    this.#group = undefined;
  }

  toSettled(): void {
    this.#state = 'settled';
    this.#group = undefined;
  }

  /** It belongs into the mailbox of this slave, or is anyone's. */
  addressTo(slave: SlaveRecord | undefined): void {
    this.#addressee = slave;
  }

  markSuspect(): void {
    this.#suspect = true;
  }

  /** Its result was stored by an earlier master, as that of this attempt. */
  takeStoredAttempt(attempt: number): void {
    this.#failures = attempt - 1;
  }

  /** The run that the books have of it is an earlier one from now on. */
  noteGiven(run: GivenRun): void {
    this.#given ??= [];
    this.#given.push(run);
  }

  /** A run failed; one that is `doubtful` most likely never began, and is no attempt. */
  noteRun({ sid, host, pid }: SlaveRecord, evidence: string, at: number, doubtful: boolean): FailedAttempt {
    const attempt = { sid, host, pid, attempt: this.#runningAttempt, doubtful, evidence, at };
    this.#history ??= [];
    this.#history.push(attempt);
    if (!doubtful) this.#failures++;
    return attempt;
  }

  /** The run has not failed: it never began, or goes on. */
  takeBackCharge(run: GivenRun): void {
    const { charge } = run;
    if (charge === undefined) return;
    run.charge = undefined;
    this.#history = this.#history?.filter((attempt) => attempt !== charge);
    if (!charge.doubtful) this.#failures--;
    if (this.runs === 0) this.#suspect = false;
  }

  /** Runs that failed or may have failed; with the next run, never more than `maxAttempts`. */
  get runs(): number {
    return this.#history?.length ?? 0;
  }

  get id(): TaskId {
    return `TASK-${this.number}`;
  }

  /** What errors about it say. */
  get identity(): TaskIdentity {
    const { places, definition } = this.algorithm;
    return { taskId: this.id, algorithm: definition.name, submittedAt: places.of(this.number) };
  }

  /** The earlier run of it that was that slave's. */
  givenRun(sid: number, attempt: number): GivenRun | undefined {
    return this.#given?.findLast((given) => given.sid === sid && given.attempt === attempt);
  }

  /** Whether what its slave sends under these is the run that its books say runs. */
  runsAs(sid: number, attempt: number): boolean {
    const group = this.#group;
    if (group?.run !== undefined) return group.run.sid === sid && group.run.attempt === attempt;
    return group?.slave.number === sid && this.#runningAttempt === attempt;
  }

  /** The attempt that the next run would be. */
  get attempt(): number {
    return this.#failures + 1;
  }
}
