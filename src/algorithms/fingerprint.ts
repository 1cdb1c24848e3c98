/** The fingerprint by which master and slave see that they run the same build of an algorithm. */

import { createHash } from 'node:crypto';
import type { TaskFunction } from './types.js';

/**
 * SHA-256 in hex of the source of `fn`, or of `version` alone if there is one. It tells builds apart,
 * not behaviour: what `fn` calls and closes over is not in it, and every bound or native function has
 * the same source. `version` is the cure for both.
 */
export function fingerprintOf(fn: TaskFunction, version?: string | undefined): string {
  const text = version ?? Function.prototype.toString.call(fn);
  return createHash('sha256').update(text).digest('hex');
}
