/** Feeds a fold with the events of a trail, and sees that what it has gathered is said when it is due. */

import type { AuditTrail } from '../audit-trail.js';
import type { Notice, NoticeFold } from './notice.js';

/** Where notices go, with the time of what they are about. */
export type Say = (notices: readonly Notice[], timeMs: number) => void;

/** Until the returned function is called. Errors whose texts are in `told` are said by somebody else. */
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
