/** Judges, in a slave's sentinel, a run that does not end by its limit; pure. */

import type { LimitedRun, RunLimit } from '../shared/run-limit.js';

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

/** Time is that of the sentinel's loop while it is on time: it does not pass for a stopped process. */
export class RunJudge {
  readonly #limit: Pick<RunLimit, 'current' | 'condemn'>;
  #watched: Watched | undefined;
  #condemned: Condemned | undefined;
  #told = false;
  #expectedAt = Number.NEGATIVE_INFINITY;

  constructor(limit: Pick<RunLimit, 'current' | 'condemn'>) {
    this.#limit = limit;
  }

  /** Runs with a limit begin. `clock` may be that of the last turn, a second ago. */
  expect(clock: number): void {
    this.#expectedAt = clock;
  }

  /** Whether it needs frequent ticks: a run is watched or condemned, or may begin without another word. */
  isAwake(clock: number): boolean {
    if (this.#watched !== undefined || this.#condemned !== undefined) return true;
    return clock - this.#expectedAt < 3 * EXPECT_AGAIN_MS;
  }

  /** The run that was condemned in this tick: its master must be told. */
  tick(clock: number): LimitedRun | undefined {
    if (this.#condemned !== undefined) return undefined;
    const run = this.#limit.current();
    if (run === undefined || run.serial !== this.#watched?.serial) {
      this.#watched = run && { serial: run.serial, since: clock };
      return undefined;
    }
    const isOverdue = clock - this.#watched.since >= run.leftMs + STOP_WITHIN_MS;
    if (!isOverdue || !this.#limit.condemn(run.serial)) return undefined;
    const evidence = `TASK-${run.task} ran longer than its ${run.limitMs / 1000} s and did not stop`;
    this.#condemned = { evidence, at: clock };
    return run;
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
