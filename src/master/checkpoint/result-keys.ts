/**
 * The keys of stored results: number of the algorithm, encoded arguments and their raw bytes, or the digest
 * of both if they are large, and the occurrence.
 */

import type { Task } from '../model/task.js';

const NUMBER_BYTES = 4;
/** The longest key of lmdb. Large arguments are replaced by their digest, so that no key comes near it. */
export const MOST_KEY_BYTES = 1_978;
/** Encoded arguments are JSON, so none begins with this byte. */
const DIGEST_MARK = 0;

export function keyBytes({ bytes, resultKey }: Task): number {
  const { digest } = resultKey ?? {};
  return NUMBER_BYTES + (digest === undefined ? bytes : 1 + digest.length) + NUMBER_BYTES;
}

/** Writes the key of a task; returns where it ends. */
export function writeKey(
  { text, raws, resultKey }: Task,
  algorithm: number,
  into: Buffer,
  from: number,
): number {
  let at = into.writeUInt32BE(algorithm, from);
  if (resultKey?.digest !== undefined) {
    at = into.writeUInt8(DIGEST_MARK, at);
    into.set(resultKey.digest, at);
    at += resultKey.digest.length;
  } else {
    at += into.write(text, at, 'utf8');
    for (const raw of raws) {
      into.set(raw, at);
      at += raw.length;
    }
  }
  return into.writeUInt32BE(resultKey?.occurrence ?? 0, at);
}
