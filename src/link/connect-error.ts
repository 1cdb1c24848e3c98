/** Why a first connection to a broker came to nothing, in words that say what to do. */

import { JoinError } from '../errors.js';
import type { BrokerAddress } from './ports.js';

export type ConnectFailure = 'refused' | 'credentials' | 'timeout' | 'tls' | 'unreachable' | 'unfit' | 'full';

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
      return build('tls', `the broker at ${where} does not offer TLS, or we do not offer what it wants`);
  }
  if (code === 'TLS' || /^ERR_TLS|^ERR_SSL|CERT|SIGNATURE|SSL/.test(code)) {
    return build('tls', `no TLS with ${where}: ${message || code}`);
  }
  return build('unreachable', `cannot reach ${where}: ${message || code || 'connection closed'}`);
}

/** A URL as it may be printed. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z]+:\/\/)?[^/@]*@/i, '$1');
}

function describe(cause: unknown): { code: string; message: string } {
  if (!(cause instanceof Error)) return { code: '', message: String(cause ?? '') };
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return { code, message: cause.message };
}
