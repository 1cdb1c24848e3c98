/** Why a first connection to a broker came to nothing, in words that say what to do. */

import { JoinError } from '../errors.js';
import { isTlsUrl } from './broker-urls.js';
import type { BrokerAddress } from './ports.js';

export type ConnectFailure =
  | 'refused'
  | 'credentials'
  | 'timeout'
  | 'tls'
  | 'insecure'
  | 'unreachable'
  | 'unfit'
  | 'full';

export class ConnectError extends JoinError {
  readonly reason: ConnectFailure;

  constructor(reason: ConnectFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** No word came from a broker in time. */
export function timeoutError({ urls }: BrokerAddress, timeoutMs: number, cause?: unknown): ConnectError {
  const where = urls.map(withoutCredentials).join(', ');
  const text = `no answer from ${where} within ${(timeoutMs / 1000).toFixed(1)} s`;
  return new ConnectError('timeout', text, { cause });
}

/** It lets nobody in any more. */
export function fullError({ urls }: BrokerAddress): ConnectError {
  const where = urls.map(withoutCredentials).join(', ');
  return new ConnectError(
    'full',
    `the broker at ${where} has no room for another connection: its process may open no more files, or it is configured so`,
  );
}

/** Translates what the NATS client rejected with. */
export function toConnectError(address: BrokerAddress, timeoutMs: number, cause: unknown): ConnectError {
  const where = address.urls.map(withoutCredentials).join(', ');
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
      return build('credentials', `the broker at ${where} refuses our credentials: ${message}`);
    case 'TIMEOUT':
    case 'CONNECTION_TIMEOUT':
    case 'ETIMEDOUT':
      return timeoutError(address, timeoutMs, cause);
    case 'SERVER_OPT_NA':
      return build('tls', `the broker at ${where} does not offer TLS, and we were told to demand it`);
  }
  const why = tlsReason(code, message, address.tls?.certificate !== undefined);
  if (why !== undefined) return build('tls', `no TLS with ${where}: ${why}`);
  if (address.urls.some(isTlsUrl) && /^(ECONNRESET|EPIPE)$/.test(code)) {
    // The broker's alert may be overtaken by the end of its connection.
    return build(
      'tls',
      `no TLS with ${where}: it ended the connection (${code}), perhaps since ${CERTIFICATE_WANTED}`,
    );
  }
  return build('unreachable', `cannot reach ${where}: ${message || code || 'connection closed'}`);
}

const UNKNOWN_SIGNER = /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/;
/** What a broker says that asks for a certificate: nats-server by an alert, the one in a master in words. */
const OURS_REFUSED = /ALERT_(BAD_CERTIFICATE|CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA)/;

const CERTIFICATE_WANTED =
  'it asks for a certificate of ours that its authority signed; type --tls-cert FILE --tls-key FILE';

/** Undefined if the failure has nothing to do with TLS. */
function tlsReason(code: string, message: string, pinned: boolean): string | undefined {
  if (pinned && UNKNOWN_SIGNER.test(code)) return 'it shows another certificate than its master has';
  if (UNKNOWN_SIGNER.test(code)) {
    return `we trust nobody who signed its certificate (${message}); type --tls-ca FILE, or use its master's resource file`;
  }
  if (OURS_REFUSED.test(code) || /client certificate required/i.test(message)) {
    return CERTIFICATE_WANTED;
  }
  if (code !== 'TLS' && !/^ERR_TLS|^ERR_SSL|CERT|SIGNATURE|SSL/.test(code)) return undefined;
  const words = /^ERR_SSL_(.*)$/.exec(code)?.[1]?.toLowerCase().replaceAll('_', ' ');
  return words ?? (message || code);
}

/** A URL as it may be printed: what stands before its last `@` may be a password with any character. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z]+:\/\/)?.*@/is, '$1');
}

function describe(cause: unknown): { code: string; message: string } {
  if (!(cause instanceof Error)) return { code: '', message: String(cause ?? '') };
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return { code, message: cause.message };
}
