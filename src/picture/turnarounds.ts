/**
 * How long tasks take from their submission to their fate, and how old one without a fate is. The audit trail tells
 * both within a second, by numbers, so no task needs a time of its own. Of long ago, only so many times are kept that an age is
 * at most 2 % too small.
 */

import type { AuditEvent } from '../audit/events.js';
import { parseRanges } from '../audit/format/ranges.js';
import { Buckets } from './buckets.js';

/** All tasks up to this number had been submitted at this time. */
interface Mark {
  readonly number: number;
  readonly timeMs: number;
}

/** The first look at whether marks are too many; later ones are at twice the number that was left. */
const FIRST_LOOK = 1_024;
/** A mark goes if the next one is as good but for this part of its age. Marks go into ones that go later, so twice. */
const COARSENESS = 1 / 128;

export class Turnarounds {
  /** Seconds. */
  readonly buckets: Buckets;
  #marks: Mark[] = [];
  #lookAt = FIRST_LOOK;

  constructor(bounds: readonly number[]) {
    this.buckets = new Buckets(bounds);
  }

  take(event: AuditEvent, timeMs: number): void {
    if (event.type === 'tasks-submitted') {
      const last = parseRanges(event.tasks ?? '')?.at(-1)?.[1];
      if (last !== undefined) this.#mark({ number: last, timeMs });
    } else if (event.type === 'tasks-settled') {
      for (const text of [event.ok, event.error, event.unrunnable]) {
        for (const [first, last] of parseRanges(text ?? '') ?? []) this.#settle(first, last, timeMs);
      }
    }
  }

  /** Seconds since the submission of a task; 0 if that is not in the trail yet. */
  ageOf(number: number, nowMs: number): number {
    const mark = this.#marks[this.#find(number)];
    return mark === undefined ? 0 : Math.max(0, nowMs - mark.timeMs) / 1_000;
  }

  #mark(mark: Mark): void {
    const newest = this.#marks.at(-1);
    if (newest !== undefined && mark.number <= newest.number) return;
    // Several lines of one time
    if (newest?.timeMs === mark.timeMs) this.#marks.pop();
    this.#marks.push(mark);
    if (this.#marks.length < this.#lookAt) return;
    this.#marks = thinned(this.#marks, mark.timeMs);
    this.#lookAt = Math.max(FIRST_LOOK, 2 * this.#marks.length);
  }

  #settle(first: number, last: number, timeMs: number): void {
    let from = first;
    for (let at = this.#find(first); from <= last; at++) {
      const mark = this.#marks[at];
      const to = mark === undefined ? last : Math.min(last, mark.number);
      const seconds = mark === undefined ? 0 : Math.max(0, timeMs - mark.timeMs) / 1_000;
      this.buckets.add(seconds, to - from + 1);
      from = to + 1;
    }
  }

  /** The place of the first mark of this number or a later one. */
  #find(number: number): number {
    let low = 0;
    let high = this.#marks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#marks[middle] as Mark).number < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Tasks of a mark that goes count as those of the next. */
function thinned(marks: readonly Mark[], nowMs: number): Mark[] {
  const kept: Mark[] = [];
  for (const mark of marks.toReversed()) {
    const next = kept.at(-1);
    if (next !== undefined && next.timeMs - mark.timeMs < (nowMs - next.timeMs) * COARSENESS) continue;
    kept.push(mark);
  }
  return kept.reverse();
}
