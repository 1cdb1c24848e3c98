/**
 * When tasks were submitted, by their numbers, so that no task needs a time of its own. Old times are thinned out: an age
 * is at most 2 % too small.
 */

/** All tasks up to this number had been submitted at this time. */
interface SubmissionMark {
  readonly number: number;
  readonly timeMs: number;
}

/** The first look at whether marks are too many; later ones are at twice the number that was left. */
const FIRST_LOOK = 1_024;
/** A mark goes if the next one is as good but for this part of its age. Marks go into ones that go later, so twice. */
const COARSENESS = 1 / 128;

export class SubmissionMarks {
  #marks: SubmissionMark[] = [];
  #lookAt = FIRST_LOOK;

  get size(): number {
    return this.#marks.length;
  }

  mark(mark: SubmissionMark): void {
    const newest = this.#marks.at(-1);
    if (newest !== undefined && mark.number <= newest.number) return;
    // Several lines of one time
    if (newest?.timeMs === mark.timeMs) this.#marks.pop();
    this.#marks.push(mark);
    if (this.#marks.length < this.#lookAt) return;
    this.#marks = thinned(this.#marks, mark.timeMs);
    this.#lookAt = Math.max(FIRST_LOOK, 2 * this.#marks.length);
  }

  /** The time of a task's submission; undefined if it is later than all marks. */
  timeOf(number: number): number | undefined {
    return this.#marks[this.#find(number)]?.timeMs;
  }

  /** Those of a range of tasks: how many of these have a time. */
  *timesOf(first: number, last: number): Iterable<{ readonly timeMs: number | undefined; count: number }> {
    let from = first;
    for (let at = this.#find(first); from <= last; at++) {
      const mark = this.#marks[at];
      const to = mark === undefined ? last : Math.min(last, mark.number);
      yield { timeMs: mark?.timeMs, count: to - from + 1 };
      from = to + 1;
    }
  }

  /** The place of the first mark of this number or a later one. */
  #find(number: number): number {
    let low = 0;
    let high = this.#marks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#marks[middle] as SubmissionMark).number < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Tasks of a mark that goes count as those of the next. */
function thinned(marks: readonly SubmissionMark[], nowMs: number): SubmissionMark[] {
  const kept: SubmissionMark[] = [];
  for (const mark of marks.toReversed()) {
    const next = kept.at(-1);
    if (next !== undefined && next.timeMs - mark.timeMs < (nowMs - next.timeMs) * COARSENESS) continue;
    kept.push(mark);
  }
  return kept.reverse();
}
