/**
 * The sending half of a session: numbers the frames of posted messages, keeps each until it is acknowledged,
 * and builds none beyond the granted credit.
 *
 * A message above CHUNK_BYTES travels in chunks, and begins only when the receiver has granted room for it.
 * The reason for a stop is noted once (`holdUp`), so that the session can tell the other side.
 */

import { type Body, bodyBytes, encodeBody, writeBody } from '../messages/body.js';
import { CHUNK_BYTES, CREDIT_BYTES } from '../messages/messages.js';
import { HEADER_BYTES } from './frame.js';

export const CHUNK_BODY_BYTES = CHUNK_BYTES - HEADER_BYTES;

/**
 * A numbered chunk: the frame's bytes, with a header that is written later. Frames are linked instead of
 * listed: with thousands of sessions, each list is another cache miss.
 */
export interface SentFrame {
  readonly number: number;
  readonly bytes: Buffer;
  /** Of `bytes`. */
  readonly length: number;
  /** Bytes of the whole message. */
  readonly size: number;
  readonly first: boolean;
  readonly last: boolean;
  /** The whole body if it travels in chunks; otherwise the frame has it. */
  readonly body: Uint8Array | undefined;
  next: SentFrame | undefined;
}

/** A body that waits for its frames; a body of a single frame is written only there. */
interface Message {
  readonly body: Uint8Array | Body;
  /** Bytes of the body. */
  readonly length: number;
  next: Message | undefined;
}

export class SendWindow {
  /** The messages without a frame, or without their last one. */
  #head: Message | undefined;
  #tail: Message | undefined;
  #waiting = 0;
  /** Unacknowledged frames: the first, the last, and the next one to be handed over, if it is built. */
  #oldest: SentFrame | undefined;
  #newest: SentFrame | undefined;
  #ahead: SentFrame | undefined;
  #posted = 0;
  #waitingBytes = 0;
  /** Bytes of the next wanted frames: whole frames, at most a chunk. */
  #aheadBytes = 0;
  /** The first message that is not part of them. */
  #beyond: Message | undefined;
  #offset = 0;
  #nextNumber = 1;
  #cursor = 1;
  #sentThrough = 0;
  #builtBytes = 0;
  #limit: number;
  #acknowledged = 0;
  #acknowledgedBytes = 0;
  #roomFor = 0;
  #holdsNew = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Number of the last frame handed over. */
  get sentThrough(): number {
    return this.#sentThrough;
  }

  /** The number of unacknowledged frames. */
  get keptFrames(): number {
    return this.#nextNumber - 1 - this.#acknowledged;
  }

  /** Whether frames that were handed over are unacknowledged. */
  get isUnderWay(): boolean {
    return this.#acknowledged < this.#sentThrough;
  }

  get posted(): number {
    return this.#posted;
  }

