/** Sorts by slaves: each sorts a part, and neighbouring parts are merged until one is left. */

import type { Task } from '../algorithms/task.js';
import type { TaskPolicy } from '../algorithms/types.js';
import { mayEndUnheard } from '../structures/unheard-end.js';
import { type Call, openCall } from './parts/call.js';
import { heed } from './parts/heed.js';
import { checkOptions } from './parts/options.js';
import { Sorting } from './parts/sorting.js';
import { Source } from './parts/source.js';
import { resolveTask, withKey } from './parts/task.js';

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
 * array of the elements themselves (lparallel's psort). Stable. As there, undefined comes last, and is not compared; so do
 * elements whose key is undefined. A comparator that returns a promise is an error. Lists
 * that are too large for a message are sorted and merged in pieces; MessageSizeError if two elements are.
 *
 * @example const sorted = await psort(byNumber, people, { key: ageOf });
 */
export function psort<A, K = A>(
  compare: Task<[NoInfer<K>, NoInfer<K>], number>,
  elements: Iterable<A>,
  options: SortOptions<A, K> = {},
): Promise<A[]> {
  return mayEndUnheard(async () => {
    checkOptions('psort', options, ['key', 'parts', 'policy', 'signal']);
    const opened = openCall(psort, compare, options);
    const key = options.key && resolveTask('psort', options.key);
    const call = { ...opened, task: withKey(opened.task, key) };
    const source = Source.ofList('psort', elements);
    const all = source.columns(0, source.length)[0] as ArrayLike<A>;
    const { signal } = options;
    signal?.throwIfAborted();
    const sorting = new Sorting(call, key?.reference ?? null, all);
    const onAbort = (): void => sorting.stop(signal?.reason);
    const leave = signal && heed(signal, onAbort);
    try {
      return [...(await sorting.range(0, source.length, partsOf(call, options, source.length)))];
    } finally {
      leave?.();
    }
  });
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
