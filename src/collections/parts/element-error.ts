/** Errors of elements: the error of a part, as the error of the element that threw it or was lost. */

import { FAILURE, type Failure } from '../../algorithms/operations.js';
import { TaskError, type TaskIdentity, UnrunnableError } from '../../errors.js';
import type { Part } from './part-cutter.js';

/** The call of the program, for the errors of its elements. */
interface CallOfElements {
  /** The name of its task. */
  readonly algorithm: string;
  /** The index of its first element in its source. */
  readonly base: number;
  readonly place: string | undefined;
}

/** The error of the element that failed. */
export function elementErrorOf(
  error: unknown,
  { start, end }: Part,
  { algorithm, base, place }: CallOfElements,
): Error {
  if (error instanceof TaskError) {
    const failure = error.fields[FAILURE] as Failure | undefined;
    const { taskId } = error;
    if (failure !== undefined) {
      return failureError(failure, { taskId, submittedAt: place }, start, algorithm, base);
    }
  }
  if (end - start === 1 && (error instanceof TaskError || error instanceof UnrunnableError)) {
    return withIndex(error, base + start);
  }
  return error instanceof Error ? error : new Error(String(error));
}

/** An element threw in the part of this task, at its first element or later. */
export function failureError(
  failure: Failure,
  { taskId, submittedAt }: Pick<TaskIdentity, 'taskId' | 'submittedAt'>,
  start: number,
  algorithm: string,
  base: number,
): TaskError {
  const { offset, sid, attempt } = failure;
  return withIndex(
    new TaskError(failure, { taskId, algorithm, sid, attempt, submittedAt }),
    base + start + offset,
  );
}

/** The task failed, and not one of the elements of its part: its message is too large, or a value cannot travel. */
export function isOfWholePart(error: unknown): error is TaskError {
  return error instanceof TaskError && error.fields[FAILURE] === undefined;
}

/** The error of a task in an operation on values between its parts: they have no place in the program's source. */
export function operationErrorOf(error: unknown, algorithm: string): unknown {
  const failure = error instanceof TaskError ? (error.fields[FAILURE] as Failure | undefined) : undefined;
  if (failure === undefined) return error;
  const { taskId, sid, attempt, submittedAt } = error as TaskError;
  return new TaskError(failure, { taskId, algorithm, sid, attempt, submittedAt });
}

function withIndex<E extends Error>(error: E, index: number): E {
  Object.defineProperty(error, 'index', { value: index, enumerable: true, configurable: true });
  return error;
}
