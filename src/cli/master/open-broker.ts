/** Starts the broker of a master that has its own, and reports its events to the audit trail. */

import { randomBytes } from 'node:crypto';
import type { AuditSink } from '../../audit/audit-trail.js';
import type { BrokerTls } from '../../broker/admission/tls-door.js';
import type { BrokerEvent } from '../../broker/broker-event.js';
import { DataPort } from '../../broker/data-port.js';
import { type Broker, startBroker } from '../../broker/start-broker.js';
import { FlagError } from '../../errors.js';
import { isLoopback, withTls } from '../../link/connection/broker-urls.js';
import type { BrokerAddress } from '../../link/ports.js';
import type { SpareThread } from '../../threads/spare-thread.js';
import { Subjects } from '../../wire/messages/subjects.js';
import type { Configuration } from '../flags/configuration.js';
import { refuseExposedSecret, refuseOpenBroker } from '../flags/exposed-secrets.js';
import { ownCertificate } from '../flags/tls-flags.js';
import { hostFromHere, natsUrl } from '../process/reachable-hosts.js';

/**
 * The limit of slaves that use the data port. The main thread reads their sockets itself; the broker's thread does it
 * for all others. See docs/performance.md.
 */
const MOST_DATA_PORTS = 16;

/** Length of a subject in an event. */
const MOST_REASON = 200;

interface OpenBrokerParams {
  readonly audit: AuditSink;
  /** The master will have slaves on other machines, which it starts itself. */
  readonly hasOthers: boolean;
  /** The broker's, if it loads already. */
  readonly thread?: SpareThread | undefined;
}

interface OpenedBroker {
  readonly broker: Broker | undefined;
  /** Beside the broker, unless the configuration has none. */
  readonly dataPort: DataPort | undefined;
  /** The address for slaves. */
  readonly address: BrokerAddress;
  /**
   * The address for the master, with a secret that no slave has: slaves can only publish and subscribe as
   * slaves do.
   */
  readonly ownAddress: BrokerAddress;
}

/**
 * No broker if the configuration names a nats-server. Throws FlagError if encryption is required but missing,
 * and if others would need a token.
 */
export async function openBroker(
  configuration: Configuration,
  { audit, hasOthers, thread }: OpenBrokerParams,
): Promise<OpenedBroker> {
  const { nats, tls, insecure, masterHost, masterPort, resourceFile } = configuration;
  if (nats.urls.length > 0) {
    const address = { ...nats, tls, insecure };
    refuseExposedSecret(address);
    return { broker: undefined, dataPort: undefined, address, ownAddress: address };
  }
  refuseOpenBroker(masterHost, configuration);
  // All users of those machines reach this broker too
  const open = isLoopback(masterHost) && resourceFile === undefined && !hasOthers;
  if (!isLoopback(masterHost) && resourceFile === undefined && nats.token === undefined) {
    throw new FlagError(
      '--master-host',
      `slaves elsewhere need a token to reach ${masterHost}; give --nats-token-file, or --resource-file for a new one`,
    );
  }
  const token = nats.token ?? (open ? undefined : randomBytes(24).toString('base64url'));
  const ownerToken = randomBytes(24).toString('base64url');
  const guests = { ownerToken, ...Subjects.ofSlaves };
  const { cert, key, verify } = tls;
  const encrypted = cert !== undefined && key !== undefined;
  const shownTls = encrypted ? { tls: { cert, key, ...(verify ? { clientCa: tls.ca } : {}) } } : {};
  const options = { host: masterHost, port: masterPort, guests, ...(token ? { token } : {}), ...shownTls };
  const broker = await startBroker(options, thread);
  broker.onEvent((event) => tellBrokerEvent(event, audit));
  audit.emit({ type: 'broker-ready', broker: 'embedded', url: broker.url });
  const dataPort = await openDataPort(configuration, shownTls, audit).catch(async (error: unknown) => {
    await broker.stop();
    throw error;
  });
  if (token === undefined) audit.emit({ type: 'no-token', url: broker.url });
  const url = natsUrl(hostFromHere(broker.host), broker.port);
  const way = encrypted
    ? // Under any name: this process recognises the broker by its certificate, and shows it the same one.
      { urls: [withTls(url)], tls: { certificate: ownCertificate(cert), ...(verify ? { cert, key } : {}) } }
    : { urls: [url], insecure };
  return { broker, dataPort, address: { ...way, token }, ownAddress: { ...way, token: ownerToken } };
}

async function openDataPort(
  { dataPort: port = 0, masterHost: host }: Configuration,
  tls: { readonly tls?: BrokerTls },
  audit: AuditSink,
): Promise<DataPort | undefined> {
  if (port === 'none') return undefined;
  const options = { host, port, ...tls, mostPasses: MOST_DATA_PORTS };
  const dataPort = await DataPort.open(options, (event) => tellBrokerEvent(event, audit));
  audit.emit({ type: 'data-port-ready', port: dataPort.port });
  return dataPort;
}

function tellBrokerEvent(event: BrokerEvent, audit: AuditSink): void {
  switch (event.type) {
    case 'auth-failed':
    case 'auth-failures':
      audit.emit(event);
      return;
    case 'client-closed':
      audit.emit({ type: 'broker-client-closed', address: event.address, reason: event.reason });
      return;
    case 'forbidden': {
      const reason = event.reason.slice(0, MOST_REASON);
      audit.emit({ type: 'warning', text: `${event.address} wants what no slave does: ${reason}` });
      return;
    }
    case 'turned-away': {
      const full = `nearly all of the ${event.limit} files that this process may have open are`;
      const text = `the broker turned ${event.address} away: ${full}; allow more with ulimit -n`;
      audit.emit({ type: 'warning', text });
      return;
    }
    case 'port-shut': {
      const after = `after ${event.failures} failed connections`;
      const text = `the data port was shut for 10 s ${after}; slaves go on through the broker`;
      audit.emit({ type: 'warning', text });
      return;
    }
    case 'crashed':
      audit.emit({ type: 'error', text: `the broker ended: ${event.error}` });
      return;
    case 'client-connected':
      return;
    default:
      event satisfies never;
  }
}
