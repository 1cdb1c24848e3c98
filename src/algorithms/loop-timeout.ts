/** The timeout of a master's and a slave's loops. */

import { UsageError } from '../errors.js';
import { checkOptionNames } from '../structures/check-options.js';

/** A timer of Node's that is set for longer fires at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;
const KEYS = ['timeout'];

/** In seconds; undefined if there is none, and `Infinity` means forever. A loop with a timeout of NaN would spin. */
export function loopTimeout(loop: string, options: unknown): number | undefined {
  checkOptionNames(loop, options, KEYS);
  const { timeout } = options as { readonly timeout?: unknown };
  if (timeout === undefined || (typeof timeout === 'number' && timeout >= 0)) return timeout;
  throw new UsageError(`the timeout of ${loop} is a number of seconds from 0; got ${String(timeout)}`);
}
