/** Starts the broker of a master that has its own, and tells the audit trail what it sees. */

import { randomBytes } from 'node:crypto';
import type { AuditSink } from '../audit/audit-trail.js';
import type { BrokerEvent } from '../broker/options.js';
import { type Broker, startBroker } from '../broker/start-broker.js';
import { FlagError } from '../errors.js';
import type { BrokerAddress } from '../link/ports.js';
import type { Configuration } from './configuration.js';
import { hostFromHere, isLoopback, natsUrl } from './reachable-hosts.js';

/** No broker where the configuration names a nats-server. Throws FlagError: others would need a token. */
export async function openBroker(
  { nats, masterHost, masterPort, resourceFile }: Configuration,
  audit: AuditSink,
): Promise<{ broker: Broker | undefined; address: BrokerAddress }> {
  if (nats.urls.length > 0) return { broker: undefined, address: nats };
  const open = isLoopback(masterHost) && resourceFile === undefined;
  if (!isLoopback(masterHost) && resourceFile === undefined && nats.token === undefined) {
    throw new FlagError(
      '--master-host',
      `slaves elsewhere need a token to reach ${masterHost}; give --nats-token-file, or --resource-file for one made anew`,
    );
  }
  const token = nats.token ?? (open ? undefined : randomBytes(24).toString('base64url'));
  const broker = await startBroker({ host: masterHost, port: masterPort, ...(token ? { token } : {}) });
  broker.onEvent((event) => tellBrokerEvent(event, audit));
  audit.emit({ type: 'broker-ready', broker: 'embedded', url: broker.url });
  if (token === undefined) audit.emit({ type: 'no-token', url: broker.url });
  return { broker, address: { urls: [natsUrl(hostFromHere(broker.host), broker.port)], token } };
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
    case 'crashed':
      audit.emit({ type: 'error', text: `the broker ended: ${event.error}` });
      return;
    case 'client-connected':
      return;
    default:
      event satisfies never;
  }
}
