/**
 * How a master and a server prove themselves to each other. The one interface for programs' own ways, and the two that
 * need nothing but the library: a token, and passwords of users. Neither secret travels.
 */

import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { FormatError, JoinError, UsageError } from '../../errors.js';
import { checkOptionNames } from '../../structures/check-options.js';
import { ServerRefusal } from './server-refusal.js';

/** The conversation in which two sides prove themselves. */
export interface AuthChannel {
  /**
   * 32 bytes that both sides have and no other connection has: they stand for random numbers of both sides, the purpose
   * of the connection and, with TLS, its keys. A proof that contains them is worth nothing elsewhere.
   */
  readonly binding: Uint8Array;
  /** Sends a value that JSON can hold, of at most 4,000 bytes. */
  send(value: unknown): void;
  /** The next value of the other side. Rejects if it refuses, is gone, or is silent for five seconds. */
  receive(): Promise<unknown>;
}

/** A way to prove oneself, of a server and of the masters that use it (lfarm's auth classes). */
export interface ServerAuth {
  /** Its name, of at most 64 characters, which both sides must have in common. */
  readonly method: string;
  /**
   * On a master: proves itself, and checks the server's proof. `host` is the name or address by which the master dials.
   * Rejects if the server has none; nothing has been sent to it then but what this has sent.
   */
  proveToServer(channel: AuthChannel, host: string): Promise<void>;
  /**
   * On a server: checks the proof of a master, and proves itself. Resolves with the user's name, or undefined if the way
   * knows none; rejects to refuse it.
   */
  acceptMaster(channel: AuthChannel): Promise<string | undefined>;
  /** On a server, before it listens: rejects if it could accept nobody, and the server does not start. */
  prepareServer?(): Promise<void>;
}

/** Passwords of a server's users by name, or the name and the password of a master. */
export type PasswordOptions =
  | { readonly user: string; readonly password: string }
  | { readonly passwords: Readonly<Record<string, string>> };

/** Of the name of a way, in characters. */
export const LONGEST_METHOD = 64;
const PROOF_BYTES = 32;

/** Of a server that asks for nothing, on loopback or with client certificates. */
export const noAuth: ServerAuth = {
  method: 'none',
  proveToServer: async () => {},
  acceptMaster: async () => undefined,
};

/** Both sides have the same token; take at least 128 random bits. Throws UsageError for an empty one. */
export function tokenAuth(token: string): ServerAuth {
  if (!isSecret(token)) throw new UsageError('tokenAuth takes a token that is a text and not empty');
  const key = Buffer.from(token);
  return {
    method: 'token',
    proveToServer: (channel) => prove(channel, key, {}),
    async acceptMaster(channel) {
      await accept(channel, key, await channel.receive());
      return undefined;
    },
  };
}

function isSecret(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/**
 * A server has the passwords of its users, and a master the name and the password of one. A guess takes an eavesdropper on an
 * unencrypted connection about 50 ms. Throws UsageError for an empty name or password.
 *
 * @example
 * await startServer('127.0.0.1', 11111, { auth: passwordAuth({ passwords: { alice: 'open sesame' } }) });
 * await makeKernel([['127.0.0.1', 11111]], { auth: passwordAuth({ user: 'alice', password: 'open sesame' }) });
 */
export function passwordAuth(options: PasswordOptions): ServerAuth {
  const method = 'password';
  checkPasswords(options);
  checkOptionNames('passwordAuth', options, 'user' in options ? ['user', 'password'] : ['passwords']);
  if ('user' in options) {
    const { user, password } = options;
    const key = keyOf(user, password);
    return {
      method,
      proveToServer: async (channel) => prove(channel, await key, { user }),
      acceptMaster: () =>
        Promise.reject(new UsageError('a server has passwordAuth({ passwords: { USER: PASSWORD } })')),
    };
  }
  const keys = new Map(
    Object.entries(options.passwords).map(([user, password]) => [user, keyOf(user, password)]),
  );
  // A user that does not exist takes the time of one that does
  const nobody = Promise.resolve(randomBytes(PROOF_BYTES));
  return {
    method,
    proveToServer: () =>
      Promise.reject(new UsageError("a master has passwordAuth({ user: 'USER', password: 'PASSWORD' })")),
    async acceptMaster(channel) {
      const said = await channel.receive();
      const user = String(Object(said).user);
      await accept(channel, await (keys.get(user) ?? nobody), said);
      return user;
    },
  };
}

function checkPasswords(options: unknown): void {
  const { user, password, passwords } = Object(options) as Readonly<Record<string, unknown>>;
  const isMaster = isSecret(user) && isSecret(password) && passwords === undefined;
  const isTable = typeof passwords === 'object' && passwords !== null && !(Symbol.iterator in passwords);
  const isServer = user === undefined && isTable && Object.entries(passwords).flat().every(isSecret);
  if (isMaster || isServer) return;
  throw new UsageError(
    "passwordAuth takes { passwords: { USER: 'PASSWORD' } } on a server, { user: 'USER', password: 'PASSWORD' } on a master, and none of them is empty",
  );
}

function keyOf(user: string, password: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, `ts-mw server ${user}`, PROOF_BYTES, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

async function prove(
  channel: AuthChannel,
  key: Buffer,
  more: Readonly<Record<string, string>>,
): Promise<void> {
  channel.send({ ...more, proof: proofOf(key, 'master', channel).toString('base64url') });
  const said = await channel.receive();
  if (!isProof(said, proofOf(key, 'server', channel))) {
    throw new ServerRefusal('it does not know the secret, so it may be another server; look at its address');
  }
}

async function accept(channel: AuthChannel, key: Buffer, said: unknown): Promise<void> {
  if (!isProof(said, proofOf(key, 'master', channel))) throw new JoinError('the secret is wrong');
  channel.send({ proof: proofOf(key, 'server', channel).toString('base64url') });
}

function proofOf(key: Buffer, side: 'master' | 'server', { binding }: AuthChannel): Buffer {
  return createHmac('sha256', key).update(side).update(binding).digest();
}

function isProof(said: unknown, wanted: Buffer): boolean {
  const { proof } = Object(said) as { readonly proof?: unknown };
  if (typeof proof !== 'string') throw new FormatError('an auth message without a proof');
  const given = Buffer.from(proof, 'base64url');
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
