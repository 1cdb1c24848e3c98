/** The fingerprint by which master and slave check that they run the same build of an algorithm. */

import { createHash } from 'node:crypto';
import type { TaskFunction } from './types.js';

/**
 * In a bundle of the program, whose sources a bundler has rewritten: the fingerprints that the program has where
 * it runs from its own files, by name.
 */
declare const TS_MW_FINGERPRINTS: Readonly<Record<string, string>> | undefined;

/** The fingerprint of the algorithm of that name: the recorded one in a bundle, otherwise that of `fingerprintOf`. */
export function fingerprintFor(name: string, fn: TaskFunction, version?: string | undefined): string {
  if (typeof TS_MW_FINGERPRINTS !== 'undefined' && Object.hasOwn(TS_MW_FINGERPRINTS, name)) {
    return TS_MW_FINGERPRINTS[name] as string;
  }
  return fingerprintOf(fn, version);
}

/**
 * SHA-256 in hex of the source of `fn`, or of `version` alone if there is one. It identifies builds, not
 * behaviour: it does not include functions that `fn` calls or variables that it captures, and every bound or
 * native function has the same source. Set `version` in these cases.
 */
export function fingerprintOf(fn: TaskFunction, version?: string | undefined): string {
  const text = version ?? Function.prototype.toString.call(fn);
  return createHash('sha256').update(text).digest('hex');
}
