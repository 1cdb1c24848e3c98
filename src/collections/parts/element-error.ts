/** Errors of elements: the error of a part, as the error of the element that threw it or was lost. */

import { FAILURE, type Failure } from '../../algorithms/operations.js';
import {
  EncodeError,
  MessageSizeError,
  TaskError,
  type TaskIdentity,
  UnrunnableError,
} from '../../errors.js';
import { valueText } from '../../structures/value-text.js';
import type { Part } from './part-cutter.js';

/** The call of the program, for the errors of its elements. */
interface CallOfElements {
  /** The name of its task. */
  readonly algorithm: string;
  /** Of the task that turns each element into the value to fold. */
  readonly keyName?: string | undefined;
  /** The index of its first element in its source. */
  readonly base: number;
  readonly place: string | undefined;
}

/** The error of the element that failed. */
export function elementErrorOf(
  error: unknown,
  { start, end }: Part,
  { algorithm, keyName, base, place }: CallOfElements,
): Error {
  const failure = failureOf(error);
  if (failure !== undefined) {
    const { taskId } = error as TaskError;
    const name = failure.inKey === true ? (keyName ?? algorithm) : algorithm;
    return failureError(failure, { taskId, submittedAt: place }, start, name, base);
  }
  if (end - start === 1 && (error instanceof TaskError || error instanceof UnrunnableError)) {
    return withIndex(error, base + start);
  }
  return error instanceof Error ? error : new Error(valueText(error));
}

/** The element that threw; the whole part if none did. */
export function failedPartOf(error: unknown, part: Part): Part {
  const failure = failureOf(error);
  if (failure === undefined) return part;
  const start = part.start + failure.offset;
  return { start, end: start + 1 };
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
  return error instanceof TaskError && failureOf(error) === undefined;
}

function failureOf(error: unknown): Failure | undefined {
  return error instanceof TaskError ? (error.fields[FAILURE] as Failure | undefined) : undefined;
}

/** Where elements stand in the arguments of an operation: in the columns, which are the last argument. */
const ELEMENT_PATH = /^\[(\d+)\](\[\d+\])\[\d+\]/;

/** Elements cannot be sent, and the rest of the arguments of their operation can. */
export function isOfElements(
  error: unknown,
  args: readonly unknown[],
): error is EncodeError | MessageSizeError {
  if (error instanceof MessageSizeError) return true;
  if (!(error instanceof EncodeError)) return false;
  // Values that are nested too deep have no path
  return error.path === '' || Number(ELEMENT_PATH.exec(error.path)?.[1]) === args.length - 1;
}

/** One element cannot be sent: its error says which, and where in it. */
export function unsentErrorOf(
  error: EncodeError | MessageSizeError,
  args: readonly unknown[],
  index: number,
): EncodeError | MessageSizeError {
  const element = `element ${index}`;
  if (error instanceof MessageSizeError) {
    return withIndex(new MessageSizeError(element, error.size, error.limit), index);
  }
  const { message, path, cause } = error;
  if (path === '') return withIndex(new EncodeError('', `${element}: ${message}`, { cause }), index);
  const [place = '', , column] = ELEMENT_PATH.exec(path) ?? [];
  const isTuple = (args.at(-1) as readonly unknown[]).length > 1;
  const inside = `${isTuple ? column : ''}${path.slice(place.length)}`;
  return atElement(error, inside, index);
}

/** The error, whose path in the element is `inside`, with the words for that. */
function atElement({ message, path, cause }: EncodeError, inside: string, index: number): EncodeError {
  const reason = message.slice(path.length);
  return withIndex(new EncodeError(inside, `element ${index}${inside}${reason}`, { cause }), index);
}

/** The same for an element in one of the lists that end the arguments of an operation: its place in the source is looked up. */
export function unsortedErrorOf(
  error: EncodeError,
  args: readonly unknown[],
  elements: ArrayLike<unknown>,
): EncodeError {
  const [place = '', list, offset] = /^\[(\d+)\]\[(\d+)\]/.exec(error.path) ?? [];
  const element = (args[Number(list)] as readonly unknown[] | undefined)?.[Number(offset)];
  const index = place === '' ? -1 : Array.prototype.indexOf.call(elements, element);
  return index < 0 ? error : atElement(error, error.path.slice(place.length), index);
}

/** The error of a task in an operation on values between its parts: they have no place in the program's source. */
export function operationErrorOf(error: unknown, algorithm: string): unknown {
  const failure = failureOf(error);
  if (failure === undefined) return error;
  const { taskId, sid, attempt, submittedAt } = error as TaskError;
  return new TaskError(failure, { taskId, algorithm, sid, attempt, submittedAt });
}

function withIndex<E extends Error>(error: E, index: number): E {
  Object.defineProperty(error, 'index', { value: index, enumerable: true, configurable: true });
  return error;
}
