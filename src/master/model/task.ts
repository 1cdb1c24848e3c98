/** One task of a master, from its submission to its fate, and the algorithm as its master counts it. */

import type { SharedValue } from '../../algorithms/shared.js';
import type { AlgorithmDefinition, ResolvedPolicy, TaskId } from '../../algorithms/types.js';
import type { FailedAttempt, TaskIdentity } from '../../errors.js';
import type { TraceContext } from '../../wire/messages/trace-context.js';
import type { GivenRun } from './given-run.js';
import type { ResultKey } from './result-store.js';
import type { SlaveRecord } from './slave-record.js';
import type { SubmissionPlaces } from './submission-places.js';
import type { TaskFuture } from './task-future.js';
import type { TaskGroup } from './task-group.js';
import { TaskRarities } from './task-rarities.js';

/** The master's record of one algorithm. */
export interface AlgorithmEntry {
  readonly definition: AlgorithmDefinition;
  /** Its name on the wire. */
  readonly index: number;
  targetNumber: number;
  /** Tasks queued and running. */
  pending: number;
  /** Seconds per run, as a moving average; undefined before the first result. */
  seconds: number | undefined;
  /** Seconds that about one run in twenty exceeds; undefined before the first result. */
  longSeconds: number | undefined;
  /** Seconds that about three runs in four exceed; undefined before the first result. */
  quickSeconds: number | undefined;
  /** Bytes per result on the wire, as a moving average; 0 before the first. */
  resultBytes: number;
  /** The places where its tasks were submitted. */
  readonly places: SubmissionPlaces;
  /** Of its last task: a program often gives the same policy to many. */
  lastKind: TaskKind | undefined;
}

/** An algorithm with a policy: shared by the tasks that have both. */
interface TaskKind {
  readonly algorithm: AlgorithmEntry;
  readonly policy: ResolvedPolicy;
}

/** Settles the promise of a task submitted as a future. */
export interface FutureSettler {
  readonly promise: Promise<unknown>;
  readonly resolve: (packet: unknown) => void;
  readonly reject: (error: Error) => void;
}

const NO_RAWS: readonly Uint8Array[] = Object.freeze([]);

type TaskState = 'blocked' | 'queued' | 'waiting' | 'running' | 'stored' | 'settled';

