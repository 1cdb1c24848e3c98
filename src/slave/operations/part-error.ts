/** What a part throws when one of its elements does: the element's error, and which one it was. */

import { FAILURE, type Failure } from '../../algorithms/operations.js';
import type { SlaveId } from '../../algorithms/types.js';
import { describeError } from '../../wire/values/remote-error.js';
import { taskContext } from '../run/task-context.js';

/** Looks like the element's error, so that an audit trail shows that; `failure` has the whole of it. */
class PartError extends Error {
  readonly [FAILURE]: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    Object.defineProperty(this, 'name', { value: failure.name });
    Object.defineProperty(this, 'stack', { value: failure.stack });
    this[FAILURE] = failure;
  }
}

/** The element at `offset` of the running part threw `thrown`. */
export function failureOf(thrown: unknown, offset: number): Failure {
  const { sid, attempt } = taskContext();
  return { ...describeError(thrown), offset, sid: sid as SlaveId, attempt };
}

export function partError(thrown: unknown, offset: number): Error {
  return new PartError(failureOf(thrown, offset));
}
