/** The version of ts-mw, that of the program, and the text of `--version`. */

import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packedFacts } from '../../machines/bundle/packed-program.js';

/** `NAME VERSION (ts-mw X.Y.Z)`, with the VERSION of the program's package, if it has one. */
export function versionText(program: string): string {
  const own = packageVersion();
  const packed = packedFacts();
  const version = packed === undefined ? versionAbove(program) : packed.programVersion;
  return `${programName(program)}${version === undefined ? '' : ` ${version}`} (ts-mw ${own})\n`;
}

/** Set when the library is packed, since it may then be part of any file. */
declare const TS_MW_VERSION: string | undefined;

/** The version of ts-mw itself. */
export function packageVersion(): string {
  if (typeof TS_MW_VERSION !== 'undefined') return TS_MW_VERSION;
  return packedFacts()?.libraryVersion ?? versionAbove(fileURLToPath(import.meta.url)) ?? 'unknown';
}

/** The name of a program, from the path of its file. */
export function programName(program: string): string {
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
    // A broken package.json must not keep --version from answering
    return undefined;
  }
}
