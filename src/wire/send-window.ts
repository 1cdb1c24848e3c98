/**
 * The sending half of a session: numbers the frames of the messages posted, keeps each until it is
 * acknowledged, and builds none beyond the credit granted.
 *
 * A message above CHUNK_BYTES travels in chunks and begins only once the receiver granted room for it.
 * What holds sending up is noted once (`holdUp`), for the session to tell the other side.
 */

import { Deque } from './deque.js';
import { HEADER_BYTES } from './frame.js';
import { CHUNK_BYTES, CREDIT_BYTES } from './messages.js';

const CHUNK_BODY_BYTES = CHUNK_BYTES - HEADER_BYTES;

/** A numbered chunk: the frame's bytes with the header still to be written. */
export interface SentFrame {
  readonly number: number;
  readonly bytes: Buffer;
  /** Bytes of the whole message. */
  readonly size: number;
  readonly first: boolean;
  readonly last: boolean;
  /** The whole body, where it travels in chunks; else the frame has it. */
  readonly body: Uint8Array | undefined;
}

export class SendWindow {
  readonly #waiting = new Deque<Uint8Array>();
  readonly #frames = new Deque<SentFrame>();
  #posted = 0;
  #waitingBytes = 0;
  /** The frames wanted next: whole ones, a chunk's worth at the most, of so many messages. */
  #aheadBytes = 0;
  #aheadMessages = 0;
  #offset = 0;
  #nextNumber = 1;
  #cursor = 1;
  #sentThrough = 0;
  #builtBytes = 0;
  #limit: number;
  #acknowledged = 0;
  #acknowledgedBytes = 0;
  #roomFor = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Number of the last frame handed over. */
  get sentThrough(): number {
    return this.#sentThrough;
  }

  /** How many frames are kept because they are not acknowledged. */
  get keptFrames(): number {
    return this.#frames.length;
  }

  get posted(): number {
    return this.#posted;
  }

