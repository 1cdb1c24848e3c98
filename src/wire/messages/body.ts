/**
 * The body of a message: `u32 big-endian length of the text | text in UTF-8 | raw bytes one after another`.
 * The messages define the text.
 */
import { FormatError } from '../../errors.js';

const HEAD = 4;
const NO_RAWS: readonly Uint8Array[] = Object.freeze([]);
const NO_RAW: Uint8Array = new Uint8Array();

export interface Body {
  /** Or its bytes in UTF-8. */
  readonly text: string | Uint8Array;
  readonly raws: readonly Uint8Array[];
}

/** Joins text and raw parts to one body, which owns its bytes. */
export function encodeBody(text: Body['text'], raws: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.allocUnsafe(bodyBytes({ text, raws }));
  writeBody({ text, raws }, body, 0);
  return body;
}

export function bodyBytes({ text, raws }: Body): number {
  let size = HEAD + textBytes(text);
  for (const raw of raws) size += raw.byteLength;
  return size;
}

/** Writes a body into free space; returns the place of its end. */
export function writeBody({ text, raws }: Body, into: Buffer, from: number): number {
  const size = textBytes(text);
  into.writeUInt32BE(size, from);
  let at = from + HEAD;
  if (typeof text !== 'string') into.set(text, at);
  // Equal numbers of bytes and characters mean ASCII, which latin1 writes several times as fast.
  else into.write(text, at, size === text.length ? 'latin1' : 'utf8');
  at += size;
  for (const raw of raws) {
    into.set(raw, at);
    at += raw.byteLength;
  }
  return at;
}

function textBytes(text: Body['text']): number {
  return typeof text === 'string' ? Buffer.byteLength(text) : text.length;
}

/**
 * Splits a body into its parsed text and the raw bytes after it. Only `raw` is a view of `bytes`. Throws
 * FormatError.
 */
export function decodeBody(bytes: Uint8Array): { value: unknown; raw: Uint8Array } {
  const body = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (body.byteLength < HEAD) throw new FormatError(`a body of ${body.byteLength} bytes has no length`);
  const end = HEAD + body.readUInt32BE(0);
  if (end > body.byteLength) {
    throw new FormatError(`a body of ${body.byteLength} bytes says that its text takes ${end - HEAD}`);
  }
  try {
    const raw = end === body.byteLength ? NO_RAW : body.subarray(end);
    return { value: JSON.parse(body.toString('utf8', HEAD, end)), raw };
  } catch (error) {
    throw new FormatError('the text of a body is not JSON', { cause: error });
  }
}

/** Returns the raw parts of a body, entry by entry, as views of it. */
export class RawReader {
  private at = 0;

  constructor(private readonly raw: Uint8Array) {}

  /** The next parts, of these lengths; none if undefined. Throws FormatError if bytes are missing. */
  take(lengths: readonly number[] | undefined): readonly Uint8Array[] {
    if (lengths === undefined) return NO_RAWS;
    if (!Array.isArray(lengths)) throw new FormatError('the lengths of raw parts are not an array');
    return lengths.map((length: unknown) => {
      const left = this.raw.byteLength - this.at;
      if (!Number.isInteger(length) || (length as number) < 0 || (length as number) > left) {
        throw new FormatError(`a raw part is said to take ${String(length)} bytes, and ${left} are left`);
      }
      const begin = this.at;
      this.at += length as number;
      return this.raw.subarray(begin, this.at);
    });
  }
}