  /** The number of bodies that left completely, at least once. */
  get bodiesHandedOver(): number {
    let left = this.#waiting;
    for (let frame = this.#oldest; frame !== undefined; frame = frame.next) {
      if (frame.last && frame.number > this.#sentThrough) left++;
    }
    return this.#posted - left;
  }

  /** Whether any posted data is not handed over. */
  get hasMore(): boolean {
    return this.#cursor < this.#nextNumber || this.#head !== undefined;
  }

  /** Bytes of frames that are not acknowledged. */
  get keptBytes(): number {
    return this.#builtBytes - this.#acknowledgedBytes;
  }

  /** Bytes posted without a frame so far. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Bytes that were made into frames, each counted once. */
  get builtBytes(): number {
    return this.#builtBytes;
  }

  /** Credit left after the waiting data; negative if more waits than may be sent. */
  get spareCredit(): number {
    return this.#limit - this.#builtBytes - this.#waitingBytes;
  }

  /**
   * Absolute byte position up to which this side wants to send, at most a chunk ahead. It is the end of a
   * frame that may go, so granted credit is always used: no part of a frame, and no message without room.
   * Otherwise two senders with such grants would wait for each other.
   */
  get want(): number {
    return this.#builtBytes + this.#aheadBytes;
  }

  /** The number that the next frame to be built will have. */
  get nextNumber(): number {
    return this.#nextNumber;
  }

  /** Size of the message at the head of the queue. */
  get headSize(): number {
    return this.#head?.length ?? 0;
  }

  post(body: Uint8Array | Body): void {
    const message = messageOf(body);
    this.#posted++;
    this.#waitingBytes += framedBytes(message.length);
    this.#waiting++;
    if (this.#tail === undefined) this.#head = message;
    else this.#tail.next = message;
    this.#tail = message;
    if (this.#beyond !== undefined) return;
    this.#beyond = message;
    this.#lookAhead();
  }

  /** Bodies that are not completely acknowledged, oldest first: the next session must send them again. */
  unacknowledged(): Uint8Array[] {
    const bodies = new Set<Uint8Array>();
    for (let frame = this.#oldest; frame !== undefined; frame = frame.next) {
      bodies.add(frame.body ?? frame.bytes.subarray(HEADER_BYTES));
    }
    for (let message = this.#head; message !== undefined; message = message.next) {
      const { body } = message;
      bodies.add(isWritten(body) ? body : encodeBody(body.text, body.raws));
    }
    return [...bodies];
  }

  /** The reason why no frame is available although data waits. */
  get holdUp(): 'credit' | 'room' | undefined {
    if (this.#cursor < this.#nextNumber) return undefined;
    const message = this.#head;
    if (message === undefined) return undefined;
    if (this.#needsRoom(message)) return 'room';
    return this.#builtBytes + HEADER_BYTES + this.#chunkOf(message) > this.#limit ? 'credit' : undefined;
  }

  /** While `holds`, only frames that were handed over before are available. */
  holdNew(holds: boolean): void {
    this.#holdsNew = holds;
  }

  /** The next frame to hand over, if credit allows one. */
  nextFrame(): SentFrame | undefined {
    if (this.#holdsNew && this.#cursor > this.#sentThrough) return undefined;
    this.#ahead ??= this.#buildNext();
    return this.#ahead;
  }

  /** The frame after one that is not handed over yet, if credit allows one. */
  frameAfter(frame: SentFrame): SentFrame | undefined {
    if (this.#holdsNew && frame.number >= this.#sentThrough) return undefined;
    return frame.next ?? this.#buildNext();
  }

  #buildNext(): SentFrame | undefined {
    const message = this.#head;
    if (message === undefined || this.#needsRoom(message)) return undefined;
    const chunk = this.#chunkOf(message);
    if (this.#builtBytes + HEADER_BYTES + chunk > this.#limit) return undefined;
    return this.#build(message, chunk);
  }

  /** The next `count` frames are on their way. */
  handedOver(count: number): void {
    this.#cursor += count;
    for (let left = count; left > 0; left--) this.#ahead = this.#ahead?.next;
    if (this.#cursor - 1 > this.#sentThrough) this.#sentThrough = this.#cursor - 1;
  }

  /** The other side has everything through `received` and allows bytes up to `limit`. */
  takePositions(received: number, limit: number): void {
    // Written this way round, it also refuses NaN: beats were JSON.
    if (received > this.#acknowledged && received < this.#nextNumber) {
      while (this.#acknowledged < received) {
        this.#acknowledgedBytes += this.#oldest?.length ?? 0;
        this.#oldest = this.#oldest?.next;
        this.#acknowledged++;
      }
      if (this.#oldest === undefined) this.#newest = undefined;
      if (this.#cursor <= received) {
        this.#cursor = received + 1;
        this.#ahead = this.#oldest;
      }
    }
    // Whatever the other side says, unacknowledged data is kept, so it must not grow.
    const most = this.#acknowledgedBytes + CREDIT_BYTES;
    if (limit > this.#limit) this.#limit = Math.max(this.#limit, Math.min(limit, most));
  }

  /** Starts again with this frame, if it was handed over and not acknowledged. */
  goBack(number: number): void {
    this.#cursor = Math.max(this.#acknowledged + 1, Math.min(number, this.#cursor));
    this.#ahead = this.#oldest;
    while (this.#ahead !== undefined && this.#ahead.number < this.#cursor) this.#ahead = this.#ahead.next;
  }

  /** Room to assemble the message that begins with this frame was granted. */
  takeRoom(number: number): void {
    const message = this.#head;
    if (number !== this.#nextNumber || message === undefined || !this.#needsRoom(message)) return;
    this.#roomFor = number;
    this.#lookAhead();
  }

  #needsRoom(message: Message): boolean {
    return isChunked(message) && this.#offset === 0 && this.#roomFor !== this.#nextNumber;
  }

  #chunkOf(message: Message): number {
    return Math.min(CHUNK_BODY_BYTES, message.length - this.#offset);
  }

  #build(message: Message, chunk: number): SentFrame {
    const { body, length: size } = message;
    const bytes = Buffer.allocUnsafe(HEADER_BYTES + chunk);
    const first = this.#offset === 0;
    const last = this.#offset + chunk === size;
    if (!isWritten(body)) writeBody(body, bytes, HEADER_BYTES);
    else bytes.set(first && last ? body : body.subarray(this.#offset, this.#offset + chunk), HEADER_BYTES);
    const whole = (first && last) || !isWritten(body) ? undefined : body;
    const { length } = bytes;
    const number = this.#nextNumber;
    const frame = { number, bytes, length, size, first, last, body: whole, next: undefined };
    this.#builtBytes += length;
    this.#waitingBytes -= length;
    this.#offset = last ? 0 : this.#offset + chunk;
    if (last) this.#shift(message);
    this.#nextNumber++;
    if (this.#newest === undefined) this.#oldest = frame;
    else this.#newest.next = frame;
    this.#newest = frame;
    this.#aheadBytes -= length;
    this.#lookAhead();
    return frame;
  }

  #shift(message: Message): void {
    this.#head = message.next;
    if (this.#head === undefined) this.#tail = undefined;
    if (this.#beyond === message) this.#beyond = message.next;
    this.#waiting--;
  }

  #lookAhead(): void {
    const head = this.#head;
    if (head !== undefined && isChunked(head)) {
      this.#aheadBytes = this.#needsRoom(head) ? 0 : HEADER_BYTES + this.#chunkOf(head);
      return;
    }
    for (let next = this.#beyond; next !== undefined && !isChunked(next); next = next.next) {
      const bytes = HEADER_BYTES + next.length;
      if (this.#aheadBytes + bytes > CHUNK_BYTES) return;
      this.#aheadBytes += bytes;
      this.#beyond = next.next;
    }
  }
}

/** A message in chunks is written at once, to be cut. */
function messageOf(body: Uint8Array | Body): Message {
  const length = isWritten(body) ? body.length : bodyBytes(body);
  const isOne = isWritten(body) || length <= CHUNK_BODY_BYTES;
  return { body: isOne ? body : encodeBody(body.text, body.raws), length, next: undefined };
}

function isWritten(body: Uint8Array | Body): body is Uint8Array {
  return body instanceof Uint8Array;
}

function isChunked(message: Message): boolean {
  return message.length > CHUNK_BODY_BYTES;
}

/** Bytes of a body on the wire, including headers. */
export function framedBytes(bodyBytes: number): number {
  return bodyBytes + HEADER_BYTES * Math.max(1, Math.ceil(bodyBytes / CHUNK_BODY_BYTES));
}
