/** Counts the tasks of each algorithm: those that were submitted, and their fates. */

import type { AuditEventOf } from '../audit/events.js';
import { countRanges } from '../audit/format/ranges.js';
import { RunTimes } from '../audit/format/run-times.js';

/** The tasks of one algorithm. */
export interface AlgorithmTally {
  submitted: number;
  ok: number;
  error: number;
  /** Those that were cancelled or killed among them. */
  unrunnable: number;
  readonly times: RunTimes;
}

/** Algorithms that are counted apart; a program has a fixed number of them, a trail may have any. */
const MOST_ALGORITHMS = 1_000;

/** The name under which all further ones are counted. */
export const OTHER_ALGORITHMS = 'other algorithms';

export class AlgorithmTallies {
  readonly byName = new Map<string, AlgorithmTally>();
  submitted = 0;
  settled = 0;
  /** With an error, or unrunnable. */
  notDone = 0;

  submit(name: string, count: number): void {
    this.#tally(name).submitted += count;
    this.submitted += count;
  }

  /** Returns the number of fates. */
  settle({ algorithm, ok, error, unrunnable, times }: AuditEventOf<'tasks-settled'>): number {
    const tally = this.#tally(algorithm);
    const counts = { ok: countRanges(ok), error: countRanges(error), unrunnable: countRanges(unrunnable) };
    tally.ok += counts.ok;
    tally.error += counts.error;
    tally.unrunnable += counts.unrunnable;
    if (times !== undefined) tally.times.addText(times);
    const failed = counts.error + counts.unrunnable;
    this.notDone += failed;
    this.settled += counts.ok + failed;
    return counts.ok + failed;
  }

  #tally(name: string): AlgorithmTally {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    if (this.byName.size >= MOST_ALGORITHMS && name !== OTHER_ALGORITHMS)
      return this.#tally(OTHER_ALGORITHMS);
    const tally = { submitted: 0, ok: 0, error: 0, unrunnable: 0, times: new RunTimes() };
    this.byName.set(name, tally);
    return tally;
  }
}

export function settledOf({ ok, error, unrunnable }: AlgorithmTally): number {
  return ok + error + unrunnable;
}
