/**
 * How a process proves itself to its broker, and under which name its subjects go. A nats-server confines
 * each user to the subjects of that name, so the two must speak of the same user.
 */

import { type ConnectionOptions, credsAuthenticator, nkeyAuthenticator } from 'nats';
import { NO_USER } from '../wire/subjects.js';
import { ConnectError } from './connect-error.js';
import { readSecret, readUserKey } from './nkeys.js';
import type { BrokerAddress } from './ports.js';

/** The part of the client's options that is secret; throws ConnectError when a file cannot be used. */
export function authentication(address: BrokerAddress): ConnectionOptions {
  if (address.creds !== undefined) {
    return { authenticator: credsAuthenticator(Buffer.from(readCreds(address.creds))) };
  }
  if (address.nkeyFile !== undefined) {
    return { authenticator: nkeyAuthenticator(Buffer.from(readUserKey(address.nkeyFile).seed)) };
  }
  const { token, user, password } = plainCredentials(address);
  if (token !== undefined) return { token };
  if (user === undefined) return {};
  return password === undefined ? { user } : { user, pass: password };
}

/** The user's name or public nkey, not yet encoded for a subject. Throws as `authentication` does. */
export function subjectUser(address: BrokerAddress): string {
  if (address.creds !== undefined) return subjectOf(address.creds);
  if (address.nkeyFile !== undefined) return readUserKey(address.nkeyFile).publicKey;
  return plainCredentials(address).user ?? NO_USER;
}

interface PlainCredentials {
  readonly token?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** What stands in a URL counts where nothing else does; a lone name there is a token. */
function plainCredentials({ token, user, password, urls }: BrokerAddress): PlainCredentials {
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

const readCreds = (path: string): string => readSecret(path, 'credentials file');

/**
 * Whom the token (JWT) of a credentials file is about: the user's public nkey. Nothing of it is verified
 * here. Who lies to itself finds that the nats-server forbids the subjects of that name.
 */
function subjectOf(path: string): string {
  const payload = /^\s*[\w-]+\.([\w-]+)\.[\w-]+\s*$/m.exec(readCreds(path))?.[1] ?? '';
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    if (typeof claims === 'object' && claims !== null && 'sub' in claims) {
      if (typeof claims.sub === 'string' && claims.sub !== '') return claims.sub;
    }
  } catch {
    // No JSON, so no claims
  }
  throw new ConnectError('credentials', `the credentials file ${path} does not say whose it is`);
}
