/** Finds a connection on which an eavesdropper on the network could see a secret. */

import type { BrokerAddress } from '../ports.js';
import { isLoopback, isTlsUrl, parseBrokerUrl } from './broker-urls.js';
import { withoutCredentials } from './connect-error.js';

/**
 * The first URL to which a token or a password would travel unencrypted beyond this machine; undefined if
 * there is none, or if that is allowed. A credentials file does not count as a secret here: only a signature
 * travels.
 */
export function exposedUrl(address: BrokerAddress): string | undefined {
  if (address.insecure) return undefined;
  const found = address.urls.find((url) => carriesSecret(address, url) && isOpen(url));
  return found === undefined ? undefined : withoutCredentials(found);
}

export function carriesSecret({ token, password, creds }: BrokerAddress, url: string): boolean {
  return (
    creds === undefined && (token !== undefined || password !== undefined || withoutCredentials(url) !== url)
  );
}

function isOpen(url: string): boolean {
  return !isTlsUrl(url) && !isLoopback(parseBrokerUrl(url).host);
}
