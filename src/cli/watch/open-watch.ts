/** Decides whether a master is watched, and loads what is needed for it then. */

import { isatty } from 'node:tty';
import { chooseProgress } from './progress-mode.js';
import type { MasterWatch, WatchParams } from './watch-params.js';

const STDERR = 2;

const NOBODY_WATCHES: MasterWatch = {
  dashboardUrl: undefined,
  begin: () => {},
  end: async () => {},
};

/**
 * Call it before the master starts, so that no event is missed. Throws FlagError if metrics or the dashboard
 * cannot be served as the configuration says.
 */
export async function openWatch(params: WatchParams): Promise<MasterWatch> {
  const { configuration, trail, place } = params;
  const surroundings = { isTerminal: isatty(STDERR), place, env: process.env };
  const chosen = chooseProgress(configuration.progress, surroundings);
  if (chosen === 'unable') {
    const why = place === 'prompt' ? 'the REPL has its prompt there' : 'standard error is no terminal';
    const text = `--progress line: ${why}; type --progress log for a line each minute`;
    trail.emit({ type: 'warning', text });
  }
  const progress = chosen === 'unable' ? 'off' : chosen;
  const { dashboard, metrics, metricsFile } = configuration;
  const isServed = dashboard !== undefined || metrics !== undefined || metricsFile !== undefined;
  if (progress === 'off' && !isServed) return NOBODY_WATCHES;
  const { watchMaster } = await import('./master-watch.js');
  return watchMaster({ ...params, progress });
}
