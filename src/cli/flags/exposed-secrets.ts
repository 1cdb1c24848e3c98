/**
 * Refuses secrets and data that would travel unencrypted: a broker beyond loopback without TLS, and secrets
 * for one.
 */

import { FlagError } from '../../errors.js';
import { isLoopback } from '../../link/connection/broker-urls.js';
import { exposedUrl } from '../../link/connection/exposed-url.js';
import type { BrokerAddress } from '../../link/ports.js';
import type { Configuration } from './configuration.js';

/** For the broker inside a master. */
export function refuseOpenBroker(host: string, { tls, insecure }: Configuration): void {
  if (isLoopback(host) || insecure || tls.cert !== undefined) return;
  throw new FlagError(
    '--master-host',
    `expected TLS on ${host}, which is not loopback; type --tls-cert FILE --tls-key FILE, or --insecure to go without`,
  );
}

/** For clients of a broker. */
export function refuseExposedSecret(address: BrokerAddress): void {
  const url = exposedUrl(address);
  if (url === undefined) return;
  const secret = address.password === undefined ? 'token' : 'password';
  throw new FlagError(
    '--insecure',
    `expected TLS before a ${secret} goes to ${url}, which is not loopback; type tls:// in --nats-url, --tls-ca FILE, or --insecure to go without`,
  );
}
