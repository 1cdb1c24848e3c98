/** Finds the obstacle at all URLs of a broker before the client dials, as the error that describes it. */

import type { BrokerAddress } from '../ports.js';
import { CERTIFICATE_WANTED, certificateFault } from './certificate-fault.js';
import {
  ConnectError,
  fullError,
  placeOf,
  plainError,
  timeoutError,
  tlsError,
  toConnectError,
  withoutCredentials,
} from './connect-error.js';
import { type Greeting, greet } from './greeting.js';
import type { OtherProtocol } from './other-protocol.js';

/** The order of reports if several servers differ: faults that a person can fix come first. */
const RANKS = ['distrusted', 'certificate-wanted', 'plain', 'tls-failed', 'full', 'foreign', 'mute'] as const;
const MOST_SAID = 60;

/**
 * Rejects with a ConnectError if something accepts our connection at a URL but no broker admits us at any.
 * Otherwise says whether all of them are encrypted, also if no URL requires it.
 */
export async function lookForObstacles(
  address: BrokerAddress,
  withinMs: number,
): Promise<{ readonly encrypted: boolean }> {
  const greetings = await Promise.all(address.urls.map((url) => greet(address, url, withinMs)));
  const brokers = greetings.flatMap((one) => (one.kind === 'broker' ? [one.encrypted] : []));
  if (brokers.length > 0) return { encrypted: brokers.every(Boolean) };
  for (const rank of RANKS) {
    const at = greetings.findIndex(({ kind }) => kind === rank);
    const greeting = greetings[at];
    const url = address.urls[at];
    if (greeting !== undefined && url !== undefined) throw errorOf(greeting, { address, url, withinMs });
  }
  return { encrypted: false };
}

interface Place {
  readonly address: BrokerAddress;
  readonly url: string;
  readonly withinMs: number;
}

function errorOf(greeting: Greeting, { address, url, withinMs }: Place): ConnectError {
  switch (greeting.kind) {
    case 'distrusted':
      return tlsError(address, certificateFault(address, { ...greeting, url }));
    case 'certificate-wanted':
      return tlsError(address, CERTIFICATE_WANTED);
    case 'plain':
      return plainError(address);
    case 'tls-failed': {
      const error = toConnectError(address, withinMs, greeting.cause);
      return error.reason === 'tls' ? error : tlsError(address, greeting.cause.message, greeting.cause);
    }
    case 'full':
      return fullError(address, greeting.embedded);
    case 'foreign':
      return new ConnectError(
        'foreign',
        `no broker at ${withoutCredentials(url)}: ${foreign(greeting.speaks)}`,
      );
    case 'mute':
      return timeoutError(address, withinMs);
    case 'gone':
    case 'broker':
      return new ConnectError('unreachable', `cannot reach ${placeOf(address)}`);
    default:
      return greeting satisfies never;
  }
}

function foreign(speaks: OtherProtocol): string {
  const cure = "type the port of its NATS clients (nats-server's port, 4222 by default)";
  switch (speaks.protocol) {
    case 'websocket':
      return `it is the websocket port of a nats-server, which is not supported; ${cure}`;
    case 'http':
      return `it speaks HTTP, as the monitoring port of a nats-server (8222) does; ${cure}`;
    case 'tls':
      return 'it wants TLS before its first line, as HTTPS, wss and a nats-server with handshake_first do, which is not supported; type another port, or remove handshake_first';
    case 'unknown':
      return `it accepts connections and sends nothing; ${cure}`;
    case 'other': {
      const said = speaks.said
        .replaceAll(/[^\x20-\x7e]+/g, ' ')
        .trim()
        .slice(0, MOST_SAID);
      return `it sends ${JSON.stringify(said)}; ${cure}`;
    }
    default:
      return speaks satisfies never;
  }
}
