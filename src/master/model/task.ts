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

/**
 * Mutable, and owned by the task jar and the dispatcher: others read. The arguments are kept as they
 * were encoded at submission, so that every run gets fresh copies.
 */
export class Task {
  state: 'queued' | 'waiting' | 'running' | 'stored' | 'settled' = 'queued';
  /** Attempts that came to nothing. */
  failures = 0;
  /** May be why its slave died: it is run alone, so that no other pays for it. */
  suspect = false;
  /** Where it runs, and its place among the tasks of that session. */
  group: TaskGroup | undefined = undefined;
  index = -1;
  /** Which attempt it was given out as last. */
  runningAttempt = 1;
  /** Earlier runs, at slaves that may still send its result. */
  given: GivenRun[] | undefined = undefined;
  /** Its attempts that came to nothing, and doubtful ones. */
  history: FailedAttempt[] | undefined = undefined;
  /** The slave whose mailbox it belongs to; an ordered task, as long as that slave is there. */
  addressee: SlaveRecord | undefined = undefined;

  /** Under which its result is kept; of a task that the checkpoint does not concern undefined. */
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

  /** A run came to nothing; one that is `doubtful` most likely never began, and is no attempt. */
  noteRun({ sid, host, pid }: SlaveRecord, evidence: string, at: number, doubtful: boolean): FailedAttempt {
    const attempt = { sid, host, pid, attempt: this.runningAttempt, doubtful, evidence, at };
    this.history ??= [];
    this.history.push(attempt);
    if (!doubtful) this.failures++;
    return attempt;
  }

  /** The run has not come to nothing: it never began, or goes on. */
  takeBackCharge(run: GivenRun): void {
    const { charge } = run;
    if (charge === undefined) return;
    run.charge = undefined;
    this.history = this.history?.filter((attempt) => attempt !== charge);
    if (!charge.doubtful) this.failures--;
    if (this.runs === 0) this.suspect = false;
  }

  /** Runs that came to nothing, and such as may have: with the one to come at most the policy's `maxAttempts`. */
  get runs(): number {
    return this.history?.length ?? 0;
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
    return this.given?.findLast((given) => given.sid === sid && given.attempt === attempt);
  }

  /** Whether what its slave sends under these is the run that its books say runs. */
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
