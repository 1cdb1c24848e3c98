/** A scope of control flow as submissions see it. */

import type { Submitter } from './submitter.js';

export interface SubmissionScope {
  /** Aborts when the scope is cancelled. */
  readonly signal: AbortSignal;
  /** Submits to `master` what is of this scope. */
  submitterOver(master: Submitter): Submitter;
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
