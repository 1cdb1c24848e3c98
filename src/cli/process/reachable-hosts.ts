/** The addresses of a master that listens on all interfaces: no client can connect to 0.0.0.0. */

import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { hostAndPort } from '../../link/connection/broker-urls.js';

const LOOPBACKS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** From this machine. */
export function hostFromHere(host: string): string {
  return LOOPBACKS[host] ?? host;
}

/**
 * From other machines and this one: the addresses of all interfaces, IPv4 first. Loopback only if there are
 * no others, since on another machine it leads elsewhere. Link-local addresses need a zone and are left out.
 */
export function hostsFromElsewhere(
  host: string,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): readonly string[] {
  if (LOOPBACKS[host] === undefined) return [host];
  const reachable = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address, family }) => {
      if (internal || /^(fe80|169\.254\.)/i.test(address)) return false;
      return family === 'IPv4' || host === '::';
    });
  const addresses = ['IPv4', 'IPv6'].flatMap((wanted) =>
    reachable.filter(({ family }) => family === wanted).map(({ address }) => address),
  );
  return addresses.length > 0 ? addresses : [hostFromHere(host)];
}

export function natsUrl(host: string, port: number): string {
  return `nats://${hostAndPort(host, port)}`;
}
