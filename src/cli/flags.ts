/** The command line of a ts-mw program: from arguments and the program's defaults to a configuration. */

import { type Configuration, configure, type Environment } from './configuration.js';
import { helpText, versionText } from './describe-flags.js';
import type { Flags } from './flag-table.js';
import { splitArguments } from './split-arguments.js';

export type ParsedCommand =
  | { readonly kind: 'run'; readonly configuration: Configuration }
  /** To be printed to standard output as it is. */
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version'; readonly text: string };

export interface Surroundings {
  readonly env: Environment;
  /** Path of the file that node runs, for `--help` and `--version`. */
  readonly program: string;
}

/**
 * `defaults` are the program's own and stand below the command line. A wrong flag throws a FlagError of
 * one line that names the flag as typed; `--help` and `--version` answer before anything is judged.
 */
export function parseFlags(
  argv: readonly string[],
  defaults: Flags = {},
  { env, program }: Surroundings = { env: process.env, program: process.argv[1] ?? '' },
): ParsedCommand {
  const { given, argv: rest, problem } = splitArguments(argv);
  if (given.some(({ key }) => key === 'help')) return { kind: 'help', text: helpText(program) };
  if (given.some(({ key }) => key === 'version')) return { kind: 'version', text: versionText(program) };
  if (problem !== undefined) throw problem;
  return { kind: 'run', configuration: configure(given, rest, defaults, env) };
}
