/**
 * The operations of the library: algorithms of its own, by which slaves compute parts of collections. This file
 * has their names and the shapes of what they are sent and return; the slave has their code.
 */

import type { RemoteError } from '../errors.js';
import type { SlaveId, TaskFunction } from './types.js';

/** Names of algorithms that begin so are the library's. */
export const OPERATION_PREFIX = 'ts-mw:';

/**
 * - `call`: calls a task with arguments.
 * - `map`: calls a task for each element.
 * - `test`: finds the elements for which a task says true.
 * - `reduce`: folds the elements into one value.
 * - `sort`: sorts elements; `merge`: merges two sorted lists.
 */
export type OperationName = `ts-mw:${'call' | 'map' | 'test' | 'reduce' | 'sort' | 'merge'}`;

/**
 * A task as it travels: an algorithm by its name, beside its fingerprint, so that a checkpoint tells builds apart; a
 * portable function as itself.
 */
export type TaskReference = readonly [name: string, fingerprint: string] | TaskFunction;

/** The elements of a part: one list for each parameter of the task, all of one length. */
export type Columns = readonly ArrayLike<unknown>[];

/** The exception of one element of a part. */
export interface Failure extends RemoteError {
  /** The place of the element in the part. */
  readonly offset: number;
  readonly sid: SlaveId;
  readonly attempt: number;
  /** The key of the element threw, and not the task. */
  readonly inKey?: boolean | undefined;
}

/** The property of a part's error that has its `Failure`. */
export const FAILURE = 'failure';

/** Milliseconds that the part took, its values, and its failures where it was told to go on after them. */
export type MapPacket =
  | readonly [ms: number, values: ArrayLike<unknown>]
  | readonly [ms: number, values: ArrayLike<unknown>, failures: readonly Failure[]];

/** Whether a part ends at the first element that throws, or goes on. */
export type OnError = 'stop' | 'go on';

/** Of a part: the first element for which the task says true, or does not; all, or their number. */
export type Extent = 'first' | 'not' | 'all' | 'count';

/** Milliseconds, and the offsets of the elements found, or their number. */
export type TestPacket = readonly [ms: number, found: readonly number[] | number];

/** Milliseconds, and the value; of a part without elements there is none. */
export type ReducePacket = readonly [ms: number, value: unknown];

/** Milliseconds, and the offsets of the elements in their order; those of a second list follow on the first's. */
export type OrderPacket = readonly [ms: number, order: Uint32Array];
