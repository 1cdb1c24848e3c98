/** The options that the calls of collections share, and their checks. */

import type { TaskPolicy } from '../../algorithms/types.js';
import { UsageError } from '../../errors.js';
import { checkOptionNames } from '../../structures/check-options.js';
import type { Parts } from './part-cutter.js';

/** The state of a call, for its `onProgress`. */
export interface Progress {
  /** Elements computed. */
  readonly done: number;
  /** Elements in all. */
  readonly total: number;
}

/** Options of calls that compute parts. */
export interface PartOptions {
  /**
   * The number of parts, each a contiguous slice computed as one task; at most one for each element is made. `auto`, the
   * default, measures: parts of about 50 ms, at least two for each slave, cut while it runs, so that slaves that join
   * get theirs. With `--checkpoint` and `auto`, there are up to 1,000 equal ones.
   */
  readonly parts?: Parts | undefined;
  /**
   * Overrides the algorithm's policy; of a portable function, the default one. It holds for the parts. If it limits or
   * repeats single runs (`timeoutSeconds`, `retryErrors`, a `queue` with `perSecond`), each element is a part under `auto`.
   */
  readonly policy?: TaskPolicy | undefined;
  /** Cancels the call, and its tasks, when it aborts; the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each part. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Options of calls that compute a value for each element. */
export interface MapOptions extends PartOptions {
  /** The number of elements to take at most; all by default. */
  readonly size?: number | undefined;
  /**
   * Whether the first error cancels the rest and is what the call rejects with, the place of its element under `index`
   * (true, the default). With false, all elements are computed; then the call rejects with an AggregateError of all
   * errors, in the order of the elements.
   */
  readonly stopOnError?: boolean | undefined;
}

/** Throws UsageError that names the option; `keys` are those that the call has. */
export function checkOptions(stub: string, options: object, keys: readonly string[]): void {
  checkOptionNames(stub, options, keys);
  const given = options as MapOptions & { readonly start?: number; readonly end?: number };
  const { parts, size, signal, onProgress } = given;
  if (parts !== undefined && parts !== 'auto' && !(Number.isSafeInteger(parts) && parts > 0)) {
    throw new UsageError(`the parts of ${stub} are 'auto' or a whole number from 1; got ${String(parts)}`);
  }
  if (size !== Number.POSITIVE_INFINITY) checkCount(stub, 'size', size);
  checkCount(stub, 'start', given.start);
  checkCount(stub, 'end', given.end);
  for (const key of ['stopOnError', 'fromEnd', 'ordered', 'lateComers'] as const) {
    const flag = (options as Readonly<Record<string, unknown>>)[key];
    if (flag !== undefined && typeof flag !== 'boolean') {
      throw new UsageError(`${key} of ${stub} is true or false; got ${String(flag)}`);
    }
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new UsageError(`the signal of ${stub} is an AbortSignal; got ${String(signal)}`);
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new UsageError(`onProgress of ${stub} is a function; got ${String(onProgress)}`);
  }
}

function checkCount(stub: string, key: string, count: unknown): void {
  if (count === undefined || (Number.isSafeInteger(count) && (count as number) >= 0)) return;
  throw new UsageError(`the ${key} of ${stub} is a whole number from 0; got ${String(count)}`);
}

export const PART_KEYS = ['parts', 'policy', 'signal', 'onProgress'] as const;
export const MAP_KEYS = [...PART_KEYS, 'size', 'stopOnError'] as const;
