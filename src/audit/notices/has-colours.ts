/** Whether notices are coloured, by the rule of Node's `util.styleText`. */

import { WriteStream } from 'node:tty';

/** FORCE_COLOR decides if it is set; otherwise a terminal that has colours, unless NO_COLOR is set. */
export function hasColours(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  if (!isTerminal && env.FORCE_COLOR === undefined) return false;
  return WriteStream.prototype.getColorDepth(env) > 2;
}
