/**
 * Run times of many tasks in a short text: each time is rounded by at most 3 %, and equal ones are counted.
 * So percentiles can be read from a trail that has no line per task. Written as `50x20,61x2`: 20 runs of
 * about 50 µs, 2 of about 61.
 */

import { joinWithin } from './split-within.js';

/** Steps of one octave; below it, values are exact. */
const STEPS = 16;

export class RunTimes {
  readonly #counts = new Map<number, number>();
  count = 0;
  /** Exact. */
  micros = 0;

  add(micros: number): void {
    const value = near(micros);
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
    this.count++;
    this.micros += micros;
  }

  /** Adds the text of another list; false if it is not in our form. */
  addText(text: string): boolean {
    const pieces = text.split(',').map((piece) => /^(\d{1,16})x(\d{1,16})$/.exec(piece));
    if (pieces.includes(null)) return false;
    for (const [, value, count] of pieces as RegExpExecArray[]) {
      this.#counts.set(Number(value), (this.#counts.get(Number(value)) ?? 0) + Number(count));
      this.count += Number(count);
      this.micros += Number(value) * Number(count);
    }
    return true;
  }

  /** Returns the texts of all times, each of at most `mostLength` characters, and empties the list. */
  take(mostLength: number): string[] {
    const sorted = [...this.#counts].sort(([a], [b]) => a - b);
    this.#counts.clear();
    this.count = 0;
    this.micros = 0;
    return joinWithin(
      sorted.map(([value, count]) => `${value}x${count}`),
      mostLength,
    );
  }

  /** For each of the ascending bounds, in microseconds, the number of runs that took at most that. */
  within(bounds: readonly number[]): number[] {
    const counts = bounds.map(() => 0);
    for (const [value, count] of this.#counts) {
      const at = bounds.findIndex((bound) => value <= bound);
      if (at >= 0) counts[at] = (counts[at] ?? 0) + count;
    }
    let sum = 0;
    return counts.map((count) => {
      sum += count;
      return sum;
    });
  }

  /** Microseconds within which this share of all runs (0 to 1) ended; 0 if there were none. */
  percentile(share: number): number {
    let left = Math.ceil(this.count * share);
    const sorted = [...this.#counts].sort(([a], [b]) => a - b);
    for (const [value, count] of sorted) {
      left -= count;
      if (left <= 0) return value;
    }
    return sorted.at(-1)?.[0] ?? 0;
  }
}

/** The middle of the value's step. */
function near(micros: number): number {
  if (micros < 2 * STEPS) return micros;
  let width = 1;
  let rest = micros;
  while (rest >= 2 * STEPS) {
    rest /= 2;
    width *= 2;
  }
  return Math.floor(rest) * width + width / 2;
}
