/** Decides whether a master is watched, and loads what is needed for it then. */

import { isatty } from 'node:tty';
import { chooseProgress } from './progress-mode.js';
import type { MasterWatch, WatchParams } from './watch-params.js';

const STDERR = 2;

const NOBODY_WATCHES: MasterWatch = { begin: () => {}, end: async () => {} };

/** Call it before the master starts, so that no event is missed. */
export async function openWatch(params: WatchParams): Promise<MasterWatch> {
  const { configuration, trail, isProgram } = params;
  const place = { isTerminal: isatty(STDERR), isProgram, env: process.env };
  const progress = chooseProgress(configuration.progress, place);
  if (progress === 'unable') {
    const text = '--progress line: standard error is no terminal; type --progress log for a line each minute';
    trail.emit({ type: 'warning', text });
  }
  if (progress === 'off' || progress === 'unable') return NOBODY_WATCHES;
  const { watchMaster } = await import('./master-watch.js');
  return watchMaster({ ...params, progress });
}
