/**
 * Exceptions of tasks, as notices: the first of each message when it comes, and the count of each at the end.
 */

import { counted } from '../../structures/counted.js';
import type { AuditEventOf } from '../events.js';
import { bad, type Notice } from './notice.js';

/** Number of lines at the end, for the most frequent ones. */
const MOST_LINES = 10;

export class ThrownNotices {
  /** By algorithm and message; one algorithm has few. */
  readonly #counts = new Map<string, AuditEventOf<'tasks-threw'>>();

  first({ algorithm, taskId, sid, message }: AuditEventOf<'task-threw'>): Notice {
    return bad(`${taskId} of ${algorithm} threw on ${sid}: ${message}`);
  }

  /** A later count replaces an earlier one. */
  count(event: AuditEventOf<'tasks-threw'>): void {
    this.#counts.set(JSON.stringify([event.algorithm, event.message]), event);
  }

  /** For an exception that came once, the first line has said everything. */
  end(): Notice[] {
    const many = [...this.#counts.values()].filter(
      ({ count, message }) => count > 1 || message === undefined,
    );
    many.sort((a, b) => b.count - a.count);
    const lines = many.slice(0, MOST_LINES).map(({ algorithm, count, message }) => {
      return bad(`${algorithm} threw ${counted(count, 'time')}: ${message ?? 'errors of further kinds'}`);
    });
    const left = many.length - lines.length;
    if (left > 0) lines.push(bad(`and ${counted(left, 'other error')} more than once`));
    return lines;
  }
}
