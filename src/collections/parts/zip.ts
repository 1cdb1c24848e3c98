/** Tuples of several sources, for tasks of several parameters. */

import { UsageError } from '../../errors.js';

/** The sources of tuples `T`: one for each place. */
export type Sources<T extends readonly unknown[]> = { readonly [K in keyof T]: Iterable<T[K]> };

/**
 * The tuples of several sources, of which only this one spreads over a task's parameters: an array of arrays is a list
 * of elements as any other.
 */
export class Zip<T extends readonly unknown[]> implements Iterable<T> {
  readonly #sources: Sources<T>;

  constructor(sources: Sources<T>) {
    this.#sources = sources;
  }

  /** The sources themselves, one for each parameter. */
  get sources(): readonly Iterable<unknown>[] {
    return this.#sources;
  }

  /** Each iteration draws from the sources, as far as it goes. */
  *[Symbol.iterator](): IterableIterator<T> {
    const iterators = this.#sources.map((source) => source[Symbol.iterator]());
    // One that ends or throws closes itself
    let asked: Iterator<unknown> | undefined;
    try {
      for (;;) {
        const tuple: unknown[] = [];
        for (const iterator of iterators) {
          asked = iterator;
          const { done, value } = iterator.next();
          if (done === true) return;
          tuple.push(value);
        }
        asked = undefined;
        yield tuple as unknown as T;
      }
    } finally {
      closeAll(iterators.filter((iterator) => iterator !== asked));
    }
  }
}

/** All of them, although one cannot be closed. */
function closeAll([first, ...others]: readonly Iterator<unknown>[]): void {
  if (first === undefined) return;
  try {
    first.return?.();
  } finally {
    closeAll(others);
  }
}

/**
 * Joins sources, so that the call of a collection passes an element of each to its task (lparallel's maps over several
 * sequences). It ends with the shortest source, is drawn only as far as it is needed, and may be iterated over as
 * a list of tuples. Throws UsageError for a source that is not iterable, and without any.
 *
 * @example await pmap(add, zip([1, 2, 3], [10, 20, 30])); // [11, 22, 33]
 */
export function zip<T extends readonly [unknown, ...unknown[]]>(...sources: Sources<T>): Zip<T> {
  if (sources.length === 0) throw new UsageError('zip takes at least one source; write zip(xs, ys)');
  for (const [index, source] of sources.entries()) {
    if (source !== null && source !== undefined && Symbol.iterator in Object(source)) continue;
    throw new UsageError(
      `zip takes iterables, such as arrays; its argument ${index + 1} is ${source === null ? 'null' : typeof source}`,
    );
  }
  return new Zip<T>(sources);
}
