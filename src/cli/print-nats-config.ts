/**
 * `--print-nats-config`: a nats-server configuration that confines master and slaves to their parts, and
 * the nkey of each user. The configuration has public keys only; the seeds go to files of their own.
 */

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FlagError } from '../errors.js';
import { createUserKey, parseUserKey } from '../link/connection/nkeys.js';
import { makeFolder } from '../structures/make-folder.js';
import {
  masterPermissions,
  type SubjectPermissions,
  slavePermissions,
} from '../wire/messages/permissions.js';
import { MASTER_USER, type NatsConfigQuestion } from './flags/nats-config-command.js';
import { packageVersion } from './process/versions.js';

export interface NatsConfig {
  /** For standard output. */
  readonly text: string;
  /** The file of each user's seed, one line each, for standard error. */
  readonly notes: readonly string[];
}

interface ConfiguredUser {
  readonly name: string;
  readonly publicKey: string;
  readonly file: string;
  readonly permissions: SubjectPermissions;
}

/**
 * Makes missing seeds and keeps existing ones, so that users can be added to a configuration in use. Throws
 * FlagError when the folder cannot be used, or a file in it is something else.
 */
export function natsConfig({ folder, users, memberId }: NatsConfigQuestion): NatsConfig {
  attempt(folder, () => makeFolder(folder, 0o700));
  const notes: string[] = [];
  const configure = (
    name: string,
    permit: (memberId: string, user: string) => SubjectPermissions,
  ): ConfiguredUser => {
    const file = join(folder, `${name}.nk`);
    const { publicKey, note } = attempt(file, () => obtainKey(file));
    notes.push(`${name}: ${note}`);
    return { name, publicKey, file, permissions: permit(memberId, publicKey) };
  };
  const master = configure(MASTER_USER, masterPermissions);
  const slaves = users.map((name) => configure(name, slavePermissions));
  return { text: configurationText(memberId, master, slaves), notes };
}

function obtainKey(file: string): { readonly publicKey: string; readonly note: string } {
  const fresh = createUserKey();
  try {
    // Never overwrites a file, nor writes through a link to one
    writeFileSync(file, `${fresh.seed}\n`, { flag: 'wx', mode: 0o600 });
    return { publicKey: fresh.publicKey, note: `wrote a new seed to ${file}` };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const key = parseUserKey(readFileSync(file, 'utf8'));
  if (key === undefined) {
    throw new FlagError(
      '--print-nats-config',
      `expected the seed of a user in ${file}, there is something else, which is left unchanged; move it away`,
    );
  }
  const { mode } = statSync(file);
  const open = process.platform !== 'win32' && (mode & 0o077) !== 0;
  const warning = open ? ', which others may read: type chmod 600' : '';
  return { publicKey: key.publicKey, note: `kept the seed in ${file}${warning}` };
}

function configurationText(
  memberId: string,
  master: ConfiguredUser,
  slaves: readonly ConfiguredUser[],
): string {
  const started = (role: string, { file }: ConfiguredUser): string =>
    `    #   ${role} --member-id=${JSON.stringify(memberId)} --nats-url nats://HOST:4222 --nats-nkey-file ${JSON.stringify(file)}`;
  const slaveTexts = slaves.map(
    (slave) => `    # ${slave.name}:\n${started('--slave', slave)}\n${userText(slave)}\n`,
  );
  return `# nats-server -c FILE: the master and the slaves of member ${JSON.stringify(memberId)}, each confined to its part.
# Made by ts-mw ${packageVersion()}. Nothing in here is secret: the keys are public, their seeds are in the files named below.

# For slaves on other machines the address at which they reach it; traffic is then readable without a tls block.
listen: "127.0.0.1:4222"

authorization {
  users = [
    # ${master.name}, and its local slaves:
${started('--master', master)}
${userText(master)}
${slaveTexts.join('')}  ]
}
`;
}

function userText({ publicKey, permissions: { publish, subscribe } }: ConfiguredUser): string {
  const list = (subjects: readonly string[]): string =>
    subjects.map((subject) => `\n          ${JSON.stringify(subject)}`).join('');
  return `    {
      nkey: ${publicKey}
      permissions: {
        publish: { allow: [${list(publish)}
        ] }
        subscribe: { allow: [${list(subscribe)}
        ] }
      }
    }`;
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof FlagError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new FlagError(
      '--print-nats-config',
      `expected a folder for the users' seeds, ${path} cannot be used: ${why}`,
      {
        cause: error,
      },
    );
  }
}
