/** Shows people a master while it runs: hears its audit events, keeps their picture, and shows it as they asked. */

import type { AuditTrail } from '../../audit/audit-trail.js';
import { hasColours } from '../../audit/notices/has-colours.js';
import { formatNotice } from '../../audit/notices/notice.js';
import { Tally } from '../../audit/notices/tally.js';
import type { CoreCounters } from '../../master/core/core-counters.js';
import { Picture } from '../../picture/picture.js';
import { type Progress, progressOf } from '../../picture/progress.js';
import { openMetrics } from '../metrics/open-metrics.js';
import { progressLine } from './progress-line.js';
import { showLine } from './show-line.js';
import type { MasterWatch, WatchedMaster, WatchParams } from './watch-params.js';

const LOG_EVERY_MS = 60_000;

interface WatchMasterParams extends WatchParams {
  readonly progress: 'line' | 'log' | 'off';
}

export async function watchMaster(params: WatchMasterParams): Promise<MasterWatch> {
  const { configuration, trail, progress: mode, hasNotices } = params;
  const picture = new Picture();
  let master: WatchedMaster | undefined;
  const stopHearing = trail.onEvent((event, timeMs) => picture.take(event, timeMs));
  const { metrics, metricsFile } = configuration;
  const counters = (): CoreCounters | undefined => master?.counters();
  const endMetrics =
    metrics === undefined && metricsFile === undefined
      ? undefined
      : await openMetrics({ configuration, trail, picture, counters });
  const stops: (() => void)[] = [];
  const progress = (): Progress => {
    const counted = counters();
    picture.yetToCome = counted === undefined ? 0 : counted.undrawn;
    return progressOf(picture, Date.now());
  };
  if (mode === 'log') stops.push(logProgress(trail, progress));
  if (mode === 'line') stops.push(showLine((width) => progressLine(progress(), width)));
  if (mode === 'line' && !hasNotices) stops.push(tellEnd(trail));
  let isOver = false;
  return {
    begin(started) {
      master = started;
    },
    async end() {
      if (isOver) return;
      isOver = true;
      for (const stop of stops) stop();
      await endMetrics?.();
      stopHearing();
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
