/** Shows people a master while it runs: hears its audit events, keeps their picture, and shows it as they asked. */

import type { AuditTrail } from '../../audit/audit-trail.js';
import { hasColours } from '../../audit/notices/has-colours.js';
import { formatNotice } from '../../audit/notices/notice.js';
import { Tally } from '../../audit/notices/tally.js';
import { Picture } from '../../picture/picture.js';
import { type Progress, progressOf } from '../../picture/progress.js';
import { progressLine } from './progress-line.js';
import { showLine } from './show-line.js';
import type { MasterWatch, WatchedMaster, WatchParams } from './watch-params.js';

const LOG_EVERY_MS = 60_000;

interface WatchMasterParams extends WatchParams {
  readonly progress: 'line' | 'log';
}

export function watchMaster({ trail, progress: mode, hasNotices }: WatchMasterParams): MasterWatch {
  const picture = new Picture();
  const stops = [trail.onEvent((event, timeMs) => picture.take(event, timeMs))];
  let master: WatchedMaster | undefined;
  const progress = (): Progress => {
    picture.openSources = master?.counters().openSources ?? 0;
    return progressOf(picture, Date.now());
  };
  if (mode === 'log') stops.push(logProgress(trail, progress));
  else stops.push(showLine((width) => progressLine(progress(), width)));
  if (mode === 'line' && !hasNotices) stops.push(tellEnd(trail));
  return {
    begin(started) {
      master = started;
    },
    async end() {
      for (const stop of stops.splice(0)) stop();
    },
  };
}

function logProgress(trail: AuditTrail, progress: () => Progress): () => void {
  const timer = setInterval(() => {
    const { done, submitted, failed, slaves, busy, perSecond, remainingSeconds } = progress();
    trail.emit({ type: 'progress', done, submitted, failed, slaves, busy, perSecond, remainingSeconds });
  }, LOG_EVERY_MS).unref();
  return () => clearInterval(timer);
}

/** The line that stays, where no notice says it. */
function tellEnd(trail: AuditTrail): () => void {
  const tally = new Tally();
  return trail.onEvent((event, timeMs) => {
    tally.begin(timeMs);
    switch (event.type) {
      case 'tasks-submitted':
      case 'tasks-settled':
      case 'task-cancelled':
      case 'task-killed':
        tally.take(event);
        return;
      case 'slave-connecting':
        tally.slaves++;
        return;
      case 'slave-rejoined':
        tally.slaves--;
        return;
      case 'master-finished': {
        const coloured = hasColours(true, process.env);
        process.stderr.write(`${formatNotice(tally.end(timeMs), timeMs, coloured)}\n`);
        return;
      }
      default:
    }
  });
}
