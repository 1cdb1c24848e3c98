/**
 * Frames between a master and a server: four bytes with the length of the body, one with its kind, and the body: a
 * message as JSON, or bytes of a file.
 */

import { FormatError } from '../../errors.js';

export type Frame =
  | { readonly kind: 'message'; readonly value: unknown }
  | { readonly kind: 'bytes'; readonly bytes: Buffer };

const HEAD_BYTES = 5;
const MESSAGE = 1;
const BYTES = 2;

/** The largest body before the other side has proved itself, and after. */
export const STRANGERS_FRAME = 4096;
export const LARGEST_FRAME = 1024 * 1024;

/** Throws FormatError for a message that no reader would take. */
export function messageFrame(value: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(value));
  if (body.length > LARGEST_FRAME) throw tooLarge(body.length, LARGEST_FRAME);
  return frameOf(MESSAGE, body);
}

/** At most `LARGEST_FRAME` bytes. */
export function bytesFrame(bytes: Uint8Array): Buffer {
  return frameOf(BYTES, bytes);
}

function frameOf(kind: number, body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + body.length);
  frame.writeUInt32BE(body.length);
  frame[4] = kind;
  frame.set(body, HEAD_BYTES);
  return frame;
}

/** Takes chunks as they come, and gives frames one by one; what follows the last one taken is left as it is. */
export class FrameReader {
  #buffer: Buffer = Buffer.alloc(0);
  /** The largest body that is accepted from now on. */
  largest: number;

  constructor(largest: number) {
    this.largest = largest;
  }

  /** Bytes that are in no frame yet. */
  get waiting(): number {
    return this.#buffer.length;
  }

  push(chunk: Uint8Array): void {
    this.#buffer = this.#buffer.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#buffer, chunk]);
  }

  /** Undefined until the next frame is whole; throws FormatError for other bytes, as soon as they show. */
  next(): Frame | undefined {
    const buffer = this.#buffer;
    if (buffer.length < HEAD_BYTES) return undefined;
    const length = buffer.readUInt32BE();
    if (length > this.largest) throw tooLarge(length, this.largest);
    const kind = buffer[4];
    if (kind !== MESSAGE && kind !== BYTES) throw new FormatError(`a frame of the unknown kind ${kind}`);
    if (buffer.length < HEAD_BYTES + length) return undefined;
    const body = buffer.subarray(HEAD_BYTES, HEAD_BYTES + length);
    this.#buffer = buffer.subarray(HEAD_BYTES + length);
    return kind === BYTES ? { kind: 'bytes', bytes: body } : { kind: 'message', value: parsed(body) };
  }

  /** The bytes behind the last frame that was taken, which are not frames. */
  takeRest(): Buffer {
    const rest = this.#buffer;
    this.#buffer = Buffer.alloc(0);
    return rest;
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new FormatError('a message that is not JSON', { cause: error });
  }
}

function tooLarge(length: number, largest: number): FormatError {
  return new FormatError(`a frame of ${length} bytes, where at most ${largest} are allowed`);
}
