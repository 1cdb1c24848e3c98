/** Says why a file that a flag names cannot be written, and what to do. */

import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

/** Of files that cannot be written later either, unless somebody does something about it. */
const LASTING: ReadonlySet<string> = new Set([
  'EACCES',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOENT',
  'ENOTDIR',
  'EPERM',
  'EROFS',
]);

export function isLasting(error: unknown): boolean {
  return LASTING.has(errorCode(error));
}

export function whyUnwritable(path: string, error: unknown): string {
  const code = errorCode(error);
  const folder = dirname(path);
  if (code === 'ENOENT' && !existsSync(folder)) {
    return `the folder ${folder} does not exist; create it or name another file`;
  }
  if (code === 'EISDIR') return `${path} is a folder; name a file in it`;
  if (code === 'ENXIO') return `${path} is a pipe or socket without a reader; start its reader first`;
  if (code === 'EACCES' || code === 'EPERM') return `no permission to write ${path}`;
  return `cannot write ${path} (${code}); name another file`;
}

/** The system's code of an error, or its message if it has none. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error as NodeJS.ErrnoException).code ?? error.message;
}
