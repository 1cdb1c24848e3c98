/**
 * How long tasks wait from their submission to their first run. A master's core tells both: the first once for all tasks of
 * a turn of its event loop, the second when a result has come.
 */

import { Buckets } from './buckets.js';
import { SubmissionMarks } from './submission-marks.js';

export class Waits {
  /** Seconds. */
  readonly buckets: Buckets;
  readonly #marks = new SubmissionMarks();

  constructor(bounds: readonly number[]) {
    this.buckets = new Buckets(bounds);
  }

  /** All tasks with a number below this one had been submitted at this time. */
  submitted(below: number, atMs: number): void {
    this.#marks.mark({ number: below - 1, timeMs: atMs });
  }

  /** A task began its first run at this time of the same clock. */
  began(number: number, atMs: number): void {
    const submittedMs = this.#marks.timeOf(number) ?? atMs;
    this.buckets.add(Math.max(0, atMs - submittedMs) / 1_000, 1);
  }
}
