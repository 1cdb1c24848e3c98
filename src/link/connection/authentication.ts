/**
 * The authentication of a process to its broker, in the form of the NATS client; credentials.ts has the parts
 * that need no client.
 */

import { type ConnectionOptions, credsAuthenticator, nkeyAuthenticator } from 'nats';
import type { BrokerAddress } from '../ports.js';
import { plainCredentials, readCreds } from './credentials.js';
import { readUserKey } from './nkeys.js';

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
