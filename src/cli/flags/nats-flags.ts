/**
 * The authentication of a process to its broker: the flags about it, `TS_MW_TOKEN`, and the files they name.
 */

import { readFileSync } from 'node:fs';
import { FlagError } from '../../errors.js';
import { lackOfCreds } from '../../link/connection/credentials.js';
import { parseUserKey } from '../../link/connection/nkeys.js';
import { type FlagKey, flagName } from './flag-row.js';
import { parseText } from './flag-values.js';
import { attempt, checkReadable } from './named-file.js';

export const TOKEN_VARIABLE = 'TS_MW_TOKEN';
/** The password of `--nats-user` if it is not typed: all users can see the command line. */
export const PASSWORD_VARIABLE = 'TS_MW_NATS_PASSWORD';

/** At most one way to authenticate; a token of the resource file counts only if none is set here. */
export interface NatsCredentials {
  readonly token?: string | undefined;
  /** The source of the token; a flag overrides the environment. */
  readonly tokenFrom?: 'flag' | 'environment' | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Path of a `.creds` file. */
  readonly creds?: string | undefined;
  /** Path of a file that holds an nkey seed. */
  readonly nkeyFile?: string | undefined;
}

export const CREDENTIAL_KEYS: ReadonlySet<string> = new Set<FlagKey>([
  'natsToken',
  'natsTokenFile',
  'natsUser',
  'natsPassword',
  'natsCreds',
  'natsNkeyFile',
]);

const LARGEST_SECRET_FILE = 64 * 1024;

/** `value` returns the flag's text if it was given; values are secret and never appear in messages. */
export function readCredentials(
  value: (key: FlagKey) => string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  warn: (warning: string) => void,
): NatsCredentials {
  const token = value('natsToken');
  const tokenFile = value('natsTokenFile');
  const user = value('natsUser');
  const password = value('natsPassword') ?? (user === undefined ? undefined : env[PASSWORD_VARIABLE]);
  const creds = value('natsCreds');
  const nkeyFile = value('natsNkeyFile');

  refuseTwoWays([
    ['natsToken', token],
    ['natsTokenFile', tokenFile],
    ['natsUser', user],
    ['natsCreds', creds],
    ['natsNkeyFile', nkeyFile],
  ]);
  if ((user === undefined) !== (password === undefined)) {
    const [came, missing] =
      user === undefined ? ['--nats-password', '--nats-user'] : ['--nats-user', '--nats-password'];
    throw new FlagError(
      came,
      `expected ${missing} too, but it is missing; type --nats-user U --nats-password P`,
    );
  }

  if (user !== undefined && password !== undefined) {
    return {
      user: parseText('--nats-user', user, 'USER'),
      password: parseText('--nats-password', password, 'P'),
    };
  }
  if (creds !== undefined) {
    checkCreds(creds, warn);
    return { creds };
  }
  if (nkeyFile !== undefined) {
    checkSeed(nkeyFile, warn);
    return { nkeyFile };
  }
  if (token !== undefined) return { token: parseText('--nats-token', token, 'TOKEN'), tokenFrom: 'flag' };
  if (tokenFile !== undefined)
    return { token: readTokenFile('--nats-token-file', tokenFile, warn), tokenFrom: 'flag' };
  const fromEnvironment = env[TOKEN_VARIABLE];
  return fromEnvironment ? { token: fromEnvironment, tokenFrom: 'environment' } : {};
}

function refuseTwoWays(ways: readonly (readonly [FlagKey, string | undefined])[]): void {
  const [first, second] = ways.filter(([, text]) => text !== undefined).map(([key]) => flagName(key));
  if (first === undefined || second === undefined) return;
  throw new FlagError(second, `expected one way to authenticate, got ${first} too; type only one of the two`);
}

/** The one word in a file that a flag of this name gives. */
export function readTokenFile(name: string, path: string, warn: (warning: string) => void): string {
  const token = readSmall(name, path, 'a token', warn).trim();
  if (token === '')
    throw new FlagError(name, `expected a token in ${path}, it is empty; write the token into it`);
  if (/\s/.test(token)) {
    throw new FlagError(name, `expected one token in ${path}, it holds several words; leave only the token`);
  }
  return token;
}

/**
 * The link reads the seed again for each connection; here a wrong file is reported before anything starts.
 */
function checkSeed(path: string, warn: (warning: string) => void): void {
  const name = '--nats-nkey-file';
  if (parseUserKey(readSmall(name, path, 'the seed of a user', warn)) === undefined) {
    throw new FlagError(
      name,
      `expected the seed of a user (SU…) in ${path}, there is none; name a file of --print-nats-config, or write the seed into it`,
    );
  }
}

/** As `checkSeed`. */
function checkCreds(path: string, warn: (warning: string) => void): void {
  const name = '--nats-creds';
  const lack = lackOfCreds(readSmall(name, path, 'the credentials of a user', warn), Date.now());
  if (lack !== undefined) throw new FlagError(name, `expected the credentials of a user, ${path} ${lack}`);
}

function readSmall(name: string, path: string, what: string, warn: (warning: string) => void): string {
  const stats = checkReadable(name, parseText(name, path, 'FILE'), warn);
  if (stats.size > LARGEST_SECRET_FILE) {
    throw new FlagError(
      name,
      `expected a file that holds ${what}, ${path} has ${stats.size} bytes; name another file`,
    );
  }
  return attempt(name, path, () => readFileSync(path, 'utf8'));
}

/** All users of the machine can see the command line. */
export function warnOfExposed(typed: readonly { readonly key: string }[]): string[] {
  const cures = [
    ['natsToken', 'type --nats-token-file FILE'],
    ['natsPassword', `set ${PASSWORD_VARIABLE}`],
  ] as const;
  return cures
    .filter(([secret]) => typed.some(({ key }) => key === secret))
    .map(([key, cure]) => `${flagName(key)}: all users of this machine see it in the process list; ${cure}`);
}
