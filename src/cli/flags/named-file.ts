/** Reads files that flags name; an error names the flag and what to do. */

import { accessSync, constants, readFileSync, type Stats, statSync } from 'node:fs';
import { FlagError } from '../../errors.js';

/** Keys, certificates and tokens are smaller. */
const LARGEST_FILE = 1024 * 1024;

/** With `warn`, the file is a secret; `warn` is called if others may read it. */
export function readNamedFile(name: string, path: string, warn?: (warning: string) => void): string {
  const { size } = checkReadable(name, path, warn);
  if (size > LARGEST_FILE) {
    throw new FlagError(
      name,
      `expected a file of at most ${LARGEST_FILE} bytes, ${path} has ${size}; name another`,
    );
  }
  return attempt(name, path, () => readFileSync(path, 'utf8'));
}

export function checkReadable(name: string, path: string, warn?: (warning: string) => void): Stats {
  const stats = attempt(name, path, () => {
    accessSync(path, constants.R_OK);
    return statSync(path);
  });
  if (stats.isDirectory()) {
    throw new FlagError(name, `expected a file, ${path} is a directory; name the file in it`);
  }
  if (warn !== undefined && stats.isFile() && process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
    warn(
      `${name}: others may read ${path} (mode ${(stats.mode & 0o777).toString(8)}); type chmod 600 ${path}`,
    );
  }
  return stats;
}

export function attempt<T>(name: string, path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const came = code === 'ENOENT' ? `there is no ${path}` : `${path} cannot be read (${code})`;
    throw new FlagError(name, `expected a file to read, ${came}; name another or make it readable`, {
      cause: error,
    });
  }
}
