/** Terminals of a test's or a benchmark's own, by util-linux's script. */

import { spawnSync } from 'node:child_process';

/** Whether the tool that makes them is here, and can. */
export function hasTerminals(): boolean {
  return spawnSync('script', ['-qfec', 'test -t 0', '/dev/null']).status === 0;
}