  /** How many bodies have left wholly, at least once. */
  get bodiesHandedOver(): number {
    let left = this.#waiting.length;
    for (const { number, last } of this.#frames) if (last && number > this.#sentThrough) left++;
    return this.#posted - left;
  }

  /** Bytes posted of which no frame was built yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Credit left after what waits; negative when more waits than may be sent. */
  get spareCredit(): number {
    return this.#limit - this.#builtBytes - this.#waitingBytes;
  }

  /**
   * Absolute byte position that this side would like to send up to, a chunk ahead at the most. It ends
   * with a frame that may go, so that what is granted is never held without being sent: no part of a
   * frame, and nothing for a message without room. Two senders holding such would wait for each other.
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
    return this.#waiting.at(0)?.length ?? 0;
  }

  post(body: Uint8Array): void {
    this.#posted++;
    this.#waiting.push(body);
    this.#waitingBytes += framedBytes(body.length);
    if (this.#aheadMessages === this.#waiting.length - 1) this.#lookAhead();
  }

  /** Bodies not wholly acknowledged, oldest first: what a next session must send again. */
  unacknowledged(): Uint8Array[] {
    const bodies = new Set<Uint8Array>();
    for (const { body, bytes } of this.#frames) bodies.add(body ?? bytes.subarray(HEADER_BYTES));
    for (const body of this.#waiting) bodies.add(body);
    return [...bodies];
  }

  /** Why no frame can be had although something waits. */
  get holdUp(): 'credit' | 'room' | undefined {
    if (this.#cursor < this.#nextNumber) return undefined;
    const message = this.#waiting.at(0);
    if (message === undefined) return undefined;
    if (this.#needsRoom(message)) return 'room';
    return this.#builtBytes + HEADER_BYTES + this.#chunkOf(message) > this.#limit ? 'credit' : undefined;
  }

  /** The frame that stands so far ahead of those handed over, if credit allows one; to be asked in order. */
  frameAhead(distance: number): SentFrame | undefined {
    const number = this.#cursor + distance;
    if (number < this.#nextNumber) return this.#frames.at(number - this.#acknowledged - 1);
    const message = this.#waiting.at(0);
    if (message === undefined || this.#needsRoom(message)) return undefined;
    const chunk = this.#chunkOf(message);
    if (this.#builtBytes + HEADER_BYTES + chunk > this.#limit) return undefined;
    return this.#build(message, chunk);
  }

  /** The next `count` frames are on their way. */
  handedOver(count: number): void {
    this.#cursor += count;
    if (this.#cursor - 1 > this.#sentThrough) this.#sentThrough = this.#cursor - 1;
  }

  /** The other side has everything through `received` and may be sent bytes up to `limit`. */
  takePositions(received: number, limit: number): void {
    // Said this way round, NaN is refused too: beats were JSON.
    if (received > this.#acknowledged && received < this.#nextNumber) {
      while (this.#acknowledged < received) {
        this.#acknowledgedBytes += this.#frames.shift()?.bytes.length ?? 0;
        this.#acknowledged++;
      }
      if (this.#cursor <= received) this.#cursor = received + 1;
    }
    // Whatever the other side says: what it does not acknowledge is kept, and must not grow.
    const most = this.#acknowledgedBytes + CREDIT_BYTES;
    if (limit > this.#limit) this.#limit = Math.max(this.#limit, Math.min(limit, most));
  }

  /** Begins again with this frame, as far as it was handed over and not acknowledged. */
  goBack(number: number): void {
    this.#cursor = Math.max(this.#acknowledged + 1, Math.min(number, this.#cursor));
  }

  /** Room to assemble the message that begins with this frame was granted. */
  takeRoom(number: number): void {
    const message = this.#waiting.at(0);
    if (number !== this.#nextNumber || message === undefined || !this.#needsRoom(message)) return;
    this.#roomFor = number;
    this.#lookAhead();
  }

  #needsRoom(body: Uint8Array): boolean {
    return isChunked(body) && this.#offset === 0 && this.#roomFor !== this.#nextNumber;
  }

  #chunkOf(body: Uint8Array): number {
    return Math.min(CHUNK_BODY_BYTES, body.length - this.#offset);
  }

  #build(body: Uint8Array, chunk: number): SentFrame {
    const bytes = Buffer.allocUnsafe(HEADER_BYTES + chunk);
    bytes.set(chunk === body.length ? body : body.subarray(this.#offset, this.#offset + chunk), HEADER_BYTES);
    const first = this.#offset === 0;
    const last = this.#offset + chunk === body.length;
    const whole = first && last ? undefined : body;
    const frame = { number: this.#nextNumber, bytes, size: body.length, first, last, body: whole };
    this.#builtBytes += bytes.length;
    this.#waitingBytes -= bytes.length;
    this.#offset = last ? 0 : this.#offset + chunk;
    if (last) this.#waiting.shift();
    this.#nextNumber++;
    this.#frames.push(frame);
    this.#aheadBytes -= bytes.length;
    if (this.#aheadMessages > 0) this.#aheadMessages--;
    this.#lookAhead();
    return frame;
  }

  #lookAhead(): void {
    const head = this.#waiting.at(0);
    if (head !== undefined && isChunked(head)) {
      this.#aheadBytes = this.#needsRoom(head) ? 0 : HEADER_BYTES + this.#chunkOf(head);
      return;
    }
    for (;;) {
      const next = this.#waiting.at(this.#aheadMessages);
      if (next === undefined || isChunked(next)) return;
      const bytes = HEADER_BYTES + next.length;
      if (this.#aheadBytes + bytes > CHUNK_BYTES) return;
      this.#aheadBytes += bytes;
      this.#aheadMessages++;
    }
  }
}

function isChunked(body: Uint8Array): boolean {
  return body.length > CHUNK_BODY_BYTES;
}

/** Bytes that a body takes on the wire, headers and all. */
export function framedBytes(bodyBytes: number): number {
  return bodyBytes + HEADER_BYTES * Math.max(1, Math.ceil(bodyBytes / CHUNK_BODY_BYTES));
}
