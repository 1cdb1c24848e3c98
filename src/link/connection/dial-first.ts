/** Makes the first connection to a broker, or rejects with a ConnectError that gives the reason. */

import { type ConnectionOptions, connect, type NatsConnection, type ServerInfo } from 'nats';
import { CHUNK_BYTES } from '../../wire/messages/messages.js';
import { HEADER_BYTES } from '../../wire/session/frame.js';
import type { BrokerAddress } from '../ports.js';
import { withTls } from './broker-urls.js';
import { ConnectError, placeOf, toConnectError } from './connect-error.js';
import { reconnectToo } from './dial-repairs.js';
import { lookForObstacles } from './obstacle.js';

const DIALS_AT_LIMIT = 3;
const AT_LIMIT_MS = 50;
/** A dial that ended so long after its limit was held up by this thread. */
const LATE_MS = 100;

/** Tries each URL once. `optionsFor` may throw before anything is sent. */
export async function dialFirst(
  address: BrokerAddress,
  optionsFor: (place: BrokerAddress) => ConnectionOptions,
  timeoutMs: number,
): Promise<NatsConnection> {
  // A fault that forbids to send anything, such as a token that would travel unencrypted, is found first.
  optionsFor(address);
  const { encrypted } = await lookForObstacles(address, timeoutMs);
  // A broker that requires TLS although no URL says so still needs a certificate for one of our hosts.
  const place = encrypted ? { ...address, urls: address.urls.map(withTls) } : address;
  const connection = await dial(place, optionsFor(place), timeoutMs);
  reconnectToo(connection);
  const lack = lackOf(connection.info);
  if (lack === undefined) return connection;
  await connection.close();
  throw new ConnectError('unfit', `the broker at ${placeOf(address)} is not suitable: ${lack}`);
}

/**
 * A server at its limit may still count our check as a connection. A server that has reached its limit since
 * then cuts the client off, which often gets no reason. One that waited in vain for our credentials has seen none
 * of them: this thread was kept from the processor. So it was where the dial ended long after its limit, and an
 * answer may wait in the socket.
 */
async function dial(
  place: BrokerAddress,
  options: ConnectionOptions,
  timeoutMs: number,
): Promise<NatsConnection> {
  for (let attempt = 1; ; attempt++) {
    const lateAt = performance.now() + place.urls.length * timeoutMs + LATE_MS;
    try {
      return await connect(options);
    } catch (cause) {
      const error = toConnectError(place, timeoutMs, cause);
      const isCut = error.reason === 'full' || error.reason === 'unreachable' || wasTooLate(cause);
      const isHeldUp = error.reason === 'timeout' && performance.now() > lateAt;
      if (!(isCut || isHeldUp) || attempt === DIALS_AT_LIMIT) throw error;
      await new Promise((resolve) => setTimeout(resolve, AT_LIMIT_MS));
      await lookForObstacles(place, timeoutMs);
    }
  }
}

function wasTooLate(cause: unknown): boolean {
  return (cause as { readonly code?: unknown } | null)?.code === 'AUTHENTICATION_TIMEOUT';
}

function lackOf(info: ServerInfo | undefined): string | undefined {
  const needed = CHUNK_BYTES + HEADER_BYTES;
  const allowed = info?.max_payload ?? needed;
  if (allowed < needed) {
    return `its max_payload is ${allowed} and must be at least ${needed}; raise max_payload in the configuration of the nats-server (1MB by default)`;
  }
  if (info?.headers === true) return undefined;
  return 'it has no headers; remove no_header_support from the configuration of the nats-server';
}
