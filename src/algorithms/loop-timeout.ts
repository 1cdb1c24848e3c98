/** Checks the timeout of a master's and a slave's loops. */

import { UsageError } from '../errors.js';

/** A timer of Node's that is set for longer fires at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** In seconds; `Infinity` means forever. A loop with a timeout of NaN would spin. */
export function checkLoopTimeout(loop: string, timeout: unknown): void {
  if (timeout === undefined || (typeof timeout === 'number' && timeout >= 0)) return;
  throw new UsageError(`the timeout of ${loop} is a number of seconds from 0; got ${String(timeout)}`);
}
