/** Shows people a master while it runs: hears its audit events, keeps their picture, and shows it as they asked. */

import type { AuditTrail } from '../../audit/audit-trail.js';
import { hasColours } from '../../audit/notices/has-colours.js';
import { formatNotice } from '../../audit/notices/notice.js';
import type { CoreCounters } from '../../master/core/core-counters.js';
import { closingNotice } from '../../picture/notices/closing-notice.js';
import { Picture } from '../../picture/picture.js';
import { type Progress, progressOf } from '../../picture/progress.js';
import type { MasterToLookAt } from '../dashboard/change-master.js';
import { type OpenDashboard, openDashboard } from '../dashboard/open-dashboard.js';
import { openMetrics } from '../metrics/open-metrics.js';
import { progressLine } from './progress-line.js';
import { showLine } from './show-line.js';
import type { MasterWatch, WatchParams } from './watch-params.js';

const LOG_EVERY_MS = 60_000;

interface WatchMasterParams extends WatchParams {
  readonly progress: 'line' | 'log' | 'off';
}

export async function watchMaster(params: WatchMasterParams): Promise<MasterWatch> {
  const { configuration, trail, progress: mode, hasNotices } = params;
  const picture = new Picture();
  let running: MasterToLookAt | undefined;
  const stopHearing = trail.onEvent((event, timeMs) => picture.take(event, timeMs));
  const { dashboard: isShown, metrics: isServed, metricsFile } = configuration;
  const counters = (): CoreCounters | undefined => running?.master.counters();
  const isMeasured = isShown !== undefined || isServed !== undefined || metricsFile !== undefined;
  const metrics = isMeasured ? await openMetrics({ configuration, trail, picture, counters }) : undefined;
  const readMetrics = (format: 'prometheus' | 'openmetrics'): string => metrics?.read(format) ?? '';
  let dashboard: OpenDashboard | undefined;
  if (isShown !== undefined) {
    try {
      dashboard = await openDashboard({ configuration, wanted: isShown, trail, metrics: readMetrics });
    } catch (error) {
      await metrics?.end();
      throw error;
    }
  }
  if (dashboard !== undefined) params.say(`dashboard at ${dashboard.url}`);
  const stops: (() => void)[] = [];
  const progress = (): Progress => {
    const counted = counters();
    picture.yetToCome = counted === undefined ? 0 : counted.undrawn;
    return progressOf(picture, Date.now());
  };
  if (mode === 'log') stops.push(logProgress(trail, progress));
  if (mode === 'line') stops.push(showLine((width) => progressLine(progress(), width)));
  if (mode === 'line' && !hasNotices) stops.push(tellEnd(trail, picture));
  let isOver = false;
  return {
    dashboardUrl: dashboard?.url,
    begin(started) {
      running = started;
      if (metrics !== undefined) started.master.watchRuns(metrics.waits);
      dashboard?.begin(started);
    },
    async end() {
      if (isOver) return;
      isOver = true;
      for (const stop of stops) stop();
      await dashboard?.end();
      await metrics?.end();
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
function tellEnd(trail: AuditTrail, picture: Picture): () => void {
  return trail.onEvent(({ type }, timeMs) => {
    if (type !== 'master-finished') return;
    const notice = closingNotice(picture, timeMs);
    process.stderr.write(`${formatNotice(notice, timeMs, hasColours(true, process.env))}\n`);
  });
}
