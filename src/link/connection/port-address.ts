/** The address of a data port: at the host of the broker, with a secret of its own. */

import type { OfferedPort } from '../../wire/messages/messages.js';
import type { BrokerAddress } from '../ports.js';
import { parseBrokerUrl } from './broker-urls.js';

/** `port` is the one to dial, if it is not the offered one: a tunnel's end has another number. */
export function portAddress(
  broker: BrokerAddress,
  { port: offeredPort, secret, encrypted }: OfferedPort,
  port: number | undefined,
): BrokerAddress {
  const { tls, insecure } = broker;
  const scheme = encrypted ? 'tls' : 'nats';
  const urls = broker.urls.map((url) => {
    const { host } = parseBrokerUrl(url);
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port ?? offeredPort}`;
  });
  return { urls, token: secret, tls: encrypted ? (tls ?? {}) : undefined, insecure };
}
