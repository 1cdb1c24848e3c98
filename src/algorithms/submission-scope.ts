/** A scope of control flow as submissions see it. */

import type { Submitter } from './submitter.js';
import type { Future, TaskId } from './types.js';

export interface SubmissionScope {
  /** Aborts when the scope is cancelled. */
  readonly signal: AbortSignal;
  /** Submits to `master` what is of this scope. */
  submitterOver(master: Submitter): Submitter;
  /** As `submitterOver(master).submit`, for one task: most scopes submit only one, and need no submitter of their own. */
  submit(master: Submitter, ...submission: Parameters<Submitter['submit']>): TaskId;
  /** As `submitterOver(master).future`, for one task. */
  future(master: Submitter, ...submission: Parameters<Submitter['future']>): Future<unknown>;
}

/** Undefined until the program enters its first scope, so that other programs look at one variable. */
let find: (() => SubmissionScope | undefined) | undefined;

/** The scope of this call. */
export function submissionScope(): SubmissionScope | undefined {
  return find === undefined ? undefined : find();
}

/** Says how the scope of a call is found. */
export function findScopesBy(finder: () => SubmissionScope | undefined): void {
  find = finder;
}
