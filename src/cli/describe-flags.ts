/** The texts of `--help` and `--version`; yargs lays out the first from the table of flags. */

import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { FLAG_ROWS } from './flag-table.js';
import { executableFacts } from './one-executable.js';

const COLUMNS = 96;

/** `program` is the path of the file that node runs. */
export function helpText(program: string): string {
  const name = programName(program);
  const parser = yargs([])
    .scriptName(name)
    .locale('en')
    .wrap(COLUMNS)
    .exitProcess(false)
    .version(false)
    .help(false)
    .usage(`${name} --master [flags] [--] [arguments]\n${name} --slave [flags] [--] [arguments]`)
    .epilogue(
      'Other arguments reach the algorithms in their order, and so does everything behind --. ' +
        'Sizes: k, m and g are powers of 1024.',
    );
  for (const { name: flag, group, describe, byDefault } of FLAG_ROWS) {
    const ending = byDefault === undefined ? '' : ` [default: ${byDefault}]`;
    parser.option(flag.slice(2), { group, describe: `${describe}${ending}` });
  }
  let text = '';
  parser.showHelp((help) => {
    text = help;
  });
  return `${text.trimEnd()}\n`;
}

/** `NAME VERSION (ts-mw X.Y.Z)`, VERSION from the package that the program belongs to, if it has one. */
export function versionText(program: string): string {
  const own = packageVersion();
  const version = executableFacts === undefined ? versionAbove(program) : executableFacts.programVersion;
  return `${programName(program)}${version === undefined ? '' : ` ${version}`} (ts-mw ${own})\n`;
}

/** The version of ts-mw itself. */
export function packageVersion(): string {
  return executableFacts?.libraryVersion ?? versionAbove(fileURLToPath(import.meta.url)) ?? 'unknown';
}

function programName(program: string): string {
  return basename(program, extname(program)) || 'program';
}

/** The nearest package.json that has a version, as node looks for them. */
export function versionAbove(file: string): string | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const version = versionIn(join(folder, 'package.json'));
    if (version !== undefined || folder === dirname(folder)) return version;
  }
}

function versionIn(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof content !== 'object' || content === null || !('version' in content)) return undefined;
    return typeof content.version === 'string' ? content.version : undefined;
  } catch {
    // Someone's broken package.json must not keep --version from answering
    return undefined;
  }
}
