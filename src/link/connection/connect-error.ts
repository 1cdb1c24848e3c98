/** The reason why a first connection to a broker failed, in words that say what to do. */

import { JoinError } from '../../errors.js';
import type { BrokerAddress } from '../ports.js';
import { isTlsUrl } from './broker-urls.js';
import { CERTIFICATE_WANTED, ownFault, sourceOfTrust, UNKNOWN_SIGNER } from './certificate-fault.js';
import { credentialsFault } from './credentials-fault.js';

export type ConnectFailure =
  | 'refused'
  | 'credentials'
  | 'timeout'
  | 'tls'
  | 'insecure'
  | 'unreachable'
  | 'unfit'
  | 'foreign'
  | 'full';

export class ConnectError extends JoinError {
  readonly reason: ConnectFailure;

  constructor(reason: ConnectFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** No message came from a broker in time. */
export function timeoutError(address: BrokerAddress, timeoutMs: number, cause?: unknown): ConnectError {
  const text = `no answer from ${placeOf(address)} within ${(timeoutMs / 1000).toFixed(1)} s`;
  return new ConnectError('timeout', text, { cause });
}

/** It accepts no more clients; `embedded` if the kind of broker is known. */
export function fullError(address: BrokerAddress, embedded?: boolean, cause?: unknown): ConnectError {
  const own = 'its process may open no more files; allow more with ulimit -n';
  const server = 'max_connections in the configuration of the nats-server is reached; raise it';
  const why = embedded === undefined ? `${server}, or ${own}` : embedded ? own : server;
  const where = placeOf(address);
  const text = `the broker at ${where} has no room for another connection: ${why}`;
  return new ConnectError('full', text, { cause });
}

/** We require TLS, and it does not offer it. */
export function plainError(address: BrokerAddress, cause?: unknown): ConnectError {
  const { tls = {} } = address;
  const own = tls.certFile === undefined ? undefined : `--tls-cert ${tls.certFile}`;
  const by = sourceOfTrust(tls) ?? own ?? 'the URL';
  return new ConnectError(
    'tls',
    `the broker at ${placeOf(address)} does not offer TLS, which is required (by ${by}); start it with TLS, or leave that out`,
    { cause },
  );
}

/** `why` begins with the broker, as `it`. */
export function tlsError(address: BrokerAddress, why: string, cause?: unknown): ConnectError {
  return new ConnectError('tls', `no TLS with ${placeOf(address)}: ${why}`, { cause });
}

/** Translates the error of the NATS client. */
export function toConnectError(address: BrokerAddress, timeoutMs: number, cause: unknown): ConnectError {
  const where = placeOf(address);
  const { code, message } = describe(cause);
  const build = (reason: ConnectFailure, text: string): ConnectError =>
    new ConnectError(reason, text, { cause });
  switch (code) {
    case 'CONNECTION_REFUSED':
    case 'ECONNREFUSED':
      return build('refused', `nothing listens at ${where}: connection refused`);
    case 'AUTHORIZATION_VIOLATION':
    case 'AUTHENTICATION_EXPIRED':
    case 'AUTHENTICATION_TIMEOUT':
    case 'ACCOUNT_EXPIRED':
    case 'BAD_AUTHENTICATION':
    case 'BAD_CREDS':
      return build('credentials', `the broker at ${where} ${credentialsFault(address, message)}`);
    case 'TIMEOUT':
    case 'CONNECTION_TIMEOUT':
    case 'ETIMEDOUT':
      return timeoutError(address, timeoutMs, cause);
    case 'SERVER_OPT_NA':
      return plainError(address, cause);
  }
  if (/maximum connections exceeded/i.test(message)) return fullError(address, undefined, cause);
  const why = tlsReason(code, message, address);
  if (why !== undefined) return tlsError(address, why, cause);
  if (address.urls.some(isTlsUrl) && /^(ECONNRESET|EPIPE)$/.test(code)) {
    // The end of the broker's connection may overtake its alert.
    return tlsError(
      address,
      `it ended the connection (${code}), perhaps since ${ownFault(address.tls)}`,
      cause,
    );
  }
  return build('unreachable', `cannot reach ${where}: ${message || code || 'connection closed'}`);
}

/**
 * The message of a broker that asks for a certificate: an alert from nats-server, a text from that of a
 * master.
 */
const OURS_REFUSED = /ALERT_(BAD_CERTIFICATE|CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA)/;

/** Undefined if the failure has nothing to do with TLS. */
function tlsReason(code: string, message: string, { tls }: BrokerAddress): string | undefined {
  // The result of the earlier check, which differs from now.
  if (UNKNOWN_SIGNER.test(code)) return `no trusted authority signed its certificate (${message})`;
  if (/client certificate required/i.test(message)) return tls?.cert ? ownFault(tls) : CERTIFICATE_WANTED;
  if (OURS_REFUSED.test(code)) return ownFault(tls);
  if (code !== 'TLS' && !/^ERR_TLS|^ERR_SSL|^ERR_OSSL|CERT|SIGNATURE|SSL/.test(code)) return undefined;
  const words = /^ERR_SSL_(.*)$/.exec(code)?.[1]?.toLowerCase().replaceAll('_', ' ');
  return words ?? (message || code);
}

export function placeOf({ urls }: BrokerAddress): string {
  return urls.map(withoutCredentials).join(', ');
}

/** A URL in a form that may be printed: the part before its last `@` may be a password with any character. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z]+:\/\/)?.*@/is, '$1');
}

function describe(cause: unknown): { code: string; message: string } {
  if (!(cause instanceof Error)) return { code: '', message: String(cause ?? '') };
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return { code, message: cause.message };
}
