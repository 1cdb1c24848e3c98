/** The elements of an array, one after another as its own iterator gives them, and the number of those to come. */

import type { Items } from './draw-all.js';

/** Undefined for other sources, whose length is not known. */
export function arrayItems<T>(items: Items<T>): ArrayItems<T> | undefined {
  if (!Array.isArray(items) || items[Symbol.iterator] !== Array.prototype[Symbol.iterator]) return undefined;
  return new ArrayItems<T>(items);
}

export class ArrayItems<T> implements IterableIterator<T> {
  readonly #items: readonly T[];
  #next = 0;

  constructor(items: readonly T[]) {
    this.#items = items;
  }

  /** The array may still grow. */
  get left(): number {
    return Math.max(0, this.#items.length - this.#next);
  }

  next(): IteratorResult<T> {
    if (this.#next < this.#items.length) return { done: false, value: this.#items[this.#next++] as T };
    this.#next = Number.POSITIVE_INFINITY;
    return { done: true, value: undefined };
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this;
  }
}
