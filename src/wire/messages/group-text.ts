/**
 * The text of a task or result message, written as bytes entry by entry: `head`, the entries, `tail`. The strings
 * that it would otherwise be joined from are, for small tasks, a third of all the memory that a process collects.
 */

const LEAST_BYTES = 16 * 1024;
/** The largest buffer that is used again for the next text. */
const MOST_KEPT_BYTES = 1024 * 1024;
/** Room for the head, which may be known only after the entries. */
const HEAD_BYTES = 64;
/** Of an entry without its value: at most four numbers, and the marks between them. */
const ENTRY_BYTES = 80;
/** A call into the engine costs more than to copy this number of characters here. */
const SHORT = 64;
/** Beyond these, the sums below are no whole numbers of 32 bits. */
const MOST_INT = 0x7fffffff;

const ZERO = 0x30;
const COMMA = 0x2c;
const OPENING = 0x5b;
const CLOSING = 0x5d;

export class GroupText {
  #bytes = Buffer.allocUnsafe(LEAST_BYTES);
  #at = HEAD_BYTES;
  #count = 0;

  /** The number of entries. */
  get count(): number {
    return this.#count;
  }

  /** An entry with these numbers (not negative, whole), then the text of an encoded value. */
  add(first: number, second: number, third: number, fourth: number | undefined, value: string): void {
    // A character takes at most three bytes, and to count them takes longer than to copy a short text.
    this.#makeRoom(ENTRY_BYTES + (value.length > SHORT ? Buffer.byteLength(value) : 3 * value.length));
    const bytes = this.#bytes;
    let at = this.#at;
    if (this.#count++ > 0) bytes[at++] = COMMA;
    bytes[at++] = OPENING;
    at = writeNumber(bytes, at, first);
    bytes[at++] = COMMA;
    at = writeNumber(bytes, at, second);
    bytes[at++] = COMMA;
    at = writeNumber(bytes, at, third);
    bytes[at++] = COMMA;
    if (fourth !== undefined) {
      at = writeNumber(bytes, at, fourth);
      bytes[at++] = COMMA;
    }
    at = writeText(bytes, at, value);
    bytes[at++] = CLOSING;
    this.#at = at;
  }

  /** Returns the bytes of the text, and begins the next one. `head` and `tail` are ASCII, `head` at most 64 characters. */
  take(head: string, tail: string): Uint8Array {
    this.#makeRoom(tail.length);
    const end = writeText(this.#bytes, this.#at, tail);
    const from = HEAD_BYTES - head.length;
    writeText(this.#bytes, from, head);
    const text = this.#bytes.subarray(from, end);
    this.#at = HEAD_BYTES;
    this.#count = 0;
    const { length } = this.#bytes;
    if (length <= MOST_KEPT_BYTES) return Buffer.from(text);
    this.#bytes = Buffer.allocUnsafe(LEAST_BYTES);
    // A message may be kept for long, and then not with much memory around it.
    return text.length > length / 2 ? text : Buffer.from(text);
  }

  #makeRoom(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

function writeNumber(bytes: Buffer, at: number, number: number): number {
  if (number < 10) {
    bytes[at] = ZERO + number;
    return at + 1;
  }
  if (number > MOST_INT) return at + bytes.write(String(number), at, 'latin1');
  let digits = 2;
  for (let least = 100; least <= number; least *= 10) digits++;
  let place = at + digits;
  let rest = number;
  while (rest >= 10) {
    const tenth = (rest / 10) | 0;
    bytes[--place] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  bytes[--place] = ZERO + rest;
  return at + digits;
}

function writeText(bytes: Buffer, at: number, text: string): number {
  const { length } = text;
  if (length > SHORT) return at + bytes.write(text, at, 'utf8');
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return at + bytes.write(text, at, 'utf8');
    bytes[at + index] = code;
  }
  return at + length;
}
