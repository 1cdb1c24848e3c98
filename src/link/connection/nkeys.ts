/** Nkeys, the key pairs of NATS users: makes and reads their seeds, which are secret and stay in files. */

import { readFileSync } from 'node:fs';
import { createUser, fromSeed } from 'nkeys.js';
import { ConnectError } from './connect-error.js';

export interface UserKey {
  /** `SU…`, the private key. */
  readonly seed: string;
  /** `U…`, by which a nats-server knows the user. */
  readonly publicKey: string;
}

/** Alone, or within the lines that NATS tools put around it. */
const SEED_LINE = /^[ \t]*(SU[A-Z2-7]{56})[ \t]*\r?$/m;

export function createUserKey(): UserKey {
  const pair = createUser();
  return { seed: Buffer.from(pair.getSeed()).toString('latin1'), publicKey: pair.getPublicKey() };
}

/** The first user seed of a text; undefined if there is none or its checksum is wrong. */
export function parseUserKey(text: string): UserKey | undefined {
  const seed = SEED_LINE.exec(text)?.[1];
  if (seed === undefined) return undefined;
  try {
    return { seed, publicKey: fromSeed(Buffer.from(seed)).getPublicKey() };
  } catch {
    return undefined;
  }
}

/** Throws ConnectError; its message never contains the content of the file. */
export function readUserKey(path: string): UserKey {
  const key = parseUserKey(readSecret(path, 'nkey file'));
  if (key === undefined) throw new ConnectError('credentials', `the nkey file ${path} holds no user's seed`);
  return key;
}

/** A file that proves our identity. */
export function readSecret(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConnectError('credentials', `cannot read the ${what} ${path}: ${why}`, { cause });
  }
}
