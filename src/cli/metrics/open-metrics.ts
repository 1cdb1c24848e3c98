/** The metrics of one master: where they are read, and what is read there. */

import type { AuditTrail } from '../../audit/audit-trail.js';
import { FlagError } from '../../errors.js';
import { hostAndPort, isLoopback } from '../../link/connection/broker-urls.js';
import type { CoreCounters } from '../../master/core/core-counters.js';
import type { Picture } from '../../picture/picture.js';
import { Turnarounds } from '../../picture/turnarounds.js';
import type { Configuration } from '../flags/configuration.js';
import { hostFromHere } from '../process/reachable-hosts.js';
import { packageVersion } from '../process/versions.js';
import { type ExpositionFormat, expositionOf } from './exposition.js';
import { masterFamilies, TURNAROUND_SECONDS } from './master-families.js';
import { writeMetricsFile } from './metrics-file.js';
import { type MetricsServer, type MetricsTls, openMetricsServer } from './metrics-server.js';
import { ProcessMeter } from './process-meter.js';

interface MetricsParams {
  readonly configuration: Configuration;
  readonly trail: AuditTrail;
  readonly picture: Picture;
  /** Undefined before the master has started. */
  readonly counters: () => CoreCounters | undefined;
}

/**
 * Opens what the configuration asks for. Returns a function that ends it, with the last numbers in the file. Throws
 * FlagError if the listener would be open to a network without encryption, or cannot listen.
 */
export async function openMetrics(params: MetricsParams): Promise<() => Promise<void>> {
  const { configuration, trail, picture, counters } = params;
  const { metrics, metricsFile } = configuration;
  const turnarounds = new Turnarounds(TURNAROUND_SECONDS);
  const version = packageVersion();
  let meter: ProcessMeter | undefined;
  const read = (format: ExpositionFormat): string => {
    const reading = { version, picture, turnarounds, counters: counters(), nowMs: Date.now() };
    return expositionOf([...masterFamilies(reading), ...(meter?.families() ?? [])], format);
  };
  let server: MetricsServer | undefined;
  if (metrics !== undefined) {
    const tls = tlsOf(configuration);
    refuseOpenListener(metrics.host, tls, configuration);
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
  return async () => {
    await endFile?.();
    stopHearing();
    meter?.stop();
    await server?.close();
  };
}

/** The certificate of the broker inside the master; with a nats-server it is a client's. */
function tlsOf({ nats, tls }: Configuration): MetricsTls | undefined {
  const { cert, key, ca, verify } = tls;
  if (nats.urls.length > 0 || cert === undefined || key === undefined) return undefined;
  return { cert, key, clientCa: verify ? ca : undefined };
}

function refuseOpenListener(
  host: string,
  tls: MetricsTls | undefined,
  { insecure, nats }: Configuration,
): void {
  if (isLoopback(host) || insecure || tls !== undefined) return;
  const how = nats.urls.length > 0 ? '' : '--tls-cert FILE --tls-key FILE, or ';
  throw new FlagError(
    '--metrics',
    `expected TLS on ${host}, which is not loopback; type ${how}--insecure to go without`,
  );
}