/**
 * A task, and where it is. Its states, what puts it there, and what takes it out:
 *
 * - `blocked`: its arguments need the values of futures (`blockOn`). They come (`fill`), and the jar queues it, or
 *   one of them fails. Or it stands in the line of a reservation (`toHeld`), until its turn has come.
 * - `queued`: in the task jar, in a slave's mailbox if it is addressed to that. The jar puts it there at its submission
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
  /** The group in which it runs, or its state. One field for both, since there may be millions of tasks. */
  #place: TaskGroup | TaskState = 'queued';
  #index = -1;
  #rarities: TaskRarities | undefined = undefined;
  readonly #kind: TaskKind;
  #text: string;

  constructor(
    readonly number: number,
    algorithm: AlgorithmEntry,
    text: string,
    raws: readonly Uint8Array[],
    bytes: number,
    policy: ResolvedPolicy,
    future: FutureSettler | undefined,
  ) {
    this.#text = text;
    if (bytes !== text.length) this.#own.bytes = bytes;
    if (future !== undefined) this.#own.future = future;
    if (raws.length > 0) this.#own.raws = raws;
    const last = algorithm.lastKind;
    this.#kind = last?.policy === policy ? last : { algorithm, policy };
    algorithm.lastKind = this.#kind;
  }

  get algorithm(): AlgorithmEntry {
    return this.#kind.algorithm;
  }

  get #own(): TaskRarities {
    this.#rarities ??= new TaskRarities();
    return this.#rarities;
  }

  /** Its place among the tasks that its scope's signal cancels, which are its abort watch's; -1 if it is none of them. */
  get scopePlace(): number {
    return this.#rarities?.scopePlace ?? -1;
  }

  set scopePlace(place: number) {
    this.#own.scopePlace = place;
  }

  /** The encoded arguments. */
  get text(): string {
    return this.#text;
  }

  /** The futures that its arguments still need. */
  get dependencies(): readonly TaskFuture[] | undefined {
    return this.#rarities?.dependencies;
  }

  get raws(): readonly Uint8Array[] {
    return this.#rarities?.raws ?? NO_RAWS;
  }

  /** The shared values that its arguments refer to. */
  get shares(): readonly SharedValue[] | undefined {
    return this.#rarities?.shares;
  }

  needShares(shares: readonly SharedValue[]): void {
    this.#own.shares = shares;
  }

  /** The span in which it was submitted, if its runs are traced. */
  get trace(): TraceContext | undefined {
    return this.#rarities?.trace;
  }

  carryTrace(trace: TraceContext): void {
    this.#own.trace = trace;
  }

  /** Of `text` in UTF-8 and of `raws`. */
  get bytes(): number {
    return this.#rarities?.bytes ?? this.text.length;
  }

  get future(): FutureSettler | undefined {
    return this.#rarities?.future;
  }

  get policy(): ResolvedPolicy {
    return this.#kind.policy;
  }

  /** The algorithm whose options hold for its results: that of the program where an operation computes for it. */
  get subject(): AlgorithmDefinition {
    return this.policy.subject ?? this.algorithm.definition;
  }

  /** The key of its stored result; undefined for a task that the checkpoint does not keep. */
  get resultKey(): ResultKey | undefined {
    return this.#rarities?.resultKey;
  }

  storeUnder(key: ResultKey): void {
    this.#own.resultKey = key;
  }

  get state(): TaskState {
    const place = this.#place;
    return typeof place === 'string' ? place : 'running';
  }

  /** The slave that runs it. */
  get group(): TaskGroup | undefined {
    const place = this.#place;
    return typeof place === 'string' ? undefined : place;
  }

  /** Its place among the tasks of the session in which it runs; -1 in the jar. */
  get index(): number {
    return this.#index;
  }

  /** The number of the attempt as which it was given out last. */
  get runningAttempt(): number {
    return this.#rarities?.runningAttempt ?? 1;
  }

  /** Attempts that failed. */
  get failures(): number {
    return this.#rarities?.failures ?? 0;
  }

  /** It may be why its slave died: it runs alone, so that no other task is harmed. */
  get suspect(): boolean {
    return this.#rarities?.suspect ?? false;
  }

  /** The slave whose mailbox has it; set for an ordered task or a run of a broadcast while that slave is there. */
  get addressee(): SlaveRecord | undefined {
    return this.#rarities?.addressee;
  }

  get given(): readonly GivenRun[] | undefined {
    return this.#rarities?.given;
  }

  /** Its failed attempts, and runs that may have begun. */
  get history(): readonly FailedAttempt[] | undefined {
    return this.#rarities?.history;
  }

  toQueued(): void {
    this.#place = 'queued';
    this.#index = -1;
  }

  /** It stands in the line of a reservation. */
  toHeld(): void {
    this.#place = 'blocked';
  }

  /** Its arguments are a template, whose places are the values of these futures. */
  blockOn(futures: readonly TaskFuture[]): void {
    this.#place = 'blocked';
    this.#own.dependencies = futures;
  }

  /** Its arguments are complete. */
  fill(text: string, raws: readonly Uint8Array[], bytes: number): void {
    const own = this.#own;
    this.#text = text;
    own.raws = raws.length === 0 ? undefined : raws;
    own.bytes = bytes === text.length ? undefined : bytes;
    own.dependencies = undefined;
  }

  toWaiting(): void {
    this.toQueued();
    this.#place = 'waiting';
  }

  toStored(): void {
    this.#place = 'stored';
  }

  /** Its next attempt goes out in this group. */
  toRunning(group: TaskGroup, index: number): void {
    this.#place = group;
    this.#index = index;
    if (this.#rarities !== undefined) this.#rarities.runningAttempt = this.attempt;
  }

  /** An earlier attempt goes on, alone in this group. */
  toResumed(group: TaskGroup, index: number, attempt: number): void {
    this.#place = group;
    this.#index = index;
    this.#own.runningAttempt = attempt;
  }

  /** Its run is over, or is no longer its run; another move follows. */
  leaveGroup(): void {
    this.#place = 'running';
  }

  /** Neither in a group nor in the jar: it is about to get its fate. */
  toUnplaced(): void {
    this.#place = 'running';
  }

  toSettled(): void {
    this.#place = 'settled';
  }

  /** It belongs to the mailbox of this slave, or any slave may run it. */
  addressTo(slave: SlaveRecord | undefined): void {
    if (slave !== this.addressee) this.#own.addressee = slave;
  }

  markSuspect(): void {
    this.#own.suspect = true;
  }

  /** An earlier master stored its result, as the result of this attempt. */
  takeStoredAttempt(attempt: number): void {
    this.#own.failures = attempt - 1;
  }

  /** Its current run is an earlier one from now on. */
  noteGiven(run: GivenRun): void {
    const own = this.#own;
    own.given ??= [];
    own.given.push(run);
  }

  /** A run failed. A `doubtful` run most likely never began, and is not an attempt. The slave may have said how long it took. */
  noteRun(
    { sid, host, pid }: SlaveRecord,
    evidence: string,
    at: number,
    doubtful: boolean,
    seconds?: number,
  ): FailedAttempt {
    const took = seconds === undefined ? {} : { seconds };
    const attempt = { sid, host, pid, attempt: this.runningAttempt, doubtful, evidence, at, ...took };
    const own = this.#own;
    own.history ??= [];
    own.history.push(attempt);
    if (!doubtful) own.failures++;
    return attempt;
  }

  /** The run did not fail: it never began, or goes on. */
  takeBackCharge(run: GivenRun): void {
    const { charge } = run;
    if (charge === undefined) return;
    run.charge = undefined;
    const own = this.#own;
    own.history = own.history?.filter((attempt) => attempt !== charge);
    if (!charge.doubtful) own.failures--;
    if (this.runs === 0) own.suspect = false;
  }

  /** Runs that failed or may have failed; with the next run, never more than `maxAttempts`. */
  get runs(): number {
    return this.#rarities?.history?.length ?? 0;
  }

  get id(): TaskId {
    return `TASK-${this.number}`;
  }

  /** Its description in errors. */
  get identity(): TaskIdentity {
    const { places, definition } = this.algorithm;
    return { taskId: this.id, algorithm: definition.name, submittedAt: places.of(this.number) };
  }

  /** The earlier run of it that was that slave's. */
  givenRun(sid: number, attempt: number): GivenRun | undefined {
    return this.#rarities?.given?.findLast((given) => given.sid === sid && given.attempt === attempt);
  }

  /** Whether these numbers in a slave's message name its current run. */
  runsAs(sid: number, attempt: number): boolean {
    const { group } = this;
    if (group?.run !== undefined) return group.run.sid === sid && group.run.attempt === attempt;
    return group?.slave.number === sid && this.runningAttempt === attempt;
  }

  /** The attempt that the next run would be. */
  get attempt(): number {
    return this.failures + 1;
  }
}
