/** Shares values with slaves: encodes each once, under a key that its bytes say. */

import { createHash } from 'node:crypto';
import { type ShareCopy, type Shared, type SharedContent, SharedValue } from '../../algorithms/shared.js';
import { UsageError } from '../../errors.js';
import { encodeView } from '../values/codec.js';
import { mayHaveReaders } from './file-readers.js';
import type { NamelessFile } from './nameless-file.js';
import { decodeShare, layOutShare, openShare, piecesOf, type ShareLayout, writeShare } from './share-body.js';
import { writeToFile } from './share-in-file.js';

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
  const layout = layOutShare(encodeView(value));
  checkShareSize('share()', layout.size);
  return handleOf<T>(new EncodedShare(layout));
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

/** A value, as it was when it was shared: in a file where slaves may read it from one, or else in memory. */
class EncodedShare implements SharedContent {
  readonly key: string;
  readonly size: number;
  readonly copy: ShareCopy | undefined;
  readonly #body: Buffer | NamelessFile;
  #holders = 0;
  #value: { readonly decoded: unknown } | undefined;

  constructor(layout: ShareLayout) {
    this.size = layout.size;
    this.key = keyOf(layout);
    const written = mayHaveReaders(layout.size) ? writeToFile(layout) : undefined;
    this.copy = written?.copy;
    this.#body = written?.file ?? writeShare(layout);
    if (written !== undefined) unheld.register(this, written.file, this);
  }

  read(from: number, to: number): Uint8Array {
    if (Buffer.isBuffer(this.#body)) return this.#body.subarray(from, to);
    const bytes = Buffer.from(new ArrayBuffer(to - from));
    this.#body.read(bytes, from);
    return bytes;
  }

  value(): unknown {
    this.#value ??= { decoded: decodeShare(openShare(this.read(0, this.size) as Buffer)) };
    return this.#value.decoded;
  }

  hold(): void {
    this.#holders++;
  }

  free(): void {
    if (--this.#holders > 0 || Buffer.isBuffer(this.#body)) return;
    unheld.unregister(this);
    this.#body.close();
  }
}

/** Of values that the program drops without a release. */
const unheld = new FinalizationRegistry<NamelessFile>((file) => file.close());

function keyOf(layout: ShareLayout): string {
  const hash = createHash('sha256');
  let end = 0;
  for (const [at, bytes] of piecesOf(layout)) {
    if (at > end) hash.update(Buffer.alloc(at - end));
    hash.update(bytes);
    end = at + bytes.byteLength;
  }
  return hash.digest('base64url');
}
