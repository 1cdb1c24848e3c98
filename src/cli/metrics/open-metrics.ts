/** The metrics of one master: where they are read, and what is read there. */

import type { AuditTrail } from '../../audit/audit-trail.js';
import type { Listener } from '../../dashboard/listener/listener.js';
import { hostAndPort } from '../../link/connection/broker-urls.js';
import type { CoreCounters } from '../../master/core/core-counters.js';
import type { Picture } from '../../picture/picture.js';
import { Turnarounds } from '../../picture/turnarounds.js';
import { Waits } from '../../picture/waits.js';
import type { Configuration } from '../flags/configuration.js';
import { listenerTls } from '../flags/listener-tls.js';
import { hostFromHere } from '../process/reachable-hosts.js';
import { packageVersion } from '../process/versions.js';
import { type ExpositionFormat, expositionOf } from './exposition.js';
import { masterFamilies, TURNAROUND_SECONDS, WAIT_SECONDS } from './master-families.js';
import { writeMetricsFile } from './metrics-file.js';
import { openMetricsServer } from './metrics-server.js';
import { ProcessMeter } from './process-meter.js';

interface MetricsParams {
  readonly configuration: Configuration;
  readonly trail: AuditTrail;
  readonly picture: Picture;
  /** Undefined before the master has started. */
  readonly counters: () => CoreCounters | undefined;
}

export interface Metrics {
  /** Hears of a master's runs, which no audit event tells. */
  readonly waits: Waits;
  /** The text of now. */
  read(format: ExpositionFormat): string;
  /** Writes the last numbers to the file, if there is one. */
  end(): Promise<void>;
}

/**
 * Opens what the configuration asks for. Throws FlagError if the listener would be open to a network without encryption,
 * or cannot listen.
 */
export async function openMetrics(params: MetricsParams): Promise<Metrics> {
  const { configuration, trail, picture, counters } = params;
  const { metrics, metricsFile } = configuration;
  const turnarounds = new Turnarounds(TURNAROUND_SECONDS);
  const waits = new Waits(WAIT_SECONDS);
  const version = packageVersion();
  let meter: ProcessMeter | undefined;
  const read = (format: ExpositionFormat): string => {
    const reading = { version, picture, turnarounds, waits, counters: counters(), nowMs: Date.now() };
    return expositionOf([...masterFamilies(reading), ...(meter?.families() ?? [])], format);
  };
  let server: Listener | undefined;
  if (metrics !== undefined) {
    const tls = listenerTls('--metrics', metrics.host, configuration);
    server = await openMetricsServer({ ...metrics, tls, read });
    const scheme = tls === undefined ? 'http' : 'https';
    const url = `${scheme}://${hostAndPort(hostFromHere(metrics.host), server.port)}/metrics`;
    trail.emit({ type: 'metrics-ready', url });
  }
  meter = new ProcessMeter();
  const stopHearing = trail.onEvent((event, timeMs) => turnarounds.take(event, timeMs));
  const endFile =
    metricsFile === undefined
      ? undefined
      : writeMetricsFile({
          path: metricsFile,
          read: () => read('prometheus'),
          onFailed: (reason) => {
            const text = `--metrics-file: ${metricsFile} cannot be written (${reason}); it is tried again`;
            trail.emit({ type: 'warning', text });
          },
        });
  return {
    waits,
    read,
    async end() {
      await endFile?.();
      stopHearing();
      meter?.stop();
      await server?.close();
    },
  };
}
