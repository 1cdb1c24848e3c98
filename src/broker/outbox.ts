/**
 * The data waiting for one client. Small pieces are copied together, large ones are kept by reference, and
 * all data of a turn leaves in one write. While the kernel takes no more, the outbox grows and nothing is
 * written.
 */
import type { Socket } from 'node:net';

const BLOCK_BYTES = 64 * 1024;
/** From this size on, keeping a piece that will not change is cheaper than copying it. */
const KEEP_BYTES = 16 * 1024;
const SPARE_BLOCKS = 64;

/** Blocks that were written out and can be filled again, for all outboxes of the thread. */
const spareBlocks: Buffer[] = [];

/** Called with the bytes by which an outbox grew (or, negative, shrank), for the broker's total. */
export type CountBytes = (change: number) => void;

export class Outbox {
  readonly #socket: Socket;
  readonly #count: CountBytes;
  readonly #onWritten = (): void => this.#afterWrite();
  #parts: Buffer[] = [];
  #block: Buffer | undefined;
  /** The places in the block of the first byte that is in no part yet, and of the first free byte. */
  #sealed = 0;
  #used = 0;
  /** Bytes here and bytes that the socket holds since the last write. */
  #collected = 0;
  #inSocket = 0;
  #closed = false;
  /** Called when everything is written. */
  #waiting: Set<() => void> | undefined;

  constructor(socket: Socket, count: CountBytes) {
    this.#socket = socket;
    this.#count = count;
  }

  /** Bytes that the kernel has not taken. */
  get pending(): number {
    return this.#collected + this.#inSocket;
  }

  /** Whether there is enough data to write it now, and the kernel is not known to be full. */
  get isRipe(): boolean {
    return this.#collected >= BLOCK_BYTES && this.#inSocket === 0;
  }

  /** Calls back once when all data has been written, or is lost with its connection. */
  whenWritten(listener: () => void): void {
    this.#waiting ??= new Set();
    this.#waiting.add(listener);
  }

  /** Adds `[start, end)` of `bytes`, as a copy unless `owned` says that they will not change again. */
  append(bytes: Buffer, start: number, end: number, owned: boolean): void {
    if (this.#closed) return;
    this.#collected += end - start;
    this.#count(end - start);
    if (owned && end - start >= KEEP_BYTES) {
      this.#seal();
      this.#parts.push(bytes.subarray(start, end));
      return;
    }
    for (let from = start; from < end; ) {
      const block = this.#roomyBlock();
      const length = Math.min(end - from, block.length - this.#used);
      copyBytes(bytes, from, block, this.#used, length);
      this.#used += length;
      from += length;
    }
  }

  /** Writes all waiting data, unless an earlier write is still under way. */
  flush(): void {
    if (this.#inSocket === 0) this.finish();
  }

  /** Gives all waiting data to the socket, which may keep it: the last step before its end. */
  finish(): void {
    if (this.#closed || this.#collected === 0) return;
    this.#seal();
    const parts = this.#parts;
    const last = parts.length - 1;
    if (last > 0) this.#socket.cork();
    for (let i = 0; i < last; i++) this.#socket.write(parts[i] as Buffer);
    this.#socket.write(parts[last] as Buffer, this.#onWritten);
    if (last > 0) this.#socket.uncork();
    this.#parts = [];
    const left = this.#socket.writableLength;
    this.#count(left - this.pending);
    this.#collected = 0;
    this.#inSocket = left;
    this.#releaseBlock(left === 0);
    if (left === 0) this.#tellWritten();
  }

  /** Forgets everything; data that the socket already has stays there. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#count(-this.pending);
    this.#collected = 0;
    this.#inSocket = 0;
    this.#parts = [];
    this.#block = undefined;
    this.#tellWritten();
  }

  /**
   * The socket calls this also for a write that was done at once: then nothing is left to do. It also does for one
   * that was lost with the connection, whose end is about to be noticed.
   */
  #afterWrite(): void {
    if (this.#closed || this.#inSocket === 0 || this.#socket.destroyed) return;
    const left = this.#socket.writableLength;
    this.#count(left - this.#inSocket);
    this.#inSocket = left;
    if (left > 0) return;
    if (this.#collected > 0) this.flush();
    else this.#tellWritten();
  }

  #tellWritten(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    for (const listener of waiting) listener();
  }

  #roomyBlock(): Buffer {
    if (this.#block !== undefined && this.#used < this.#block.length) return this.#block;
    this.#seal();
    this.#block = spareBlocks.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#sealed = 0;
    this.#used = 0;
    return this.#block;
  }

  #seal(): void {
    if (this.#block === undefined || this.#used === this.#sealed) return;
    this.#parts.push(this.#block.subarray(this.#sealed, this.#used));
    this.#sealed = this.#used;
  }

  /** A block may be reused from its beginning only when the kernel has copied all of it. */
  #releaseBlock(written: boolean): void {
    if (written && this.#block !== undefined && spareBlocks.length < SPARE_BLOCKS)
      spareBlocks.push(this.#block);
    this.#block = undefined;
  }
}

/** Below some hundred bytes, a loop is faster than the call into the runtime. */
function copyBytes(from: Buffer, at: number, to: Buffer, position: number, length: number): void {
  if (length > 128) {
    from.copy(to, position, at, at + length);
    return;
  }
  for (let i = 0; i < length; i++) to[position + i] = from[at + i] as number;
}
