/** Feeds a fold with the events of a trail, and has its gathered notices written when they are due. */

import type { AuditTrail } from '../audit-trail.js';
import type { Notice, NoticeFold } from './notice.js';

/** Receives notices, with the time of their events. */
export type Say = (notices: readonly Notice[], timeMs: number) => void;

/** Follows until the returned function is called. Errors whose texts are in `told` are reported elsewhere. */
export function followTrail(
  trail: Pick<AuditTrail, 'onEvent'>,
  fold: NoticeFold,
  say: Say,
  told: ReadonlySet<string> = new Set(),
): () => void {
  let timer: NodeJS.Timeout | undefined;

  function wait(dueMs: number): NodeJS.Timeout {
    const act = (): void => {
      timer = undefined;
      const now = Date.now();
      say(fold.tick(now), now);
      if (fold.dueMs !== undefined) timer = wait(fold.dueMs);
    };
    return setTimeout(act, Math.max(0, dueMs - Date.now())).unref();
  }

  const stop = trail.onEvent((event, timeMs) => {
    if (event.type === 'error' && told.has(event.text)) return;
    const notices = fold.take(event, timeMs);
    if (notices.length > 0) say(notices, timeMs);
    if (timer === undefined && fold.dueMs !== undefined) timer = wait(fold.dueMs);
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}
