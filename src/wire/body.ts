/**
 * The body of a message: `u32 big-endian length of the text | text in UTF-8 | raw bytes one after another`.
 * What the text says is the business of the messages.
 */
import { FormatError } from '../errors.js';

const HEAD = 4;

/** Joins text and raw parts to one body; it owns its bytes. */
export function encodeBody(text: string, raws: readonly Uint8Array[]): Uint8Array {
  const textBytes = Buffer.byteLength(text);
  let size = HEAD + textBytes;
  for (const raw of raws) size += raw.byteLength;
  const body = Buffer.allocUnsafe(size);
  body.writeUInt32BE(textBytes, 0);
  // As many bytes as characters is ASCII, which latin1 writes several times as fast.
  if (textBytes === text.length) body.write(text, HEAD, 'latin1');
  else body.write(text, HEAD, 'utf8');
  let at = HEAD + textBytes;
  for (const raw of raws) {
    body.set(raw, at);
    at += raw.byteLength;
  }
  return body;
}

/**
 * Parts a body into its parsed text and the raw bytes after it. `raw` is a view of `bytes`, nothing else
 * is. Throws FormatError.
 */
export function decodeBody(bytes: Uint8Array): { value: unknown; raw: Uint8Array } {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (body.byteLength < HEAD) throw new FormatError(`a body of ${body.byteLength} bytes has no length`);
  const end = HEAD + body.readUInt32BE(0);
  if (end > body.byteLength) {
    throw new FormatError(`a body of ${body.byteLength} bytes says that its text takes ${end - HEAD}`);
  }
  try {
    return { value: JSON.parse(body.toString('utf8', HEAD, end)), raw: body.subarray(end) };
  } catch (error) {
    throw new FormatError('the text of a body is no JSON', { cause: error });
  }
}

/** Hands out the raw parts of a body, entry after entry, as views of it. */
export class RawReader {
  private at = 0;

  constructor(private readonly raw: Uint8Array) {}

  /** The next parts, of these lengths; none if undefined. Throws FormatError when there is less. */
  take(lengths: readonly number[] | undefined): Uint8Array[] {
    if (lengths === undefined) return [];
    if (!Array.isArray(lengths)) throw new FormatError('the lengths of raw parts are no array');
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
