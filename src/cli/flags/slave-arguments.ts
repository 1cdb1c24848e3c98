/** The arguments of a master's slaves, made of the flag table for each way to start them. */

import type { Configuration } from './configuration.js';
import { flagName } from './flag-row.js';
import { rowOf } from './flag-table.js';
import type { GivenFlag } from './split-arguments.js';

/** In what the ways to start slaves differ. */
export interface SlaveLaunch {
  /** Where slaves find their master, and what only this way says. It wins over what the master was given. */
  readonly place: readonly GivenFlag[];
  /** Of slaves; without it they get no flag about an audit file. */
  readonly auditFile?: string | undefined;
  /** The value of a credential or certificate flag on the slave's machine; undefined to leave the flag out. */
  readonly proof: (flag: GivenFlag) => GivenFlag['value'] | undefined;
  /** People type the arguments. */
  readonly isTyped?: boolean;
  /** How a flag with a value is written: `--name=value`, or as two words. */
  readonly form: 'one-word' | 'two-words';
}

/** `--slave`, its flags, and the program's own arguments. Holds no secret. */
export function slaveArguments(configuration: Configuration, launch: SlaveLaunch): string[] {
  const { argv } = configuration;
  return [...slaveFlags(configuration, launch), ...(argv.length === 0 ? [] : ['--', ...argv])];
}

/** The same without the program's own arguments, for those who may put flags behind. */
export function slaveFlags(configuration: Configuration, launch: SlaveLaunch): string[] {
  const { place, auditFile, form } = launch;
  const decided = new Set(place.map(({ key }) => key));
  const flags: GivenFlag[] = [
    { key: 'slave', value: true },
    ...place,
    ...(auditFile === undefined ? [] : [{ key: 'auditFile', value: auditFile } as const]),
    ...configuration.forSlaves
      .filter(({ key }) => !decided.has(key))
      .flatMap((flag) => {
        const value = passedOn(flag, configuration, launch);
        return value === undefined ? [] : [{ ...flag, value }];
      }),
  ];
  return flags.flatMap(form === 'one-word' ? oneWord : twoWords);
}

/** Whether slaves may get the flag as their master has it, or something made of it. */
export function isPassedOn({ key }: GivenFlag): boolean {
  const kind = rowOf(key)?.use.passedOn;
  return kind === 'as-given' || kind === 'unless-typed' || kind === 'trail' || kind === 'proof';
}

export function oneWord({ key, value }: GivenFlag): string {
  return value === true ? flagName(key) : `${flagName(key)}=${value}`;
}

function twoWords(flag: GivenFlag): string[] {
  const { key, value } = flag;
  // A word behind a flag that begins with a dash would be taken for the next one
  return value === true || value.startsWith('-') ? [oneWord(flag)] : [flagName(key), value];
}

function passedOn(
  flag: GivenFlag,
  configuration: Configuration,
  { auditFile, proof, isTyped }: SlaveLaunch,
): GivenFlag['value'] | undefined {
  const { key, value } = flag;
  const kind = rowOf(key)?.use.passedOn;
  switch (kind) {
    case 'as-given':
      return value;
    case 'unless-typed':
      return isTyped ? undefined : value;
    case 'trail':
      return key === 'auditFile' || auditFile === undefined ? undefined : value;
    case 'proof':
      return isAskedFor(key, configuration) ? proof(flag) : undefined;
    default:
      return undefined;
  }
}

/** A broker inside the master is known without authorities, and asks for certificates only with `--tls-verify`. */
function isAskedFor(key: GivenFlag['key'], { nats, tls }: Configuration): boolean {
  if (nats.urls.length > 0) return true;
  if (key === 'tlsCa') return false;
  return tls.verify || (key !== 'tlsCert' && key !== 'tlsKey');
}
