/** Judges, in a slave's sentinel, runs that do not end by their limit or after they were killed; pure. */

import type { RunKill } from '../../wire/messages/messages.js';
import type { RunLimit } from '../shared/run-limit.js';
import type { ClaimsPort } from './sentinel-types.js';

/** The time for a task to stop after its signal was aborted. */
export const STOP_WITHIN_MS = 2_000;
/** The time for which the process of a condemned run lives on, so that its master gets the reason. */
const TELL_WITHIN_MS = 1_000;

/** Main says that runs with a limit begin, but only when it has not said so for this time. */
export const EXPECT_AGAIN_MS = 1_000;

interface Watched {
  readonly serial: number;
  readonly since: number;
}

interface Condemned {
  readonly evidence: string;
  readonly at: number;
}

/** The place of a run among the tasks of a slave's session. */
export interface RunPlace {
  readonly generation: number;
  readonly index: number;
}

/** A run that the master has killed, which the sentinel knows from it and not from main. */
interface Killed extends RunPlace, RunKill {
  /** When it was first seen running after that. */
  since: number | undefined;
}

/**
 * Two ways lead to a run that must end. Main shares the one with the next limit, killed ones among them, for as long as
 * it runs. A main that computes does not hear of a kill: such a run is found by its claim.
 *
 * Time is that of the sentinel's loop while it is on time: it does not pass for a stopped process.
 */
export class RunJudge {
  readonly #limit: Pick<RunLimit, 'current' | 'condemn'>;
  readonly #claims: Pick<ClaimsPort, 'isRunning' | 'condemn'>;
  #killed: Killed[] = [];
  #watched: Watched | undefined;
  #condemned: Condemned | undefined;
  #told = false;
  #expectedAt = Number.NEGATIVE_INFINITY;

  constructor(
    limit: Pick<RunLimit, 'current' | 'condemn'>,
    claims: Pick<ClaimsPort, 'isRunning' | 'condemn'>,
  ) {
    this.#limit = limit;
    this.#claims = claims;
  }

  /** The master has killed this run. */
  kill({ generation, index }: RunPlace, { task, afterMs }: RunKill): void {
    this.#killed.push({ generation, index, task, afterMs, since: undefined });
  }

  /** Runs with a limit begin. `clock` may be that of the last turn, a second ago. */
  expect(clock: number): void {
    this.#expectedAt = clock;
  }

  /** Whether it needs frequent ticks: a run is watched, killed or condemned, or may begin without another word. */
  isAwake(clock: number): boolean {
    if (this.#watched !== undefined || this.#condemned !== undefined || this.#killed.length > 0) return true;
    return clock - this.#expectedAt < 3 * EXPECT_AGAIN_MS;
  }

  /** The run that was condemned in this tick: its master must be told. */
  tick(clock: number): RunPlace | undefined {
    if (this.#condemned !== undefined) return undefined;
    return this.#judgeLimited(clock) ?? this.#judgeKilled(clock);
  }

  #judgeLimited(clock: number): RunPlace | undefined {
    const run = this.#limit.current();
    if (run === undefined || run.serial !== this.#watched?.serial) {
      this.#watched = run && { serial: run.serial, since: clock };
      return undefined;
    }
    const mostMs = run.killed === 1 ? run.leftMs : run.leftMs + STOP_WITHIN_MS;
    if (clock - this.#watched.since < mostMs || !this.#limit.condemn(run.serial)) return undefined;
    const evidence =
      run.killed === 1
        ? killEvidence(run.task, run.limitMs)
        : `TASK-${run.task} ran longer than its ${run.limitMs / 1000} s and did not stop`;
    this.#condemned = { evidence, at: clock };
    return run;
  }

  /** A run that begins to be watched is judged from the next tick on: it has had some time to heed its signal. */
  #judgeKilled(clock: number): RunPlace | undefined {
    if (this.#killed.length === 0) return undefined;
    this.#killed = this.#killed.filter(({ generation, index }) => this.#claims.isRunning(generation, index));
    for (const run of this.#killed) {
      if (run.since === undefined) {
        run.since = clock;
      } else if (clock - run.since >= run.afterMs && this.#claims.condemn(run.generation, run.index)) {
        this.#condemned = { evidence: killEvidence(run.task, run.afterMs), at: clock };
        return run;
      }
    }
    return undefined;
  }

  /** The master was told. */
  told(): void {
    this.#told = true;
  }

  /** The reason why the process must end now; undefined if it need not. */
  sentence(clock: number): string | undefined {
    if (this.#condemned === undefined) return undefined;
    const isDue = this.#told || clock - this.#condemned.at >= TELL_WITHIN_MS;
    return isDue ? this.#condemned.evidence : undefined;
  }
}

function killEvidence(task: number, graceMs: number): string {
  const within = graceMs === 0 ? 'at once' : `within ${graceMs / 1000} s`;
  return `TASK-${task} was killed and did not stop ${within}`;
}
