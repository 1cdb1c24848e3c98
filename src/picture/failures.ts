/** Counts failures of tasks by their words; texts that differ only in numbers are of one kind. */

import { withoutNumbers } from '../audit/format/without-numbers.js';

export type FailureKind = 'threw' | 'run again' | 'unrunnable';

export interface Failure {
  readonly kind: FailureKind;
  /** Empty if the trail does not contain it. */
  readonly algorithm: string;
  /** The first words of its kind. */
  readonly because: string;
  count: number;
}

/** Further kinds are counted together. */
const MOST_KINDS = 200;

export class Failures {
  readonly #failures = new Map<string, Failure>();
  /** The counts of this run; a master reports few kinds. */
  readonly #told = new Map<string, number>();

  add(kind: FailureKind, algorithm: string, because: string): void {
    this.#find(kind, algorithm, because).count++;
  }

  /** The count so far in this run: a repeated event is reported with a growing count. */
  raise(kind: FailureKind, algorithm: string, because: string, count: number): void {
    const key = keyOf(kind, algorithm, because);
    const told = this.#told.get(key) ?? 0;
    if (count <= told) return;
    this.#find(kind, algorithm, because).count += count - told;
    this.#told.set(key, count);
  }

  /** Another master counts from 0. */
  endRun(): void {
    this.#told.clear();
  }

  /** The most frequent ones first. */
  list(): Failure[] {
    return [...this.#failures.values()].sort((a, b) => b.count - a.count);
  }

  #find(kind: FailureKind, algorithm: string, because: string): Failure {
    const key = keyOf(kind, algorithm, because);
    const known = this.#failures.get(key);
    if (known !== undefined) return known;
    if (this.#failures.size >= MOST_KINDS && because !== OTHERS) return this.#find(kind, '', OTHERS);
    const failure = { kind, algorithm, because, count: 0 };
    this.#failures.set(key, failure);
    return failure;
  }
}

function keyOf(kind: FailureKind, algorithm: string, because: string): string {
  return JSON.stringify([kind, algorithm, withoutNumbers(because)]);
}

export const OTHERS = 'other reasons';
