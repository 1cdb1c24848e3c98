/**
 * Separates the library's flags from the program's own arguments, and keeps the order of both.
 *
 * yargs does not do this: its parser takes `-5` and `-member-id` for flags, removes a `false` after a boolean
 * flag, and loses the place of `--resource-file` among the others.
 */

import { isIP } from 'node:net';
import { FlagError } from '../../errors.js';
import type { FlagRow } from './flag-row.js';
import { FLAG_ROWS } from './flag-table.js';

export interface GivenFlag {
  readonly key: FlagRow['key'];
  readonly value: string | true;
}

interface SplitArguments {
  /** Our flags, as given, including repetitions. */
  readonly given: readonly GivenFlag[];
  /** The program's arguments, as given, without the first `--`. */
  readonly argv: readonly string[];
  /** Those of them before it. */
  readonly unknown: readonly string[];
}

/** They are ours only beside `--audit-report`. */
export const ONLY_OF_REPORTS: ReadonlySet<FlagRow['key']> = new Set(['html', 'trace', 'why']);

const ROWS = new Map(FLAG_ROWS.map((row) => [row.name, row]));

/** Never throws if `--help` or `--version` is among our flags: `problem` is then returned with them. */
export function splitArguments(args: readonly string[]): SplitArguments & { readonly problem?: FlagError } {
  const given: GivenFlag[] = [];
  const unknown: string[] = [];
  let behind: readonly string[] = [];
  let problem: FlagError | undefined;
  // Programs may have their own --html, --trace and --why
  const ours = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  const asksForReport = ours.some((argument) => /^--audit-report(=|$)/.test(argument));
  for (let i = 0; i < args.length; i++) {
    const argument = args[i] ?? '';
    if (argument === '--') {
      behind = args.slice(i + 1);
      break;
    }
    const equals = argument.indexOf('=');
    const row = ROWS.get(equals < 0 ? argument : argument.slice(0, equals));
    if (row === undefined || (ONLY_OF_REPORTS.has(row.key) && !asksForReport)) {
      unknown.push(argument);
      continue;
    }
    try {
      if (row.key === 'help' && (args[i + 1] === 'all' || argument === '--help=all')) {
        given.push({ key: row.key, value: 'all' });
        if (equals < 0) i++;
      } else if (row.key === 'dashboard') {
        const value = equals < 0 ? listenerBehind(args[i + 1]) : argument.slice(equals + 1);
        given.push({ key: row.key, value: value ?? true });
        if (equals < 0 && value !== undefined) i++;
      } else if (!row.takesValue) {
        if (equals >= 0) throw new FlagError(row.name, `takes no value; type ${row.name} alone`);
        given.push({ key: row.key, value: true });
      } else if (equals >= 0) {
        given.push({ key: row.key, value: argument.slice(equals + 1) });
      } else {
        given.push({ key: row.key, value: valueBehind(row, args[i + 1]) });
        i++;
      }
    } catch (error) {
      if (!(error instanceof FlagError)) throw error;
      problem ??= error;
    }
  }
  const split = { given, unknown, argv: [...unknown, ...behind] };
  return problem === undefined ? split : { ...split, problem };
}

/**
 * `[HOST:]PORT`, if there is one: the value may be left out, and the program's own arguments follow. A part of one, `:PORT`
 * or an address alone, is taken too: its reader says what is missing, where no dashboard is where it was meant to be.
 */
function listenerBehind(next: string | undefined): string | undefined {
  if (next === undefined) return undefined;
  const isAddress = next === 'localhost' || isIP(next.replace(/^\[(.*)\]$/, '$1')) !== 0;
  return isAddress || /^(?:(?:\[[^\]]*\]|[^:\s/]*):)?\d{1,5}$/.test(next) ? next : undefined;
}

/** A text that looks like a flag is probably a flag whose neighbour has no value; `=` says otherwise. */
function valueBehind({ name }: FlagRow, next: string | undefined): string {
  if (next === undefined)
    throw new FlagError(name, `expected a value after it, got nothing; type ${name} VALUE`);
  if (/^-[^\d.]/.test(next)) {
    // Its value may be secret.
    const [flag = ''] = next.split('=', 1);
    const came = next === '--' || ROWS.has(flag) ? flag : 'another flag';
    throw new FlagError(
      name,
      `expected a value after it, got ${came}; type ${name} VALUE, or ${name}=VALUE if it begins with a dash`,
    );
  }
  return next;
}
