/**
 * Makes folders. Node's own `recursive` never returns where a file system has the parent and makes nothing in it, such as
 * `/proc`: it makes the parent again, and again.
 */

import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A folder with those above it, each with this mode; nothing if it is there. Throws what the system says. */
export function makeFolder(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (isFolder(path)) return;
    const parent = dirname(path);
    const lacksParent = (error as NodeJS.ErrnoException).code === 'ENOENT' && parent !== path;
    if (!lacksParent || isFolder(parent)) throw error;
    makeFolder(parent, mode);
    makeFolder(path, mode);
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
