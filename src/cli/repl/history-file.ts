/** Where the lines typed in the REPL are kept between its runs. */

import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** At most so many lines are kept. */
export const HISTORY_LINES = 1_000;

/** Its path, with a folder for it; undefined where none can be made. Node's REPL makes the file, mode 0600. */
export function historyFile(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const path = join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'ts-mw', 'repl-history');
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return path;
  } catch {
    return undefined;
  }
}
