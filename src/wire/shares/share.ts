/** Shares values with slaves: encodes each once, under a key that its bytes say. */

import { createHash } from 'node:crypto';
import { type Shared, type SharedContent, SharedValue } from '../../algorithms/shared.js';
import { UsageError } from '../../errors.js';
import { encodeView } from '../values/codec.js';
import { decodeShare, openShare, writeShare } from './share-body.js';

/** The limit of bytes of one shared value: 1 GB. */
export const MOST_SHARED_BYTES = 1024 * 1024 * 1024;

/**
 * Shares a value with the slaves: encoded here and now, kept once in the master, and sent to a slave when the first
 * task that needs it is given there. Pass the return value where a stub, a portable function's captures, or elements of
 * a collection want the value, at any depth: the task finds the value itself, decoded once in each slave and the same
 * object for all tasks there. Tasks must not change it. Typed arrays in it lie over one buffer.
 *
 * Kept until `release()`, or the end of its scope with `using`. At most 1 GB; UsageError beyond, and EncodeError for a
 * value that cannot travel.
 *
 * @example
 * const table = share(new Float64Array(6_000_000));
 * for (let row = 0; row < 1_000; row++) sumRow.funcall(table, row);
 */
export function share<T>(value: T): Shared<T> {
  if (typeof value === 'object' && value !== null && SharedValue.find(value) !== undefined) {
    throw new UsageError('share() got a value that is shared already; pass its handle to tasks');
  }
  const body = writeShare(encodeView(value));
  checkShareSize('share()', body.byteLength);
  return handleOf<T>(new EncodedShare(body));
}

/** The handle of a content. */
export function handleOf<T>(content: SharedContent): Shared<T> {
  return new SharedValue(content) as unknown as Shared<T>;
}

/** Throws UsageError beyond the limit. */
export function checkShareSize(call: string, size: number): void {
  if (size <= MOST_SHARED_BYTES) return;
  throw new UsageError(
    `${call} got a value of ${size} bytes; at most ${MOST_SHARED_BYTES} can be shared, so share parts of it`,
  );
}

/** A value, as it was when it was shared. */
class EncodedShare implements SharedContent {
  readonly key: string;
  readonly #body: Buffer;
  #value: { readonly decoded: unknown } | undefined;

  constructor(body: Buffer) {
    this.#body = body;
    this.key = createHash('sha256').update(body).digest('base64url');
  }

  get size(): number {
    return this.#body.byteLength;
  }

  read(from: number, to: number): Uint8Array {
    return this.#body.subarray(from, to);
  }

  value(): unknown {
    this.#value ??= { decoded: decodeShare(openShare(this.#body)) };
    return this.#value.decoded;
  }
}
