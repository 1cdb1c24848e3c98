/** The certificate of what a master serves by HTTP: that of the broker inside it. */

import type { ListenerTls } from '../../dashboard/listener/listener.js';
import { FlagError } from '../../errors.js';
import { isLoopback } from '../../link/connection/broker-urls.js';
import type { Configuration } from './configuration.js';

/**
 * Undefined without encryption, which only loopback has unless somebody typed `--insecure`: otherwise throws FlagError
 * naming the flag that asked for the listener.
 */
export function listenerTls(
  flag: string,
  host: string,
  { insecure, nats, tls: { cert, key, ca, verify } }: Configuration,
): ListenerTls | undefined {
  // With a nats-server it is a client's certificate
  const isOwn = nats.urls.length === 0;
  if (isOwn && cert !== undefined && key !== undefined)
    return { cert, key, clientCa: verify ? ca : undefined };
  if (isLoopback(host) || insecure) return undefined;
  const how = isOwn ? '--tls-cert FILE --tls-key FILE, or ' : '';
  throw new FlagError(
    flag,
    `expected TLS on ${host}, which is not loopback; type ${how}--insecure to go without`,
  );
}
