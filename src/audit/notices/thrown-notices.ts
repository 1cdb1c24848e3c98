/** What tasks threw, as notices: the first of each message when it comes, and how often each came at the end. */

import type { AuditEventOf } from '../events.js';
import { bad, counted, type Notice } from './notice.js';

/** Lines at the end; those that came most often. */
const MOST_LINES = 10;

export class ThrownNotices {
  /** By algorithm and message; those of one algorithm are few. */
  readonly #counts = new Map<string, AuditEventOf<'tasks-threw'>>();

  first({ algorithm, taskId, sid, message }: AuditEventOf<'task-threw'>): Notice {
    return bad(`${taskId} of ${algorithm} threw on ${sid}: ${message}`);
  }

  /** A later count takes the place of an earlier one. */
  count(event: AuditEventOf<'tasks-threw'>): void {
    this.#counts.set(JSON.stringify([event.algorithm, event.message]), event);
  }

  /** Of what was thrown once the first line has said all. */
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
