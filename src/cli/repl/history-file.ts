/** The file that keeps the lines of the REPL between its runs. */

import { dirname, join } from 'node:path';
import { makeFolder } from '../../structures/make-folder.js';
import { userFolder } from '../../structures/user-folder.js';

/** The number of lines that are kept. */
export const HISTORY_LINES = 1_000;

/** Its path, in an existing folder; undefined if there can be none. Node's REPL makes the file, mode 0600. */
export function historyFile(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const folder = userFolder('XDG_STATE_HOME', env);
  if (folder === undefined) return undefined;
  const path = join(folder, 'ts-mw', 'repl-history');
  try {
    makeFolder(dirname(path), 0o700);
    return path;
  } catch {
    return undefined;
  }
}
