/** The address of a data port: at the host of the broker, with a secret of its own. */

import type { OfferedPort } from '../../wire/messages/messages.js';
import type { BrokerAddress } from '../ports.js';
import { hostAndPort, parseBrokerUrl } from './broker-urls.js';

export function portAddress(
  { urls, tls, insecure }: BrokerAddress,
  { port, secret, encrypted }: OfferedPort,
): BrokerAddress {
  const scheme = encrypted ? 'tls' : 'nats';
  return {
    urls: urls.map((url) => `${scheme}://${hostAndPort(parseBrokerUrl(url).host, port)}`),
    token: secret,
    tls: encrypted ? (tls ?? {}) : undefined,
    insecure,
  };
}
