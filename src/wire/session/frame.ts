/** The binary form of a data frame: a fixed header, then a chunk of a message's body. */

import { FormatError } from '../../errors.js';
import { type Epoch, PROTOCOL_VERSION } from '../messages/messages.js';

/** Bytes of every frame's header: thousands of slaves share the credit for one short result each. */
export const HEADER_BYTES = 66;

export const FRAME_KIND = {
  /** A chunk of a message; numbered, kept until acknowledged, under credit. */
  data: 1,
  /** The sender's position; `number` is its last frame. */
  position: 2,
  /** Asks to send everything from `number` on again. */
  resend: 3,
  /** Asks for room to assemble a message of `size` bytes that begins with frame `number`. */
  ask: 4,
  /** Grants it. */
  grant: 5,
} as const;

export type FrameKind = (typeof FRAME_KIND)[keyof typeof FRAME_KIND];

const FLAG_FIRST = 1;
const FLAG_LAST = 2;
const FLAG_ANSWER = 4;

/** Every frame carries the positions of both directions, so that traffic acknowledges itself. */
export interface FrameHeader {
  readonly kind: FrameKind;
  /** First and last chunk of a message; both are set on one that travels whole. */
  readonly first: boolean;
  readonly last: boolean;
  /** On a position: the receiver should answer with its own. */
  readonly answer: boolean;
  readonly number: number;
  /** Number of the last frame received in order. */
  readonly received: number;
  /** Absolute byte position up to which the other side may send. */
  readonly limit: number;
  /** Absolute byte position up to which this side wants to send. */
  readonly want: number;
  /** Bytes of the whole message. */
  readonly size: number;
}

/** The place of the epoch in a frame, followed by five positions of seven bytes each. */
const EPOCH_AT = 3;
const NUMBER_AT = 31;
const RECEIVED_AT = 38;
const LIMIT_AT = 45;
const WANT_AT = 52;
const SIZE_AT = 59;
const LOW_VALUES = 2 ** 32;

/**
 * The part of a header that is the same for a whole session. Its numbers are in the object itself: with
 * thousands of sessions, each further buffer is one more cache miss.
 */
export class EpochMark {
  readonly #run0: number;
  readonly #run1: number;
  readonly #nonce0: number;
  readonly #nonce1: number;
  readonly #nonce2: number;
  readonly #nonce3: number;
  readonly #sid: number;

  constructor({ run, nonce, sid }: Epoch) {
    const bytes = Buffer.from(run + nonce, 'hex');
    this.#run0 = bytes.readInt32BE(0);
    this.#run1 = bytes.readInt32BE(4);
    this.#nonce0 = bytes.readInt32BE(8);
    this.#nonce1 = bytes.readInt32BE(12);
    this.#nonce2 = bytes.readInt32BE(16);
    this.#nonce3 = bytes.readInt32BE(20);
    this.#sid = sid;
  }

  write(frame: Buffer): void {
    frame.writeInt32BE(this.#run0, EPOCH_AT);
    frame.writeInt32BE(this.#run1, EPOCH_AT + 4);
    frame.writeInt32BE(this.#nonce0, EPOCH_AT + 8);
    frame.writeInt32BE(this.#nonce1, EPOCH_AT + 12);
    frame.writeInt32BE(this.#nonce2, EPOCH_AT + 16);
    frame.writeInt32BE(this.#nonce3, EPOCH_AT + 20);
    frame.writeUInt32BE(this.#sid, EPOCH_AT + 24);
  }

  /** Whether a payload is a frame of this session; otherwise it is of another epoch, or not a frame. */
  isOn(payload: Buffer): boolean {
    return (
      payload.length >= HEADER_BYTES &&
      payload[0] === PROTOCOL_VERSION &&
      payload.readUInt32BE(EPOCH_AT + 24) === this.#sid &&
      payload.readInt32BE(EPOCH_AT + 8) === this.#nonce0 &&
      payload.readInt32BE(EPOCH_AT + 12) === this.#nonce1 &&
      payload.readInt32BE(EPOCH_AT + 16) === this.#nonce2 &&
      payload.readInt32BE(EPOCH_AT + 20) === this.#nonce3 &&
      payload.readInt32BE(EPOCH_AT) === this.#run0 &&
      payload.readInt32BE(EPOCH_AT + 4) === this.#run1
    );
  }
}

/** Writes a header to the first 66 bytes of a frame. */
export function writeHeader(frame: Buffer, epoch: EpochMark, header: FrameHeader): void {
  frame[0] = PROTOCOL_VERSION;
  frame[1] = header.kind;
  frame[2] =
    (header.first ? FLAG_FIRST : 0) | (header.last ? FLAG_LAST : 0) | (header.answer ? FLAG_ANSWER : 0);
  epoch.write(frame);
  writePosition(frame, header.number, NUMBER_AT);
  writePosition(frame, header.received, RECEIVED_AT);
  writePosition(frame, header.limit, LIMIT_AT);
  writePosition(frame, header.want, WANT_AT);
  writePosition(frame, header.size, SIZE_AT);
}

function writePosition(frame: Buffer, position: number, at: number): void {
  frame.writeUIntBE(Math.floor(position / LOW_VALUES), at, 3);
  frame.writeUInt32BE(position % LOW_VALUES, at + 3);
}

export function readHeader(frame: Buffer): FrameHeader {
  const kind = frame[1] as FrameKind;
  if (frame.length < HEADER_BYTES || kind < 1 || kind > 5) {
    throw new FormatError(`a frame of ${frame.length} bytes and kind ${kind} is not one of ours`);
  }
  const flags = frame[2] ?? 0;
  return {
    kind,
    first: (flags & FLAG_FIRST) !== 0,
    last: (flags & FLAG_LAST) !== 0,
    answer: (flags & FLAG_ANSWER) !== 0,
    number: readPosition(frame, NUMBER_AT),
    received: readPosition(frame, RECEIVED_AT),
    limit: readPosition(frame, LIMIT_AT),
    want: readPosition(frame, WANT_AT),
    size: readPosition(frame, SIZE_AT),
  };
}

function readPosition(frame: Buffer, at: number): number {
  const high = frame.readUIntBE(at, 3);
  const low = frame.readUInt32BE(at + 3);
  // Separate fields keep the positions of most sessions small integers: number objects would be one more
  // cache miss each.
  if (high === 0) return low;
  const position = high * LOW_VALUES + low;
  if (position > Number.MAX_SAFE_INTEGER) {
    throw new FormatError(`a frame has the impossible position ${position}`);
  }
  return position;
}
