/**
 * Sorts the elements of one call by slaves, each part as one task, and merges neighbours. Lists that do not fit into a
 * message together are sorted and merged in pieces: any two elements must fit.
 */

import { setMaxListeners } from 'node:events';
import { packedList } from '../../algorithms/number-list.js';
import type { OperationName, TaskReference } from '../../algorithms/operations.js';
import { EncodeError, MessageSizeError } from '../../errors.js';
import type { Call } from './call.js';
import { unsortedErrorOf } from './element-error.js';
import { submitOperation } from './task.js';

/** Elements of a list beside which another's place is looked for at once. */
const MOST_SAMPLES = 1_000;

export class Sorting<A> {
  readonly #call: Call;
  readonly #key: TaskReference | null;
  readonly #elements: ArrayLike<A>;
  readonly #stop = new AbortController();

  constructor(call: Call, key: TaskReference | null, elements: ArrayLike<A>) {
    this.#call = call;
    this.#key = key;
    this.#elements = elements;
    // One for each part
    setMaxListeners(0, this.#stop.signal);
  }

  /** All that is under way rejects with the first reason. */
  stop(reason: unknown): void {
    this.#stop.abort(reason);
  }

  /** Sorts elements from `start` to `end` in this number of parts. */
  async range(start: number, end: number, parts: number): Promise<readonly A[]> {
    if (parts > 1) return this.#halves(start, end, parts);
    const part = Array.prototype.slice.call(this.#elements, start, end) as A[];
    if (part.length < 2) return part;
    const order = await this.#order('ts-mw:sort', [part]);
    return order === undefined
      ? this.#halves(start, end, 2)
      : Array.from(order, (offset) => part[offset] as A);
  }

  async #halves(start: number, end: number, parts: number): Promise<readonly A[]> {
    const leftParts = Math.ceil(parts / 2);
    const middle = start + Math.ceil(((end - start) * leftParts) / parts);
    try {
      const [left, right] = await Promise.all([
        this.range(start, middle, leftParts),
        this.range(middle, end, parts - leftParts),
      ]);
      return await this.#merge(left, right);
    } catch (error) {
      // The other half is of no use
      this.stop(error);
      throw error;
    }
  }

  async #merge(left: readonly A[], right: readonly A[]): Promise<readonly A[]> {
    const elements = [...left, ...right];
    if (left.length === 0 || right.length === 0) return elements;
    const order = await this.#order('ts-mw:merge', [left, right]);
    if (order !== undefined) return Array.from(order, (offset) => elements[offset] as A);
    const [l, r] = await this.#division(left, right);
    const [first, second] = await Promise.all([
      this.#merge(left.slice(0, l), right.slice(0, r)),
      this.#merge(left.slice(l), right.slice(r)),
    ]);
    return [...first, ...second];
  }

  /** Where two sorted lists can be cut, so that no element of the second pieces comes before one of the first. */
  async #division(left: readonly A[], right: readonly A[]): Promise<readonly [number, number]> {
    if (left.length >= right.length) {
      const middle = left.length >> 1;
      return [middle, await this.#numberBefore(left[middle] as A, right, 'left')];
    }
    const middle = right.length >> 1;
    return [await this.#numberBefore(right[middle] as A, left, 'right'), middle];
  }

  /** How many elements of a sorted list come before `pivot`, which is of the list on that side of it. */
  async #numberBefore(pivot: A, list: readonly A[], side: 'left' | 'right'): Promise<number> {
    let most = MOST_SAMPLES;
    let from = 0;
    let to = list.length;
    while (from < to) {
      const step = Math.ceil((to - from) / most);
      const samples: A[] = [];
      for (let at = from + step - 1; at < to; at += step) samples.push(list[at] as A);
      const lists = side === 'left' ? [[pivot], samples] : [samples, [pivot]];
      const order = await this.#order('ts-mw:merge', lists);
      if (order === undefined) {
        most = samples.length >> 1;
        continue;
      }
      const before = order.indexOf(side === 'left' ? 0 : samples.length);
      from += step * before;
      to = Math.min(to, from + step - 1);
    }
    return from;
  }

  /** Undefined if the lists or their order are too large for a message, and fewer elements may not be. */
  async #order(operation: OperationName, lists: readonly (readonly A[])[]): Promise<Uint32Array | undefined> {
    const { submitter, task, place } = this.#call;
    const { signal } = this.#stop;
    const length = lists.reduce((sum, list) => sum + list.length, 0);
    try {
      const args = [this.#key, ...lists.map(packedList)];
      const [, order] = await submitOperation({ submitter, task, place, signal }, operation, args);
      return order as Uint32Array;
    } catch (error) {
      if (error instanceof EncodeError)
        throw unsortedErrorOf(error, [task.reference, this.#key, ...lists], this.#elements);
      if ((error as Error).name !== 'MessageSizeError') throw error;
      if (length > 2) return undefined;
      if (!(error instanceof MessageSizeError)) throw error;
      throw new MessageSizeError('the comparison of two elements by psort', error.size, error.limit);
    }
  }
}
