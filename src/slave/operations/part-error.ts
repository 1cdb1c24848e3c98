/** The error that a part throws when one of its elements does: the element's error, and which element it was. */

import { FAILURE, type Failure } from '../../algorithms/operations.js';
import type { SlaveId } from '../../algorithms/types.js';
import { FINAL } from '../../errors.js';
import { describeError } from '../../wire/values/remote-error.js';
import { taskContext } from '../run/task-context.js';

/**
 * Looks like the element's error, so that an audit trail shows that, and a policy's `retryErrors` finds its fields;
 * `failure` has the whole of it.
 */
class PartError extends Error {
  readonly [FAILURE]: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    Object.defineProperty(this, 'name', { value: failure.name });
    Object.defineProperty(this, 'stack', { value: failure.stack });
    if (failure.final === true) Object.defineProperty(this, FINAL, { value: true });
    // Before the fields, since those after the first hundred are not sent
    this[FAILURE] = failure;
    const { [FAILURE]: _, ...fields } = Object.getOwnPropertyDescriptors(failure.fields);
    Object.defineProperties(this, fields);
  }
}

/** The element at `offset` of the running part threw `thrown`. */
export function failureOf(thrown: unknown, offset: number): Failure {
  const { sid, attempt } = taskContext();
  return { ...describeError(thrown), offset, sid: sid as SlaveId, attempt };
}

/** `inKey`: its key threw, and not the task. */
export function partError(thrown: unknown, offset: number, inKey = false): Error {
  const failure = failureOf(thrown, offset);
  return new PartError(inKey ? { ...failure, inKey } : failure);
}
