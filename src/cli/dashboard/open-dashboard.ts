/** The dashboard of one master: where it is, and how it asks the master. */

import type { AuditTrail } from '../../audit/audit-trail.js';
import { type Dashboard, startDashboard } from '../../dashboard/start-dashboard.js';
import { hostAndPort } from '../../link/connection/broker-urls.js';
import type { Configuration } from '../flags/configuration.js';
import { listenerTls } from '../flags/listener-tls.js';
import { hostFromHere } from '../process/reachable-hosts.js';
import { packageVersion } from '../process/versions.js';
import type { MasterToLookAt } from './change-master.js';
import { LookedAtMaster } from './looked-at-master.js';

export interface OpenDashboardParams {
  readonly configuration: Configuration;
  readonly wanted: NonNullable<Configuration['dashboard']>;
  readonly trail: AuditTrail;
  readonly metrics: (format: 'prometheus' | 'openmetrics') => string;
}

export interface OpenDashboard {
  /** With the token. */
  readonly url: string;
  begin(master: MasterToLookAt): void;
  end(): Promise<void>;
}

/** Throws FlagError if it would be open to a network without encryption, or cannot listen. */
export async function openDashboard(params: OpenDashboardParams): Promise<OpenDashboard> {
  const { configuration, wanted, trail, metrics } = params;
  const { host, port, control, showValues } = wanted;
  const tls = listenerTls('--dashboard', host, configuration);
  // Events that come while the thread starts are not lost
  let dashboard: Dashboard | undefined;
  const early: Parameters<Dashboard['take']>[] = [];
  const stopHearing = trail.onEvent((event, timeMs) => {
    if (dashboard === undefined) early.push([event, timeMs]);
    else dashboard.take(event, timeMs);
  });
  try {
    dashboard = await startDashboard({
      ...{ host, port, tls, control, showValues, metrics },
      onRefused: (refusals) => {
        for (const refusal of refusals) trail.emit({ type: 'dashboard-refused', ...refusal });
      },
      onProfile: (process, seconds, address) =>
        trail.emit({ type: 'dashboard-profile', process, seconds, address }),
      onCrashed: (reason) => {
        const text = `the dashboard's thread has ended, and the master goes on without it: ${reason}`;
        trail.emit({ type: 'warning', text });
      },
    });
  } catch (error) {
    stopHearing();
    throw error;
  }
  // Where there are such events, they came before the watch
  const nowMs = Date.now();
  dashboard.take({ type: 'version', version: packageVersion() }, nowMs);
  dashboard.take({ type: 'init', role: 'master', memberId: configuration.memberId }, nowMs);
  for (const one of early) dashboard.take(...one);
  const opened = dashboard;
  const scheme = tls === undefined ? 'http' : 'https';
  const place = `${scheme}://${hostAndPort(hostFromHere(host), opened.port)}`;
  trail.emit({ type: 'dashboard-ready', url: place });
  return {
    url: `${place}/#${opened.token}`,
    begin(running) {
      running.master.keepEnded();
      if (control) running.master.keepFailed();
      opened.begin(new LookedAtMaster(running, showValues, trail));
    },
    async end() {
      await opened.end();
      stopHearing();
    },
  };
}
