/**
 * Where results outlive their master, as its core sees it: looked up at once, written in order, and told of
 * when they are committed. Keys are a task's algorithm with its fingerprint, its encoded arguments and its
 * occurrence; the bytes of a result are stored-result.ts's.
 */

import type { AlgorithmDefinition } from '../../algorithms/types.js';
import type { Body } from '../../wire/messages/body.js';
import type { Task } from './task.js';

/** Which of the equal submissions a task is, counted from 0, and the digest of arguments that are large. */
export interface ResultKey {
  readonly occurrence: number;
  readonly digest: Uint8Array | undefined;
}

export interface ResultStoreListener {
  /** The oldest `count` of the results that were written and not committed are committed. */
  readonly onCommitted: (count: number) => void;
  /** It takes and commits no more. */
  readonly onFailed: (error: Error) => void;
}

/** Tasks given to it have a `resultKey`. */
export interface ResultStore {
  /** How many results of an algorithm earlier masters have stored. */
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
  /** Takes a result, whose raw bytes stay as they are; it is committed after those before it. */
  write(task: Task, body: Body): void;
  /** Commits what was written, with what else comes until it can begin. */
  commit(): void;
  /** To be called once. */
  listen(listener: ResultStoreListener): void;
}
