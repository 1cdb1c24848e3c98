/** The flags that ask for a nats-server configuration and run nothing; their code loads only on demand. */

import { FlagError } from '../../errors.js';
import { givenText } from '../../structures/value-text.js';
import { parseMemberId, parseText } from './flag-values.js';
import type { Flags } from './program-flags.js';
import type { GivenFlag } from './split-arguments.js';

export interface NatsConfigQuestion {
  readonly kind: 'print-nats-config';
  /** The folder of the users' seeds. */
  readonly folder: string;
  /** The users of slaves; each name has letters, digits, `.`, `_` and `-`, and differs from `MASTER_USER`. */
  readonly users: readonly string[];
  readonly memberId: string;
}

/** The name of the master's user. */
export const MASTER_USER = 'master';

const NAME = 'printNatsConfig';
const USERS = '--nats-config-users';
/** It becomes a file name. */
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
const MOST_USERS = 1_000;

/** Undefined if there is no such flag. */
export function natsConfigQuestion(
  given: readonly GivenFlag[],
  defaults: Flags,
): NatsConfigQuestion | undefined {
  const last = (key: GivenFlag['key']): string | undefined => {
    const value = given.findLast((flag) => flag.key === key)?.value;
    return value === true ? undefined : value;
  };
  const folder = last(NAME);
  const users = last('natsConfigUsers');
  if (folder === undefined) {
    if (users === undefined) return undefined;
    throw new FlagError(
      USERS,
      'expected --print-nats-config DIR too, but it is missing; type it, or leave this out',
    );
  }
  return {
    kind: 'print-nats-config',
    folder: parseText('--print-nats-config', folder, 'DIR'),
    users: users === undefined ? ['slave'] : parseUsers(users),
    memberId: parseMemberId('--member-id', last('memberId') ?? defaults.memberId ?? 'default-member-id'),
  };
}

function parseUsers(text: string): readonly string[] {
  const users = text.split(',');
  const wrong = (expected: string, came: string) =>
    new FlagError(USERS, `expected ${expected}, got ${givenText(came)}; type ${USERS} alice,bob`);
  const seen = new Set([MASTER_USER]);
  for (const user of users) {
    if (!USER.test(user)) {
      throw wrong('names of letters, digits, dots, dashes and underscores, with commas between', user);
    }
    // Some file systems ignore the case of names, so names must differ without it
    const folded = user.toLowerCase();
    if (seen.has(folded)) throw wrong(`each name once, and not ${MASTER_USER}`, user);
    seen.add(folded);
  }
  if (users.length > MOST_USERS) throw wrong(`at most ${MOST_USERS} names`, String(users.length));
  return users;
}
