/**
 * The library as a script of its own, which a bundle contains beside its program, and which a server's spare process has
 * loaded before it becomes the slave of such a bundle.
 *
 * The script is the body of a function. The library reads facts of the file around it from an object that it is given, and not
 * before it is used: so it can be loaded first.
 */

import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The script's name, beside the packed library; set when the library is packed. */
declare const TS_MW_LIBRARY_FILE: string | undefined;

/** Of the function. `__mwAround` has `packed`, `fingerprints` and `meta`, and gets `prepare`. */
export const LIBRARY_PARAMETERS = ['exports', 'require', 'module', '__mwAround'] as const;

/** The symbol's name in the registry of symbols, and a property of the global object, as `PREPARED_THREAD`. */
export const PREPARED_LIBRARY = 'ts-mw.prepared-library';

export interface LibraryScript {
  /** The module that programs import, which it replaces. */
  readonly module: string;
  /** Compressed, by brotli. */
  readonly file: string;
}

/** Undefined where the library is not packed, or without its files. */
export function libraryScript(): LibraryScript | undefined {
  const here = import.meta.url as string | undefined;
  if (typeof TS_MW_LIBRARY_FILE === 'undefined' || here === undefined) return undefined;
  const [file, module] = [TS_MW_LIBRARY_FILE, './index.js'].map((name) => fileURLToPath(new URL(name, here)));
  if (!file || !module || !existsSync(file) || !existsSync(module)) return undefined;
  return { file, module: realpathSync(module) };
}

/** The script's text, in bytes. */
export async function readLibrary({ file }: LibraryScript): Promise<Uint8Array> {
  const { brotliDecompress } = await import('node:zlib');
  return await promisify(brotliDecompress)(await readFile(file));
}
