/** Reads a broker's URL: its address, whether it is encrypted, and whether it leads off this machine. */

import { isIP } from 'node:net';

const DEFAULT_PORT = 4222;

/** NATS URLs may lack scheme and port. */
export function parseBrokerUrl(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(/^[a-z]+:\/\//i.test(url) ? url : `nats://${url}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? DEFAULT_PORT : Number(port) };
}

/** An IPv6 address needs its brackets. */
export function hostAndPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export function isTlsUrl(url: string): boolean {
  return /^tls:/i.test(url);
}

/** The same address, with TLS required. */
export function withTls(url: string): string {
  return `tls://${url.replace(/^[a-z]+:\/\//i, '')}`;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
