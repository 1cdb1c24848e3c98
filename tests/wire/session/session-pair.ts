/** Two sessions of one epoch and what a test does with their frames; chance comes from a seed. */

import { CHUNK_BYTES, CREDIT_BYTES } from '../../../src/wire/messages/messages.js';
import {
  EpochMark,
  FRAME_KIND,
  type FrameHeader,
  HEADER_BYTES,
  readHeader,
  writeHeader,
} from '../../../src/wire/session/frame.js';
import { Session, type SessionOptions } from '../../../src/wire/session/session.js';

export const EPOCH = { run: '00112233445566ff', nonce: '0123456789abcdef0123456789abcdef', sid: 7 };

/** The largest body that travels in one frame. */
export const CHUNK_BODY_BYTES = CHUNK_BYTES - HEADER_BYTES;

export function createSession(options: Partial<SessionOptions> = {}): Session {
  return new Session({
    epoch: EPOCH,
    sendLimit: CREDIT_BYTES,
    receiveLimit: CREDIT_BYTES,
    maxMessageBytes: 8 * CREDIT_BYTES,
    ...options,
  });
}

/** Everything that a session has to say now, copied as a network would. */
export function framesOf(session: Session, now = 0): Buffer[] {
  const frames: Buffer[] = [];
  session.flush((parcel) => {
    frames.push(...unpack(Buffer.from(parcel)));
    return true;
  }, now);
  return frames;
}

/** The frames of what a session sent at once. */
export function unpack(parcel: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let rest = parcel; rest.length > 0; ) {
    const { kind, first, last, size } = readHeader(rest);
    const length = kind === FRAME_KIND.data && first && last ? HEADER_BYTES + size : rest.length;
    frames.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return frames;
}

/** Hands frames over in their order; returns copies of the bodies that they complete. */
export function deliver(session: Session, frames: readonly Buffer[], now = 0): Buffer[] {
  return frames.flatMap((frame) => session.receive(frame, now).map((body) => Buffer.from(body)));
}

/** Carries frames both ways until both sides are silent; room and credit are granted as asked. */
export function settle(one: Session, other: Session, now = 0): { atOne: Buffer[]; atOther: Buffer[] } {
  const atOne: Buffer[] = [];
  const atOther: Buffer[] = [];
  for (let round = 0; round < 1_000; round++) {
    const fromOne = framesOf(one, now);
    const fromOther = framesOf(other, now);
    if (fromOne.length + fromOther.length === 0) return { atOne, atOther };
    atOther.push(...deliver(other, fromOne, now));
    atOne.push(...deliver(one, fromOther, now));
    for (const session of [one, other]) grantAll(session);
  }
  throw new Error('two sessions talk for ever');
}

/** Grants room, and credit for what is under way up to CREDIT_BYTES. */
export function grantAll(session: Session): void {
  if (session.askedSize > 0) session.grantRoom();
  const limit = session.receivedBytes + CREDIT_BYTES;
  if (session.peerWant > session.receiveLimit) session.setReceiveLimit(limit, true);
}

export function headersOf(frames: readonly Buffer[], kind?: keyof typeof FRAME_KIND): FrameHeader[] {
  const headers = frames.map(readHeader);
  return kind === undefined ? headers : headers.filter((header) => header.kind === FRAME_KIND[kind]);
}

/** A frame as the other side, or somebody who means harm, might write it. */
export function craft(header: Partial<FrameHeader>, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES + body.length);
  frame.set(body, HEADER_BYTES);
  writeHeader(frame, new EpochMark(EPOCH), {
    kind: FRAME_KIND.data,
    first: true,
    last: true,
    answer: false,
    number: 1,
    received: 0,
    limit: CREDIT_BYTES,
    want: 0,
    size: body.length,
    ...header,
  });
  return frame;
}

/** A body that no other call with another `mark` returns, of exactly this size where it has room. */
export function bodyOf(size: number, mark: number): Buffer {
  const body = Buffer.alloc(size, mark % 251);
  if (size >= 4) body.writeUInt32BE(mark, 0);
  if (size >= 8) body.writeUInt32BE(mark, size - 4);
  return body;
}

/** Numbers in [0, 1) that are the same for the same seed (xorshift, 32 bits). */
export function createRandom(seed: number): () => number {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 0x1_0000_0000;
  };
}
