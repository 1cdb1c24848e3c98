/**
 * The keys of stored results: number of the algorithm, encoded arguments and their raw bytes, or the digest
 * of both if they are large, and the occurrence.
 */

import type { Task } from './task.js';

const NUMBER_BYTES = 4;
/** lmdb takes keys of 1,978 bytes; arguments that are larger than this go by their digest. */
const SCRATCH_BYTES = 1_978;
/** No encoded arguments begin with it: they are JSON. */
const DIGEST_MARK = 0;

export class ResultKeys {
  readonly #scratch = Buffer.alloc(SCRATCH_BYTES);

  /** The key of a task; its bytes are good until the next call. */
  keyOf({ text, raws, resultKey }: Task, algorithm: number): Buffer {
    const scratch = this.#scratch;
    let at = scratch.writeUInt32BE(algorithm, 0);
    if (resultKey?.digest !== undefined) {
      at = scratch.writeUInt8(DIGEST_MARK, at);
      scratch.set(resultKey.digest, at);
      at += resultKey.digest.length;
    } else {
      at += scratch.write(text, at, 'utf8');
      for (const raw of raws) {
        scratch.set(raw, at);
        at += raw.length;
      }
    }
    scratch.writeUInt32BE(resultKey?.occurrence ?? 0, at);
    return scratch.subarray(0, at + NUMBER_BYTES);
  }
}
