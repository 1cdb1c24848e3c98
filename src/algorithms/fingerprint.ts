/** The fingerprint by which master and slave check that they run the same build of an algorithm. */

import { createHash } from 'node:crypto';
import type { TaskFunction } from './types.js';

/**
 * SHA-256 in hex of the source of `fn`, or of `version` alone if there is one. It identifies builds, not
 * behaviour: it does not include functions that `fn` calls or variables that it captures, and every bound or
 * native function has the same source. Set `version` in these cases.
 */
export function fingerprintOf(fn: TaskFunction, version?: string | undefined): string {
  const text = version ?? Function.prototype.toString.call(fn);
  return createHash('sha256').update(text).digest('hex');
}
