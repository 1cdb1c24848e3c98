/**
 * How long tasks take from their submission to their fate, and how old one without a fate is. The audit trail tells
 * both within a second, by numbers.
 */

import type { AuditEvent } from '../audit/events.js';
import { parseRanges } from '../audit/format/ranges.js';
import { Buckets } from './buckets.js';
import { SubmissionMarks } from './submission-marks.js';

export class Turnarounds {
  /** Seconds. */
  readonly buckets: Buckets;
  readonly #marks = new SubmissionMarks();

  constructor(bounds: readonly number[]) {
    this.buckets = new Buckets(bounds);
  }

  take(event: AuditEvent, timeMs: number): void {
    if (event.type === 'tasks-submitted') {
      const last = parseRanges(event.tasks ?? '')?.at(-1)?.[1];
      if (last !== undefined) this.#marks.mark({ number: last, timeMs });
    } else if (event.type === 'tasks-settled') {
      for (const text of [event.ok, event.error, event.unrunnable]) {
        for (const [first, last] of parseRanges(text ?? '') ?? []) this.#settle(first, last, timeMs);
      }
    }
  }

  /** Seconds since the submission of a task; 0 if that is not in the trail yet. */
  ageOf(number: number, nowMs: number): number {
    return secondsBetween(this.#marks.timeOf(number), nowMs);
  }

  #settle(first: number, last: number, nowMs: number): void {
    for (const { timeMs, count } of this.#marks.timesOf(first, last))
      this.buckets.add(secondsBetween(timeMs, nowMs), count);
  }
}

function secondsBetween(fromMs: number | undefined, toMs: number): number {
  return fromMs === undefined ? 0 : Math.max(0, toMs - fromMs) / 1_000;
}
