/**
 * The store in which results outlive their master, as its core sees it: lookups are immediate, writes are in
 * order, and commits are reported. A key is a task's algorithm with its fingerprint, its encoded arguments
 * and its occurrence. stored-result.ts defines the bytes of a result.
 */

import type { AlgorithmDefinition } from '../../algorithms/types.js';
import type { Body } from '../../wire/messages/body.js';
import type { Task } from './task.js';

/** The number of equal submissions before it, and the digest of large arguments. */
export interface ResultKey {
  readonly occurrence: number;
  readonly digest: Uint8Array | undefined;
}

export interface ResultStoreListener {
  /** The oldest `count` of the written and uncommitted results are now committed. */
  readonly onCommitted: (count: number) => void;
  /** The store takes and commits nothing more. */
  readonly onFailed: (error: Error) => void;
}

/** Tasks given to it have a `resultKey`. */
export interface ResultStore {
  /** The number of an algorithm's results from earlier masters. */
  countOf(definition: AlgorithmDefinition): number;
  /** The place of a task's result in the order in which results were stored. */
  find(task: Task): number | undefined;
  /** The bytes of a task's result; valid until the next call. */
  read(task: Task): Uint8Array | undefined;
  /**
   * The first place from this one on at which an earlier master stored a result of an algorithm that this
   * program has, with the code that it has.
   */
  following(place: number): number | undefined;
  /** Takes a result, whose raw bytes must not change; it is committed after those before it. */
  write(task: Task, body: Body): void;
  /** Commits all written results, and those that come until the commit can begin. */
  commit(): void;
  /** Call it once. */
  listen(listener: ResultStoreListener): void;
}
