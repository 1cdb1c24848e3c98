/**
 * The proof of a process's identity for its broker, and the user's name in its subjects. A nats-server
 * confines each user to the subjects of that name, so both must be the same user.
 */

import { NO_USER } from '../../wire/messages/subjects.js';
import type { BrokerAddress } from '../ports.js';
import { ConnectError } from './connect-error.js';
import { parseUserKey, readSecret, readUserKey } from './nkeys.js';

/** The user's name or public nkey, not yet encoded for a subject. Throws ConnectError when a file cannot be used. */
export function subjectUser(address: BrokerAddress): string {
  if (address.creds !== undefined) return subjectOf(address.creds);
  if (address.nkeyFile !== undefined) return readUserKey(address.nkeyFile).publicKey;
  return plainCredentials(address).user ?? NO_USER;
}

export interface PlainCredentials {
  readonly token?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** Credentials in a URL count only if there are no others; a lone name there is a token. */
export function plainCredentials({ token, user, password, urls }: BrokerAddress): PlainCredentials {
  if (token !== undefined) return { token };
  if (user !== undefined) return { user, password };
  for (const url of urls) {
    const [, name, secret] = /^(?:[a-z]+:\/\/)?([^/@:]*)(?::([^/@]*))?@/i.exec(url) ?? [];
    if (name === undefined) continue;
    if (secret === undefined) return { token: decodeURIComponent(name) };
    return { user: decodeURIComponent(name), password: decodeURIComponent(secret) };
  }
  return {};
}

export function readCreds(path: string): string {
  const text = readSecret(path, 'credentials file');
  const lack = lackOfCreds(text, Date.now());
  if (lack === undefined) return text;
  throw new ConnectError('credentials', `the credentials file ${path} ${lack}`);
}

/**
 * The reason why a credentials file is not usable, in words that show nothing of it; undefined if it may be.
 * Nothing in it is verified here: with a wrong name, the nats-server forbids the subjects of that name.
 */
export function lackOfCreds(text: string, now: number): string | undefined {
  const claims = claimsOf(text);
  if (claims === undefined || typeof claims.sub !== 'string' || claims.sub === '') {
    return "does not say whose it is: it holds no user's JWT; name the file that nsc generate creds wrote";
  }
  if (parseUserKey(text) === undefined) {
    return "holds a user's JWT and not the user's seed (SU…); name the file that nsc generate creds wrote";
  }
  if (typeof claims.exp === 'number' && claims.exp > 0 && claims.exp * 1000 < now) {
    return `expired on ${new Date(claims.exp * 1000).toUTCString()}; have it renewed`;
  }
  return undefined;
}

function claimsOf(text: string): { readonly sub?: unknown; readonly exp?: unknown } | undefined {
  const payload = /^\s*[\w-]+\.([\w-]+)\.[\w-]+\s*$/m.exec(text)?.[1] ?? '';
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return typeof claims === 'object' && claims !== null ? claims : undefined;
  } catch {
    return undefined;
  }
}

/** The user of the token (JWT) in a credentials file: the user's public nkey. */
function subjectOf(path: string): string {
  return String(claimsOf(readCreds(path))?.sub);
}
