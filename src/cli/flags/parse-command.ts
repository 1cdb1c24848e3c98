/** The command line of a ts-mw program: from arguments and the program's defaults to a configuration. */

import { FlagError } from '../../errors.js';
import { versionText } from '../process/versions.js';
import { type TrailQuestion, trailQuestion } from './audit-command.js';
import { BATCH_SYSTEMS, type BatchSystem } from './batch-systems.js';
import type { Configuration } from './configuration.js';
import { configure, type Environment } from './configure.js';
import type { HelpParams } from './describe-flags.js';
import { parseChoice } from './flag-values.js';
import { type NatsConfigQuestion, natsConfigQuestion } from './nats-config-command.js';
import { nearestFlag, nearFlags } from './near-flags.js';
import type { Flags } from './program-flags.js';
import { type GivenFlag, splitArguments } from './split-arguments.js';

export type ParsedCommand =
  | { readonly kind: 'run'; readonly configuration: Configuration }
  /** Runs a master whose algorithm is typed. */
  | { readonly kind: 'repl'; readonly configuration: Configuration }
  /** Starts a master that only looks at its machines. */
  | { readonly kind: 'farm-check'; readonly configuration: Configuration }
  | {
      readonly kind: 'print-batch';
      readonly system: BatchSystem;
      readonly configuration: Configuration;
      readonly given: readonly GivenFlag[];
    }
  | NatsConfigQuestion
  /** `helpText` is the text to print. */
  | ({ readonly kind: 'help' } & HelpParams)
  /** Print this to standard output unchanged. */
  | { readonly kind: 'version'; readonly text: string }
  | TrailQuestion;

export interface Surroundings {
  readonly env: Environment;
  /** Path of the file that node runs, for `--help` and `--version`. */
  readonly program: string;
  /** Width of the terminal, for `--help`; 80 without one. */
  readonly columns?: number | undefined;
}

/**
 * The command line overrides `defaults`, which are the program's own. A wrong flag throws a FlagError of one
 * line that names the flag as typed. `--help` and `--version` answer before any flag is checked; questions
 * about a trail, or for a nats-server configuration, before the other flags are.
 */
export function parseFlags(
  argv: readonly string[],
  defaults: Flags = {},
  { env, program, columns }: Surroundings = {
    env: process.env,
    program: process.argv[1] ?? '',
    columns: process.stdout.columns,
  },
): ParsedCommand {
  const { given, argv: rest, unknown, problem } = splitArguments(argv);
  const help = given.filter(({ key }) => key === 'help');
  if (help.length > 0) {
    const all = help.some(({ value }) => value === 'all');
    return { kind: 'help', program, columns, all };
  }
  if (given.some(({ key }) => key === 'version')) return { kind: 'version', text: versionText(program) };
  if (problem !== undefined) throw problem;
  const question = trailQuestion(given);
  if (question !== undefined) return question;
  const natsConfig = naming(unknown, () => natsConfigQuestion(given, defaults));
  if (natsConfig !== undefined) return natsConfig;
  const configuration = naming(unknown, () =>
    configure({ given, argv: rest, mistyped: nearFlags(unknown) }, defaults, env),
  );
  if (given.some(({ key }) => key === 'farmCheck')) return { kind: 'farm-check', configuration };
  if (given.some(({ key }) => key === 'repl')) return { kind: 'repl', configuration };
  const batch = given.findLast(({ key }) => key === 'printBatch')?.value;
  if (batch === undefined) return { kind: 'run', configuration };
  const system = parseChoice('--print-batch', String(batch), BATCH_SYSTEMS);
  return { kind: 'print-batch', system, configuration, given };
}

/** A missing flag may have been mistyped: then it is among the program's own arguments. */
function naming<T>(unknown: readonly string[], fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    const names = unknown.filter((argument) => /^--[a-z]/.test(argument)).map(nameOf);
    const near = unknown.map(nameOf).find((name) => nearestFlag(name, false) !== undefined);
    const strange = near ?? names[0];
    if (strange === undefined) throw error;
    const meant = nearestFlag(strange, true)?.name;
    const message = error.message.slice(error.flag.length + 2);
    const question = meant === undefined ? '' : `; did you mean ${meant}?`;
    throw new FlagError(error.flag, `${message} (${strange} is not a flag of ts-mw${question})`, {
      cause: error,
    });
  }
}

function nameOf(argument: string): string {
  return argument.split('=', 1)[0] ?? '';
}
