/** One shared value in a slave, from the first task that needs it to its eviction. */

import { createHash, type Hash } from 'node:crypto';
import type { ShareCopy } from '../../algorithms/shared.js';
import { FormatError } from '../../errors.js';
import { decodeShare, openShare } from '../../wire/shares/share-body.js';

/** Where values that are files are kept. */
export interface ShareFiles {
  /** Writes a file of this name, apart from those of other keys; returns its path. */
  write(key: string, name: string, bytes: Uint8Array): string;
  remove(key: string): void;
}

/**
 * Reads the bytes of a file into `room`, which it must fill up to the file's mark. Says which have come, in their order, and
 * once whether all have; nothing after the returned function was called.
 */
export type CopyReader = (
  file: Pick<ShareCopy, 'path' | 'mark'>,
  room: Uint8Array,
  on: { readonly onRead: (bytes: Uint8Array) => void; readonly onEnd: (isRead: boolean) => void },
) => () => void;

/**
 * - `missing`: it has no room yet, or was evicted.
 * - `arriving`: the master was asked for it, and its room is taken.
 * - `here`: all its bytes have come.
 * - `refused`: tasks that need it fail with `error`.
 *
 * Arriving bytes come in pieces, or are read from a *copy*; if that has other bytes, pieces follow from the first one on.
 *
 * It is *in use* by tasks that wait or run here (`users`), and *running* tasks keep it whatever happens.
 */
export class SharedEntry {
  state: 'missing' | 'arriving' | 'here' | 'refused' = 'missing';
  users = 0;
  running = 0;
  error: Error | undefined;
  #body: Buffer | undefined;
  #hash: Hash | undefined;
  #filled = 0;
  #value: { readonly decoded: unknown } | undefined;
  #isFile = false;
  #stopReading: (() => void) | undefined;

  constructor(
    readonly key: string,
    readonly size: number,
  ) {}

  /** The bytes that have come. */
  get filled(): number {
    return this.#filled;
  }

  get takesRoom(): boolean {
    return this.state === 'arriving' || this.state === 'here';
  }

  /** Whether a task that needs it need not wait for it. */
  get isSettled(): boolean {
    return this.state === 'here' || this.state === 'refused';
  }

  /** Whether it is read from a copy. */
  get isRead(): boolean {
    return this.#stopReading !== undefined;
  }

  /** Throws FormatError for another size. */
  checkSize(size: number): void {
    if (size === this.size) return;
    throw new FormatError(`a shared value of ${this.size} bytes is said to have ${size}`);
  }

  /** Reads `head`, then a file; `onEnd` is called later, unless it is dropped: whether it is here. */
  read(copy: ShareCopy, reader: CopyReader, onEnd: (isHere: boolean) => void): void {
    const { head, mark } = copy;
    const body = this.#open();
    this.#add(head, 0);
    const room = body.subarray(head.byteLength);
    this.#stopReading = reader(copy, room, {
      onRead: (bytes) => {
        if (mark === undefined) this.#noteFilled(bytes);
        else this.#filled += bytes.byteLength;
      },
      onEnd: (isRead) => {
        this.#stopReading = undefined;
        const isWhole = isRead && this.#filled === this.size;
        const isHere = isWhole && (mark !== undefined || this.#closeHash() === this.key);
        if (isHere) this.state = 'here';
        else this.#forgetBytes();
        onEnd(isHere);
      },
    });
  }

  /** Bytes from a place on; true if these are the last. It is refused if the whole is not what its key says. */
  take(size: number, from: number, bytes: Uint8Array): boolean {
    this.checkSize(size);
    // The rest of an answer that is not needed any more, or came twice
    if (this.state !== 'arriving' || this.isRead || from !== this.#filled) return false;
    this.#add(bytes, from);
    if (this.#filled < this.size) return false;
    if (this.#closeHash() === this.key) this.state = 'here';
    else this.refuse(new FormatError('the bytes of a shared value are not those that its key names'));
    return true;
  }

  #add(bytes: Uint8Array, from: number): void {
    this.#open().set(bytes, from);
    this.#noteFilled(bytes);
  }

  #noteFilled(bytes: Uint8Array): void {
    this.#hash ??= createHash('sha256');
    this.#hash.update(bytes);
    this.#filled += bytes.byteLength;
  }

  #open(): Buffer {
    // Not from a pool: typed arrays lie over it
    this.#body ??= Buffer.from(new ArrayBuffer(this.size));
    return this.#body;
  }

  #closeHash(): string | undefined {
    const digest = this.#hash?.digest('base64url');
    this.#hash = undefined;
    return digest;
  }

  refuse(error: Error): void {
    this.drop();
    this.state = 'refused';
    this.error = error;
  }

  /** The value for tasks, decoded at the first call. Throws the error with which it was refused, and FormatError. */
  value(files: ShareFiles): unknown {
    if (this.error !== undefined) throw this.error;
    if (this.#value === undefined) {
      if (this.#body === undefined)
        throw new FormatError('a task needs a shared value that did not come with it');
      const body = openShare(this.#body);
      this.#isFile = body.file !== undefined;
      this.#value =
        body.file === undefined
          ? { decoded: decodeShare(body) }
          : { decoded: files.write(this.key, body.file, body.bytes) };
      // Typed arrays keep the memory that they lie over
      this.#body = undefined;
    }
    return this.#value.decoded;
  }

  /** Forgets its bytes; returns whether it has a file. */
  drop(): boolean {
    const hadFile = this.#isFile;
    this.state = 'missing';
    this.#stopReading?.();
    this.#stopReading = undefined;
    this.#forgetBytes();
    this.#value = undefined;
    this.#isFile = false;
    return hadFile;
  }

  #forgetBytes(): void {
    this.#body = undefined;
    this.#hash = undefined;
    this.#filled = 0;
  }
}
