/** The words in which failures of tasks are counted, so that all who count them mean the same. */

import type { AuditEventOf } from '../events.js';

/** The reason, and the end of its last run. */
export function whyUnrunnable({
  reason,
  history,
}: Pick<AuditEventOf<'task-unrunnable'>, 'reason' | 'history'>): string {
  const last = history.at(-1);
  return last === undefined ? reason : `${reason}: ${last.evidence}`;
}

/** Of a task that the program killed. */
export const KILLED = 'killed by the program';

/** Errors of an algorithm beyond the kinds that are counted apart. */
export const OTHER_ERRORS = 'other errors';
