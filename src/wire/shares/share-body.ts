/**
 * The bytes of a shared value: `u32 big-endian length of the text | text in UTF-8`, then each raw part at the next
 * multiple of eight, so that a typed array can lie over them. The text is an encoded value in brackets, or an object
 * with the name of a file whose bytes follow.
 */

import { FormatError } from '../../errors.js';
import { decodeView, type EncodedValue } from '../values/codec.js';

const HEAD = 4;
const ALIGNMENT = 8;
/** Each takes the system or a hash about a microsecond, whatever its size. */
const PIECE_BYTES = 64 * 1024;

/** A file's name and bytes, or the parsed text and the raw parts of a value. */
export type ShareBody =
  | { readonly file: string; readonly bytes: Uint8Array }
  | { readonly file: undefined; readonly parts: readonly unknown[]; readonly raws: readonly Uint8Array[] };

/** The body of a value in the parts that it has already, and each with its place; between them are zeros. */
export interface ShareLayout {
  readonly size: number;
  readonly parts: readonly (readonly [at: number, bytes: Uint8Array])[];
}

/** The body of a value. */
export function layOutShare({ text, raws }: EncodedValue): ShareLayout {
  const head = headOf(`[${text}]`, raws.length > 0);
  let size = head.byteLength;
  const parts: [number, Uint8Array][] = [[0, head]];
  for (const raw of raws) {
    const at = aligned(size);
    parts.push([at, raw]);
    size = at + raw.byteLength;
  }
  return { size, parts };
}

/** Large parts as they are, and small ones together; a piece is to be used before the next one is taken. */
export function* piecesOf({ parts }: ShareLayout): Generator<readonly [at: number, bytes: Uint8Array]> {
  const together = Buffer.alloc(PIECE_BYTES);
  let begin = 0;
  let end = 0;
  for (const [at, bytes] of parts) {
    if (end > begin && at + bytes.byteLength > begin + PIECE_BYTES) {
      yield [begin, together.subarray(0, end - begin)];
      together.fill(0, 0, end - begin);
      begin = end;
    }
    if (end === begin) begin = at;
    end = at + bytes.byteLength;
    if (bytes.byteLength <= PIECE_BYTES) {
      together.set(bytes, at - begin);
    } else {
      yield [at, bytes];
      begin = end;
    }
  }
  if (end > begin) yield [begin, together.subarray(0, end - begin)];
}

/** All of it. */
export function writeShare({ size, parts }: ShareLayout): Buffer {
  // Not from a pool: it must begin at a multiple of eight
  const body = Buffer.from(new ArrayBuffer(size));
  for (const [at, bytes] of parts) body.set(bytes, at);
  return body;
}

/** The beginning of a file's body; its bytes follow. */
export function fileHead(name: string): Uint8Array {
  return headOf(JSON.stringify({ file: name }), true);
}

function headOf(text: string, isFollowed: boolean): Uint8Array {
  const size = Buffer.byteLength(text);
  const head = Buffer.alloc(isFollowed ? aligned(HEAD + size) : HEAD + size);
  head.writeUInt32BE(size, 0);
  head.write(text, HEAD, 'utf8');
  return head;
}

function aligned(at: number): number {
  return Math.ceil(at / ALIGNMENT) * ALIGNMENT;
}

/** Throws FormatError. Raw parts and a file's bytes are views of `body`, which begins at a multiple of eight. */
export function openShare(body: Buffer): ShareBody {
  const size = body.byteLength < HEAD ? Number.POSITIVE_INFINITY : body.readUInt32BE(0);
  if (HEAD + size > body.byteLength) throw new FormatError('a shared value is shorter than its text');
  const text: unknown = parse(body.toString('utf8', HEAD, HEAD + size));
  const begin = aligned(HEAD + size);
  if (Array.isArray(text)) return { file: undefined, parts: text, raws: rawsOf(text[2], body, begin) };
  const { file } = (text ?? {}) as { readonly file?: unknown };
  if (typeof file !== 'string' || !isFileName(file)) {
    throw new FormatError('a shared value is neither a value nor a file');
  }
  return { file, bytes: body.subarray(begin) };
}

/** The value of a body that is not a file; throws FormatError. */
export function decodeShare(body: ShareBody): unknown {
  if (body.file !== undefined) throw new FormatError('a shared value is a file');
  const { parts, raws } = body;
  if (parts.length < 1 || parts.length > 3)
    throw new FormatError('the text of a shared value has a wrong shape');
  return decodeView(parts[0], parts[1], raws);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FormatError('the text of a shared value is not JSON', { cause: error });
  }
}

function rawsOf(lengths: unknown, body: Buffer, begin: number): readonly Uint8Array[] {
  if (lengths === undefined) return [];
  if (!Array.isArray(lengths)) throw new FormatError('the lengths of raw parts are not an array');
  let at = begin;
  return lengths.map((length: unknown) => {
    const end = at + (length as number);
    if (!Number.isInteger(length) || (length as number) < 0 || end > body.byteLength) {
      throw new FormatError(`a raw part of a shared value is said to take ${String(length)} bytes`);
    }
    const raw = body.subarray(at, end);
    at = aligned(end);
    return raw;
  });
}

/** It becomes a file in a folder of the receiver's: no way out of that. */
export function isFileName(name: string): boolean {
  return name.length > 0 && name.length <= 255 && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);
}
