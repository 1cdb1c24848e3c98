/** The examples' own flags: yargs over `master.argv`, with values that are checked and a help text. */

import { FlagError } from 'ts-mw';
import yargs from 'yargs';

/** A flag that takes a value. */
export interface Option<T> {
  readonly describe: string;
  readonly byDefault: string;
  /** The typed text as a value; undefined if it is not valid. */
  readonly parse: (text: string) => T | undefined;
  readonly expected: string;
}

/**
 * The values of `options` in `argv`; undefined when the help was asked for, which is then printed. The
 * library answers a `--help` of its own, so this one comes after `--`. Throws a FlagError for a wrong
 * value or an unknown argument: `initialize` prints it in one line, and the exit code is 255.
 */
export function readOptions<const O extends Record<string, Option<unknown>>>(
  argv: readonly string[],
  usage: string,
  options: O,
): { [K in keyof O]: O[K] extends Option<infer T> ? T : never } | undefined {
  let parser = yargs([...argv])
    .usage(usage)
    .strict()
    .version(false)
    .exitProcess(false)
    .fail((message, error) => {
      throw refusal(argv, message, error);
    });
  for (const [name, { describe, byDefault }] of Object.entries(options)) {
    parser = parser.option(name, { describe, default: byDefault, requiresArg: true, type: 'string' });
  }
  const typed: Readonly<Record<string, unknown>> = parser.parseSync();
  if (typed.help === true) return undefined;
  const values: Record<string, unknown> = {};
  for (const [name, { expected, parse }] of Object.entries(options)) {
    const text = String(typed[name]);
    values[name] = parse(text);
    if (values[name] === undefined) throw new FlagError(`--${name}`, `expected ${expected}, got "${text}"`);
  }
  return values as { [K in keyof O]: O[K] extends Option<infer T> ? T : never };
}

export function wholeNumber(byDefault: number, describe: string, least = 1, most = 2 ** 31): Option<number> {
  return {
    describe,
    byDefault: String(byDefault),
    expected: `a whole number from ${least} to ${most}`,
    parse: (text) => {
      const number = Number(text);
      return /^-?\d+$/.test(text) && number >= least && number <= most ? number : undefined;
    },
  };
}

export function finiteNumber(byDefault: number, describe: string): Option<number> {
  return {
    describe,
    byDefault: String(byDefault),
    expected: 'a number',
    parse: (text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined),
  };
}

export function oneOf<const T extends string>(choices: readonly [T, ...T[]], describe: string): Option<T> {
  return {
    describe: `${describe}: ${choices.join(', ')}`,
    byDefault: choices[0],
    expected: choices.join(' or '),
    parse: (text) => choices.find((choice) => choice === text),
  };
}

export function fileName(byDefault: string, describe: string): Option<string> {
  return { describe, byDefault, expected: 'a file name', parse: (text) => (text === '' ? undefined : text) };
}

function refusal(argv: readonly string[], message: string, error: Error | undefined): Error {
  const unknown = /^Unknown arguments?: ([^,]+)/.exec(message)?.[1];
  if (unknown !== undefined) {
    const typed = argv.find((argument) => argument.replace(/^-+|=.*$/g, '') === unknown) ?? unknown;
    return new FlagError(typed, 'is not known; -- --help lists what is');
  }
  const valueless = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (valueless !== undefined) return new FlagError(`--${valueless}`, 'expected a value after it');
  return error ?? new Error(message);
}
