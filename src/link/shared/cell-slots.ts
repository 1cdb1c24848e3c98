/** Small texts that one thread writes and another reads, each with a version: the newest counts. */

import { MOST_CELL_BYTES } from '../../wire/messages/cells.js';

/** Int32 words before the slots. */
const HEADER_WORDS = 2;
/** Counts the writes. */
const NEWS = 0;
/** 1 while the reader has not begun to read what was written last. */
const UNREAD = 1;

/** Of each slot: Int32 words, a double for the version, then the bytes of the text. */
const SLOT_WORDS = 4;
const SEQUENCE = 0;
const LENGTH = 1;
const TAKEN = 2;
const VERSION_AT = SLOT_WORDS * Int32Array.BYTES_PER_ELEMENT;
const TEXT_AT = VERSION_AT + Float64Array.BYTES_PER_ELEMENT;
const SLOT_BYTES = TEXT_AT + MOST_CELL_BYTES;
const HEADER_BYTES = HEADER_WORDS * Int32Array.BYTES_PER_ELEMENT;

/** A writer that is interrupted in the middle may be away for long: then the reader goes on with what it has. */
const MOST_TRIES = 1_000;

/** A text with its version. */
export interface SlotText {
  readonly version: number;
  readonly text: string;
}

/**
 * A slot is a seqlock: its sequence is odd while its writer is in the middle. The sequence is changed and read again by
 * `Atomics.add`, not by stores and loads, since these would let the processor move the plain accesses between them.
 * The reader writes one word: which version it has brought to its peer.
 */
export class CellSlots {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #versions: Float64Array;
  readonly #bytes: Buffer;

  /** The memory of another thread's view, or the number of slots. */
  constructor(source: SharedArrayBuffer | number) {
    this.buffer =
      typeof source === 'number' ? new SharedArrayBuffer(HEADER_BYTES + source * SLOT_BYTES) : source;
    this.#words = new Int32Array(this.buffer);
    this.#versions = new Float64Array(this.buffer);
    this.#bytes = Buffer.from(this.buffer);
  }

  get size(): number {
    return (this.buffer.byteLength - HEADER_BYTES) / SLOT_BYTES;
  }

  // ---- the writer's

  /** True if the reader has to be woken: it has begun to read since it was last. `text` has at most 4 KB. */
  write(at: number, { version, text }: SlotText): boolean {
    const word = wordOf(at);
    Atomics.add(this.#words, word + SEQUENCE, 1);
    this.#words[word + LENGTH] = this.#bytes.write(text, byteOf(at) + TEXT_AT, MOST_CELL_BYTES, 'utf8');
    this.#versions[doubleOf(at)] = version;
    Atomics.add(this.#words, word + SEQUENCE, 1);
    Atomics.add(this.#words, NEWS, 1);
    return Atomics.exchange(this.#words, UNREAD, 1) === 0;
  }

  /** Whether the reader says that this version, the last that was written, has arrived at last. */
  isTaken(at: number, version: number): boolean {
    return Atomics.load(this.#words, wordOf(at) + TAKEN) === (version | 0);
  }

  // ---- the reader's

  /** Another number after each write; cheap. */
  get news(): number {
    return Atomics.load(this.#words, NEWS);
  }

  /** Call it before reading, so that a later write wakes again. */
  beginReading(): void {
    Atomics.exchange(this.#words, UNREAD, 0);
  }

  /** 0 if nothing was ever written, or if its writer is in the middle. */
  versionOf(at: number): number {
    return this.#read(at, () => 0)?.version ?? 0;
  }

  /** Undefined if nothing was ever written, or if its writer is in the middle: then read it again later. */
  read(at: number): SlotText | undefined {
    // Copied first: the bytes may change while they are read
    const found = this.#read(at, (from, to) => Buffer.from(this.#bytes.subarray(from, to)));
    return found && { version: found.version, text: found.part.toString('utf8') };
  }

  /** Tells the writer that this version has arrived at last. */
  take(at: number, version: number): void {
    Atomics.store(this.#words, wordOf(at) + TAKEN, version | 0);
  }

  /** `news` changes without a write. */
  announce(): void {
    Atomics.add(this.#words, NEWS, 1);
  }

  #read<T>(at: number, copy: (from: number, to: number) => T): { version: number; part: T } | undefined {
    const word = wordOf(at);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const before = Atomics.load(this.#words, word + SEQUENCE);
      if (before === 0) return undefined;
      if (before & 1) continue;
      const version = this.#versions[doubleOf(at)] ?? 0;
      const start = byteOf(at) + TEXT_AT;
      const part = copy(start, start + Math.min(this.#words[word + LENGTH] ?? 0, MOST_CELL_BYTES));
      if (Atomics.add(this.#words, word + SEQUENCE, 0) === before) return { version, part };
    }
    return undefined;
  }
}

function byteOf(at: number): number {
  return HEADER_BYTES + at * SLOT_BYTES;
}

function wordOf(at: number): number {
  return byteOf(at) / Int32Array.BYTES_PER_ELEMENT;
}

function doubleOf(at: number): number {
  return (byteOf(at) + VERSION_AT) / Float64Array.BYTES_PER_ELEMENT;
}
