/** Finds the address by which other machines reach this one, as far as it can tell by itself. */

import { hostname, networkInterfaces } from 'node:os';

/** Not its name, which many machines resolve to their own loopback. */
export function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? hostname();
}
