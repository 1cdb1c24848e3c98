/** Sorts by slaves: each sorts a part, and neighbouring parts are merged until one is left. */

import { setMaxListeners } from 'node:events';
import type { OperationName, TaskReference } from '../algorithms/operations.js';
import type { Task } from '../algorithms/task.js';
import type { TaskPolicy } from '../algorithms/types.js';
import { type Call, openCall } from './parts/call.js';
import { checkOptions } from './parts/options.js';
import { Source } from './parts/source.js';
import { resolveTask, submitOperation } from './parts/task.js';

/** Options of `psort`. */
export interface SortOptions<A, K> {
  /** A task that gives the value of an element that is compared, instead of the element. */
  readonly key?: Task<[A], K | Promise<K>> | undefined;
  /** The number of parts that are sorted apart; four for each slave by default, of at least 1,000 elements. */
  readonly parts?: number | 'auto' | undefined;
  /** Overrides the algorithm's policy. */
  readonly policy?: TaskPolicy | undefined;
  /** Cancels the call, and its tasks, when it aborts; the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

const PARTS_PER_WORKER = 4;
const LEAST_PART = 1_000;
/** Parts under `auto` with a checkpoint, whatever the slaves. */
const KEPT_PARTS = 16;

/**
 * The elements in the order of a comparing task, which returns a number as a comparator of `Array.sort` does; a new
 * array of the elements themselves (lparallel's psort). Stable. A comparator that returns a promise is an error. The
 * last merge is one task, so that all elements must fit in one message.
 *
 * @example const sorted = await psort(byNumber, people, { key: ageOf });
 */
export async function psort<A, K = A>(
  compare: Task<[NoInfer<K>, NoInfer<K>], number>,
  elements: Iterable<A>,
  options: SortOptions<A, K> = {},
): Promise<A[]> {
  checkOptions('psort', options, ['key', 'parts', 'policy', 'signal']);
  const call = openCall(psort, compare, options);
  const key = options.key && resolveTask('psort', options.key).reference;
  const source = Source.ofList('psort', elements);
  const all = source.columns(0, source.length)[0] as ArrayLike<A>;
  const { signal } = options;
  signal?.throwIfAborted();
  const sorting = new Sorting(call, key ?? null, all);
  const onAbort = (): void => sorting.stop(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await sorting.range(0, source.length, partsOf(call, options, source.length));
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

class Sorting<A> {
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
  async range(start: number, end: number, parts: number): Promise<A[]> {
    if (parts === 1) {
      const part = Array.prototype.slice.call(this.#elements, start, end) as A[];
      return part.length < 2 ? part : this.#order('ts-mw:sort', part, [part]);
    }
    const leftParts = Math.ceil(parts / 2);
    const middle = start + Math.ceil(((end - start) * leftParts) / parts);
    try {
      const [left, right] = await Promise.all([
        this.range(start, middle, leftParts),
        this.range(middle, end, parts - leftParts),
      ]);
      return await this.#order('ts-mw:merge', [...left, ...right], [left, right]);
    } catch (error) {
      // The other half is of no use
      this.stop(error);
      throw error;
    }
  }

  async #order(operation: OperationName, elements: readonly A[], lists: readonly unknown[]): Promise<A[]> {
    const { submitter, task, place } = this.#call;
    const { signal } = this.#stop;
    const [, order] = await submitOperation({ submitter, task, place, signal }, operation, [
      this.#key,
      ...lists,
    ]);
    return Array.from(order as Uint32Array, (offset) => elements[offset] as A);
  }
}

function partsOf(
  { submitter }: Call,
  { parts = 'auto' }: SortOptions<never, unknown>,
  length: number,
): number {
  if (parts !== 'auto') return Math.max(1, Math.min(parts, length));
  const wanted = submitter.keepsResults ? KEPT_PARTS : Math.max(1, submitter.workers) * PARTS_PER_WORKER;
  return Math.max(1, Math.min(wanted, Math.floor(length / LEAST_PART)));
}
