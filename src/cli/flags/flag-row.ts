/** The columns of the flag table: the role that uses a flag, how slaves get it, and where help shows it. */

import type { Flags } from './program-flags.js';

export type FlagKey = keyof Flags;

/** A program cannot give them: they are for people who type a command line. */
export type TypedOnlyKey =
  | 'help'
  | 'version'
  | 'repl'
  | 'farmCheck'
  | 'printBatch'
  | 'printNatsConfig'
  | 'natsConfigUsers'
  | 'auditReport'
  | 'html'
  | 'trace'
  | 'why'
  | 'auditVerify'
  | 'auditWatch'
  | 'forecast';

type FlagGroup =
  | 'Role:'
  | 'Tools:'
  | 'Master:'
  | 'Slaves:'
  | 'Groups:'
  | 'Audit:'
  | 'Watching:'
  | 'Broker (NATS):'
  | 'Timeouts:';

/**
 * How slaves come to a flag of their master's. They are started in four ways: by `--slaves` and `addSlave`, by
 * batch files, by an overseer that reads the resource file, and by people who type the join command.
 */
export type PassedOn =
  /** It makes slaves of them, and stands first. */
  | 'role'
  /** It tells where the master is, which each way to start slaves knows by itself. */
  | 'place'
  /** As it was given, in each of the four ways. */
  | 'as-given'
  /** As it was given, but not in the join command: people decide about it, and type little. */
  | 'unless-typed'
  /** It is about the audit file, which slaves have beside their master's. An overseer and people name their own. */
  | 'trail'
  /**
   * It proves a slave to its broker, or the broker to it, and holds no secret itself. A file is under the name
   * that it has where the slave runs. An overseer has credentials of its own.
   */
  | 'proof'
  /** In the environment, the resource file or a Secret: all users of a machine see its command lines. */
  | 'secret';

interface NotPassedOn {
  /** Why slaves do without it. */
  readonly never: string;
}

/** For people who type a command line that asks for something else than a master or a slave. */
export interface TypistsUse {
  readonly whom: 'typist';
  readonly passedOn: NotPassedOn;
}

/** The role that uses a flag, and how the slaves of a master with this flag get it. */
type FlagUse =
  | TypistsUse
  | { readonly whom: 'master'; readonly passedOn: NotPassedOn }
  | { readonly whom: 'slave' | 'both'; readonly passedOn: PassedOn | NotPassedOn };

export interface FlagFacts<Use extends FlagUse = FlagUse> {
  readonly group: FlagGroup;
  readonly use: Use;
  /** Its place in the help that is shown first; undefined if only `--help all` shows it. */
  readonly first: number | undefined;
  /** Follows the name in texts: a word for its value, in brackets if the value may be left out. */
  readonly placeholder: string | undefined;
  readonly describe: string;
  readonly byDefault: string | undefined;
}

export interface FlagRow extends FlagFacts {
  readonly key: FlagKey | TypedOnlyKey;
  /** As typed, with the dashes. */
  readonly name: string;
  readonly takesValue: boolean;
}

export const TYPED: TypistsUse = {
  whom: 'typist',
  passedOn: { never: 'it asks for something other than a slave' },
};
export const MASTERS: FlagUse = { whom: 'master', passedOn: { never: 'only a master acts on it' } };
export const TOLD: FlagUse = {
  whom: 'master',
  passedOn: { never: 'a master tells it to each slave that joins' },
};
export const slaves = (passedOn: PassedOn | NotPassedOn): FlagUse => ({ whom: 'slave', passedOn });
export const both = (passedOn: PassedOn | NotPassedOn): FlagUse => ({ whom: 'both', passedOn });

/** The help that is shown first has the flag too, in this place. */
export const first = <Use extends FlagUse>(place: number, use: Use) => ({ use, first: place });

export function row<Use extends FlagUse>(
  group: FlagGroup,
  use: Use | { readonly use: Use; readonly first: number },
  placeholder: string | undefined,
  describe: string,
  byDefault?: string,
): FlagFacts<Use> {
  const shown = 'first' in use ? use : { use, first: undefined };
  return { group, ...shown, placeholder, describe, byDefault };
}

/** `masterPort` to `--master-port`. */
export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `--slaves N`, as help and documents show it. */
export function shownFlag({ name, placeholder }: FlagRow): string {
  return placeholder === undefined ? name : `${name} ${placeholder}`;
}
