/** The elements of a call whose number is known: cuts parts of them, as columns for the task's parameters. */

import { isThenable } from '../../algorithms/is-thenable.js';
import { packNumbers } from '../../algorithms/number-list.js';
import type { Columns } from '../../algorithms/operations.js';
import { UsageError } from '../../errors.js';
import { Zip } from './zip.js';

type List = ArrayLike<unknown> & { slice(start: number, end: number): ArrayLike<unknown> };

export class Source {
  readonly length: number;
  readonly #columns: readonly List[];
  readonly #isZip: boolean;

  private constructor(columns: readonly List[], length: number, isZip: boolean) {
    this.#columns = columns;
    this.length = length;
    this.#isZip = isZip;
  }

  /**
   * All elements are taken now: the caller may empty an array at once, such as a buffer that it fills again. Those of other
   * iterables are drawn. At most `size` elements. `stub` names the call in errors.
   */
  static of(stub: string, elements: unknown, size = Number.POSITIVE_INFINITY): Source {
    if (elements instanceof Zip) {
      const sources: readonly unknown[] = elements.sources;
      const columns = sources.every(isList) ? copyColumns(sources, size) : drawColumns(elements, size);
      return new Source(columns, Math.min(...columns.map(({ length }) => length)), true);
    }
    return Source.ofList(stub, elements, size);
  }

  /** For a task that takes one element: those of a zip are its tuples. */
  static ofList(stub: string, elements: unknown, size = Number.POSITIVE_INFINITY): Source {
    const list = isList(elements) ? copyOf(elements, size) : drawList(stub, elements, size);
    return new Source([list], list.length, false);
  }

  columns(start: number, end: number): Columns {
    return this.#columns.map((column) => sliceOf(column, start, end));
  }

  /** The element, or the tuple of a zip. */
  elementAt(index: number): unknown {
    const elements = this.#columns.map((column) => column[index]);
    return this.#isZip ? elements : elements[0];
  }
}

export function isIterable(value: unknown): value is Iterable<unknown> {
  return value !== null && value !== undefined && Symbol.iterator in Object(value);
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return value !== null && value !== undefined && Symbol.asyncIterator in Object(value);
}

export function refuseSource(stub: string, elements: unknown, kinds: string): never {
  const kind = elements === null ? 'null' : Array.isArray(elements) ? 'an array' : typeof elements;
  throw new UsageError(
    `${stub} takes its elements from ${kinds}, such as an array; got ${kind}${cureOf(elements)}`,
  );
}

function cureOf(elements: unknown): string {
  if (isAsyncIterable(elements)) return ', an async iterable: pmapIterable takes it';
  return isThenable(elements) ? ', a promise: await it first' : '';
}

function sliceOf(column: List, start: number, end: number): ArrayLike<unknown> {
  return (Array.isArray(column) ? packNumbers(column, start, end) : undefined) ?? column.slice(start, end);
}

function isList(value: unknown): value is List {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function copyOf(list: List, size: number): List {
  return list.slice(0, Math.min(size, list.length)) as List;
}

function copyColumns(lists: readonly List[], size: number): List[] {
  const length = Math.min(size, ...lists.map((list) => list.length));
  return lists.map((list) => copyOf(list, length));
}

function drawList(stub: string, elements: unknown, size: number): List {
  if (!isIterable(elements)) refuseSource(stub, elements, 'an iterable');
  if (size === Number.POSITIVE_INFINITY) return Array.from(elements);
  const list: unknown[] = [];
  if (size === 0) return list;
  for (const element of elements) {
    list.push(element);
    if (list.length >= size) break;
  }
  return list;
}

function drawColumns(zip: Zip<readonly unknown[]>, size: number): List[] {
  const columns: unknown[][] = zip.sources.map(() => []);
  const tuples = drawList('zip', zip, size);
  for (let index = 0; index < tuples.length; index++) {
    const tuple = tuples[index] as readonly unknown[];
    for (const [column, values] of columns.entries()) values.push(tuple[column]);
  }
  return columns;
}
