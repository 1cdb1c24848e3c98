/** Owns the notices of a process on their way to standard error. */

import type { AuditTrail } from '../audit-trail.js';
import { openStandardError } from '../write/destination.js';
import { LineWriter } from '../write/line-writer.js';
import { followTrail } from './follow-trail.js';
import { hasColours } from './has-colours.js';
import { formatNotice, type Notice, type NoticeFold, warning } from './notice.js';

interface NoticeWriter {
  /**
   * Writes a text of many lines unchanged, after the notices so far; the trail's `error` with the same text
   * makes no notice.
   */
  tellAsItIs(text: string): void;
  /** Resolves when all notices are written, or their destination takes nothing. */
  flush(): Promise<void>;
}

/**
 * Writes a notice for each event of the trail that people should know, from now to the end of the process. Standard
 * error may end at a terminal through another process.
 */
export function writeNotices(trail: AuditTrail, fold: NoticeFold, isShownAtTerminal: boolean): NoticeWriter {
  const coloured = hasColours(isShownAtTerminal, process.env);
  const format = (notice: Notice, timeMs: number): string => `${formatNotice(notice, timeMs, coloured)}\n`;
  const writer = new LineWriter({
    destination: openStandardError(),
    formatDropped: (count, reason) => format(warning(`${count} notices dropped: ${reason}`), Date.now()),
  });
  const told = new Set<string>();
  const say = (notices: readonly Notice[], timeMs: number): void => {
    if (notices.length === 0) return;
    for (const notice of notices) writer.gather(format(notice, timeMs));
    writer.start();
  };
  followTrail(trail, fold, say, told);
  const flushSync = (): void => {
    for (const notice of fold.end()) writer.gather(format(notice, Date.now()));
    writer.flushSync();
  };
  process.on('exit', flushSync);
  return {
    tellAsItIs(text) {
      told.add(text);
      writer.flushSync();
      process.stderr.write(`${text}\n`);
    },
    flush: () => writer.flush(),
  };
}
