/** Folders that only this user may read or write: code is run from there. */

import { chmodSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../errors.js';
import { makeFolder } from '../../structures/make-folder.js';
import { userFolder } from '../../structures/user-folder.js';

/** Where a server keeps bundles, and the folders of its slaves. Throws UsageError for a user without a home. */
export function defaultFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const cache = userFolder('XDG_CACHE_HOME', env);
  if (cache === undefined) {
    throw new UsageError(
      'the server keeps programs in a folder, and its user has no home; name one with --folder DIR',
    );
  }
  return join(cache, 'ts-mw', 'server');
}

/** Makes it with its parents; throws UsageError if it cannot be made, or is another user's. */
export function ownFolder(path: string): string {
  try {
    makeFolder(path, 0o700);
    const stats = lstatSync(path);
    const isOurs = process.getuid === undefined || stats.uid === process.getuid();
    if (!stats.isDirectory() || !isOurs) throw new Error('it is not a folder of this user');
    if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) chmodSync(path, 0o700);
    return path;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`the server cannot use the folder ${path}: ${why}; name another with --folder DIR`, {
      cause: error,
    });
  }
}
