/**
 * Calls a task for the elements of a part, one after the other. Tasks that return plain values cost no promise;
 * from the first promise on, each is awaited.
 */

import { isThenable } from '../../algorithms/is-thenable.js';
import type { Columns, Failure, OnError } from '../../algorithms/operations.js';
import { taskContext } from '../run/task-context.js';
import type { Call } from './named-task.js';
import { failureOf, partError } from './part-error.js';

interface Walk {
  readonly call: Call;
  readonly columns: Columns;
  readonly length: number;
  readonly onError: OnError;
  readonly failures: Failure[];
  /** Takes the value of an element; true ends the walk. */
  readonly take: (value: unknown, offset: number) => boolean;
}

interface WalkParams {
  readonly call: Call;
  readonly columns: Columns;
  readonly onError: OnError;
  readonly take: (value: unknown, offset: number) => boolean;
}

/** The elements that threw, if the part goes on after them; otherwise the first error ends the walk. */
export function walkPart(params: WalkParams): readonly Failure[] | Promise<readonly Failure[]> {
  const walk: Walk = { ...params, length: params.columns[0]?.length ?? 0, failures: [] };
  for (let offset = 0; offset < walk.length; offset++) {
    let value: unknown;
    try {
      value = callAt(walk, offset);
    } catch (thrown) {
      fail(walk, thrown, offset);
      continue;
    }
    if (isThenable(value)) return walkOn(walk, value, offset);
    if (walk.take(value, offset)) break;
  }
  return walk.failures;
}

/** From an element that returned a promise on. */
async function walkOn(
  walk: Walk,
  first: PromiseLike<unknown>,
  firstOffset: number,
): Promise<readonly Failure[]> {
  const { signal } = taskContext();
  for (let offset = firstOffset; offset < walk.length; offset++) {
    try {
      const value = offset === firstOffset ? first : callAt(walk, offset);
      if (walk.take(isThenable(value) ? await value : value, offset)) break;
    } catch (thrown) {
      fail(walk, thrown, offset);
    }
    // The master does not want the rest
    signal.throwIfAborted();
  }
  return walk.failures;
}

function callAt({ call, columns }: Walk, offset: number): unknown {
  const [first] = columns;
  if (columns.length === 1) return call(first?.[offset]);
  return call(...columns.map((column) => column[offset]));
}

function fail({ onError, failures }: Walk, thrown: unknown, offset: number): void {
  if (onError === 'stop') throw partError(thrown, offset);
  failures.push(failureOf(thrown, offset));
}
