/** Keeps notices of repeated events few: the first of a kind, then the 10th, 100th, 1,000th. */

import { tellsCount } from '../format/tells-count.js';
import { withoutNumbers } from '../format/without-numbers.js';
import { NO_NOTICES, type Notice } from './notice.js';

/** Kinds that are counted separately; further ones count as one. */
const MOST_KINDS = 1_000;

export class Repeats {
  readonly #counts = new Map<string, number>();

  /** The notice, followed by the count, or undefined. Texts that differ only in numbers are of one kind. */
  tell({ tone, text }: Notice): readonly Notice[] {
    const like = withoutNumbers(text);
    const key = this.#counts.has(like) || this.#counts.size < MOST_KINDS ? like : '';
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (!tellsCount(count)) return NO_NOTICES;
    return [{ tone, text: count === 1 ? text : `${text} (${count} times by now)` }];
  }

  /** Starts all counts again. */
  forget(): void {
    this.#counts.clear();
  }
}
