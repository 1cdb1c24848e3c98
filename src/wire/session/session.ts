/**
 * One session between a master and a slave, the same on both sides: numbered messages, kept until
 * acknowledged, accepted in order, requested again if missing, never beyond the granted credit. Pure: frames
 * and `now` go in, frames and bodies come out; it owns no clock and no connection.
 *
 * Only the receiver reports missing frames: on a later number, on a position, or on beats whose `sent` is
 * above its own count for a second. Control frames wait until they are sent: requests and grants go out
 * before the next message, the position after it.
 */

import { FormatError } from '../../errors.js';
import type { Body } from '../messages/body.js';
import type { Epoch } from '../messages/messages.js';
import {
  EpochMark,
  FRAME_KIND,
  type FrameHeader,
  type FrameKind,
  HEADER_BYTES,
  readHeader,
  writeHeader,
} from './frame.js';
import { lengthOf, openParcel, PARCEL_BYTES } from './parcel.js';
import { PortMove } from './port-move.js';
import { RateLimit } from './rate-limit.js';
import { ReceiveWindow } from './receive-window.js';
import { SendWindow, type SentFrame } from './send-window.js';

/** The time before an unanswered request for credit or room is repeated. */
const REPEAT_MS = 1_000;
/**
 * Resends requested and served per second: one of 66 bytes makes up to 1 MB go out again, and an audit line.
 */
const RESENDS_PER_SECOND = 10;
const NO_BODIES: readonly Uint8Array[] = [];

export interface SessionOptions {
  readonly epoch: Epoch;
  /** Initial absolute byte position up to which this side may send. */
  readonly sendLimit: number;
  /** The same for the other side. */
  readonly receiveLimit: number;
  /** The largest body that this side assembles. */
  readonly maxMessageBytes: number;
  /**
   * The time for which received data may stay unacknowledged while no other frame carries the
   * acknowledgement; until the next tick if not given.
   */
  readonly acknowledgeWithinMs?: number | undefined;
  /** A gap was found, here (`asked`) or there (`served`); the frames from this number on are sent again. */
  readonly onResend?: ((side: 'asked' | 'served', from: number) => void) | undefined;
}

type Send = (frame: Buffer) => boolean;

/**
 * Beside its messages one side may owe the other control frames, each from what sets it to the `flush` that
 * sends it:
 *
 * - a *position* (how far it has received, and what it grants): after a message came that nothing sent since
 *   acknowledges, by the next tick; at once when credit is urgent, or when the other side repeats itself.
 * - an *answer*: a position that asks for that of the other side, after a reconnection.
 * - a *resend*: the request to send again from the first missing message on. The receive window says when it may
 *   be repeated.
 * - an *ask* for room: the next message is in chunks, and the other side has no room for it yet.
 * - a *grant* of room: the other side asked, and there is room now (`grantRoom`).
 *
 * It is *held up* from the moment when credit or room stops its next message until either comes, or for a
 * second, after which it says so again. It needs ticks as long as it owes an acknowledgement, is held up, or
 * has a gap.
 *
 * Its frames go through the broker or, if there is one, through a data port: `isOnPort` tells the caller which,
 * before each frame. Each side moves to the port for itself (`PortMove`), and takes frames from both ways.
 */
export class Session {
  readonly #mark: EpochMark;
  readonly #outgoing: SendWindow;
  readonly #incoming: ReceiveWindow;
  #receiveLimit: number;
  #announcedLimit: number;
  #announcedReceived = 0;
  /** The time since which received data is unacknowledged. */
  #owesSince = 0;
  #peerWant = 0;
  #heldUpAt: number | undefined;
  /** Not an object of its own, for the same reason as in `SentFrame`. */
  #owesPosition = false;
  #owesAnswer = false;
  #owesResend = false;
  #owesAsk = false;
  #owesGrant = false;
  /** Undefined while there is no data port: most of thousands of sessions never have one. */
  #port: PortMove | undefined;
  /** The number of the last question here, of the last one there, and of the last one that was answered. */
  #question = 0;
  #asked = 0;
  #answered = 0;
  readonly #acknowledgeWithinMs: number;
  readonly epoch: Epoch;
  readonly #onResend: SessionOptions['onResend'];
  /** Most of thousands of sessions never need these. */
  #asks: RateLimit | undefined;
  #serves: RateLimit | undefined;

  constructor(options: SessionOptions) {
    this.epoch = options.epoch;
    this.#mark = new EpochMark(options.epoch);
    this.#outgoing = new SendWindow(options.sendLimit);
    this.#incoming = new ReceiveWindow(options.maxMessageBytes);
    this.#onResend = options.onResend;
    this.#acknowledgeWithinMs = options.acknowledgeWithinMs ?? 0;
    this.#receiveLimit = options.receiveLimit;
    this.#announcedLimit = options.receiveLimit;
  }

  /** Number of the last data frame handed over. */
  get sentThrough(): number {
    return this.#outgoing.sentThrough;
  }

  /** Number of the last data frame taken in order. */
  get receivedThrough(): number {
    return this.#incoming.received;
  }

  /** Bytes of its data frames, each counted once however often it went out. */
  get sentBytes(): number {
    return this.#outgoing.builtBytes;
  }

  get receivedBytes(): number {
    return this.#incoming.bytes;
  }

  get receiveLimit(): number {
    return this.#receiveLimit;
  }

  /** Bytes of credit granted and not yet announced. */
  get unannouncedLimit(): number {
    return this.#receiveLimit - this.#announcedLimit;
  }

  /** Absolute byte position up to which the other side wants to send. */
  get peerWant(): number {
    return this.#peerWant;
  }

  /** The number of unacknowledged frames. */
  get keptFrames(): number {
    return this.#outgoing.keptFrames;
  }

  /** Their bytes. */
  get keptBytes(): number {
    return this.#outgoing.keptBytes;
  }

  /** The number of posted messages. */
  get posted(): number {
    return this.#outgoing.posted;
  }

  /** The number of messages that left completely, at least once. */
  get handedOver(): number {
    return this.#outgoing.bodiesHandedOver;
  }

  /** Bytes posted and not yet in a frame. */
  get waitingBytes(): number {
    return this.#outgoing.waitingBytes;
  }

  /** Credit left after the waiting data; negative if more waits than may be sent. */
  get spareCredit(): number {
    return this.#outgoing.spareCredit;
  }

  /** Size of the message for which the other side asks for room; 0 if none. */
  get askedSize(): number {
    return this.#incoming.askedSize;
  }

  /** Whether room granted for a message is still in use. */
  get assembling(): boolean {
    return this.#incoming.assembling;
  }

  /** Whether the next frame goes through the data port. */
  get isOnPort(): boolean {
    return this.#port?.isThere === true;
  }

  /**
   * Whether a frame that came through the broker shows that the other side has left the port. One that the port
   * has overtaken shows nothing, so the port must have been silent meanwhile.
   */
  isLeft(payload: Buffer, now: number): boolean {
    if (!this.#port?.isSilent(now)) return false;
    const { kind, answer } = readHeader(payload);
    return kind !== FRAME_KIND.position || answer;
  }

  /** Whether a payload is a frame of this session. */
  owns(payload: Buffer): boolean {
    return this.#mark.isOn(payload);
  }

  post(body: Uint8Array | Body): void {
    this.#outgoing.post(body);
  }

  /** Whether the other side has acknowledged all that was posted. */
  get isAcknowledged(): boolean {
    return this.#outgoing.keptFrames === 0 && this.#outgoing.waitingBytes === 0;
  }

  /** Bodies that are not completely acknowledged, oldest first: the next session must send them again. */
  unacknowledged(): Uint8Array[] {
    return this.#outgoing.unacknowledged();
  }

  /** Hands frames to `send` until it returns false, then false too, or credit or frames run out. */
  flush(send: Send, now: number): boolean {
    if (this.#port?.isThere === false && !this.#outgoing.isUnderWay) this.#arrive(this.#port);
    if (!this.#flushWords(send) || !this.#flushOutgoing(send)) return false;
    this.#noteHoldUp(now);
    return this.#flushWords(send) && this.#flushPosition(send);
  }

  /** Each data frame also carries this side's position. */
  #flushOutgoing(send: Send): boolean {
    for (let frame = this.#outgoing.nextFrame(); frame; frame = this.#outgoing.nextFrame()) {
      const parcel = this.#parcelFrom(frame);
      const [first] = parcel;
      if (!send(parcel.length === 1 && first ? first : Buffer.concat(parcel))) return false;
      this.#outgoing.handedOver(parcel.length);
      this.#announced();
    }
    return true;
  }

  /** Small frames travel together: a broker's work is per payload, whatever its size. */
  #parcelFrom(head: SentFrame): Buffer[] {
    const parcel = [this.#written(head)];
    if (!(head.first && head.last)) return parcel;
    let total = head.length;
    for (let frame = this.#outgoing.frameAfter(head); frame; frame = this.#outgoing.frameAfter(frame)) {
      total += frame.length;
      if (!(frame.first && frame.last) || total > PARCEL_BYTES) break;
      parcel.push(this.#written(frame));
    }
    return parcel;
  }

  /** Its bytes, with the current positions in their header. */
  #written({ bytes, number, size, first, last }: SentFrame): Buffer {
    this.#write(bytes, FRAME_KIND.data, number, size, first, last, false);
    return bytes;
  }

  /**
   * Takes frames of this session, one or several. The bodies returned may be views of `payload`, for this
   * call only. Throws FormatError when the other side breaks the protocol.
   */
  receive(payload: Buffer, now: number): readonly Uint8Array[] {
    const header = readHeader(payload);
    const length = lengthOf(header, payload.length);
    if (length === payload.length) return this.#takeFrame(header, payload, now);
    const bodies: Uint8Array[] = [];
    // All are checked before the first is taken.
    for (const { header, frame } of openParcel(payload, this.#mark)) {
      bodies.push(...this.#takeFrame(header, frame, now));
    }
    return bodies;
  }

  #takeFrame(header: FrameHeader, payload: Buffer, now: number): readonly Uint8Array[] {
    this.#takePositions(header.received, header.limit);
    if (header.want > this.#peerWant) this.#peerWant = header.want;
    switch (header.kind) {
      case FRAME_KIND.data:
        return this.#takeData(header, payload, now);
      case FRAME_KIND.position:
        if (header.answer) {
          this.#asked = header.size;
          this.#owesPosition = true;
          this.#incoming.reconnected();
        } else {
          this.#answered = header.size;
        }
        if (header.number > this.#incoming.received) this.#askAgain(now);
        return NO_BODIES;
      case FRAME_KIND.resend:
        // A side that is not served asks again.
        this.#serves ??= new RateLimit(RESENDS_PER_SECOND);
        if (!this.#serves.take(now)) return NO_BODIES;
        this.#outgoing.goBack(header.number);
        this.#onResend?.('served', header.number);
        return NO_BODIES;
      case FRAME_KIND.ask:
        if (this.#incoming.takeAsk(header)) this.#owesGrant = true;
        return NO_BODIES;
      case FRAME_KIND.grant:
        this.#outgoing.takeRoom(header.number);
        this.#owesAsk = false;
        this.#heldUpAt = undefined;
        return NO_BODIES;
      default:
        return header.kind satisfies never;
    }
  }

  /** Takes a beat of the other side's sentinel about its data; true if there is something to send now. */
  takeBeat(beat: { sent: number; received: number; limit: number }, now: number): boolean {
    this.#takePositions(beat.received, beat.limit);
    this.#incoming.noteSent(beat.sent, now);
    if (this.#incoming.isOverdue(now)) this.#askAgain(now);
    return this.#owesResend || this.#incoming.hasGap || this.#outgoing.hasMore;
  }

  /** Grants the room of `askedSize`; the caller counts that room while `assembling`. */
  grantRoom(): void {
    if (this.#incoming.grant()) this.#owesGrant = true;
  }

  /** Raises the other side's limit; announced with the next frame, or at once if `urgent`. */
  setReceiveLimit(limit: number, urgent: boolean): void {
    if (limit > this.#receiveLimit) this.#receiveLimit = limit;
    if (urgent) this.#owesPosition = true;
  }

  /** Asks the other side for its position; `isAnswered` says when it came. */
  question(): void {
    this.#question++;
    this.#owesAnswer = true;
  }

  get isAnswered(): boolean {
    return this.#answered === this.#question;
  }

  /** Sends this side's position, so that the other side hears of the session. */
  confirm(): void {
    this.#owesPosition = true;
  }

  /** After a reconnection sent frames may be lost, so both sides send their positions. */
  reconnected(): void {
    this.#owesAnswer = true;
    this.#heldUpAt = undefined;
    this.#incoming.reconnected();
  }

  /** A data port stands, or has brought a frame: this side's frames go there as soon as none is under way. */
  takePort(now: number): void {
    if (this.#port !== undefined) {
      this.#port.heard(now);
      return;
    }
    this.#port = new PortMove(now);
    this.#outgoing.holdNew(true);
    if (this.#outgoing.isUnderWay) this.#owesAnswer = true;
  }

  /** The data port is gone, with the frames that were under way there. */
  losePort(): void {
    this.#port = undefined;
    this.#outgoing.holdNew(false);
    this.reconnected();
  }

  #arrive(port: PortMove): void {
    port.arrive();
    this.#outgoing.holdNew(false);
    // The other side moves when it hears from here.
    this.#owesPosition = true;
  }

  /** Whether a `flush` would hand over more, as far as credit and link allow. */
  get hasUnsent(): boolean {
    return (
      this.#owesPosition ||
      this.#owesAnswer ||
      this.#owesResend ||
      this.#owesAsk ||
      this.#owesGrant ||
      this.#outgoing.hasMore
    );
  }

  /** Whether `tick` has, or will have, something to do. */
  get needsTick(): boolean {
    return (
      this.#incoming.received !== this.#announcedReceived ||
      this.unannouncedLimit > 0 ||
      this.#heldUpAt !== undefined ||
      this.#port?.isThere === false ||
      this.#incoming.hasGap
    );
  }

  /**
   * Call it about every 100 ms while it is needed: acknowledges received frames, requests missing ones,
   * repeats its own requests.
   */
  tick(now: number): void {
    if (this.#incoming.isOverdue(now)) this.#askAgain(now);
    const owes = this.#incoming.received !== this.#announcedReceived || this.unannouncedLimit > 0;
    if (owes && now - this.#owesSince >= this.#acknowledgeWithinMs) this.#owesPosition = true;
    if (this.#heldUpAt !== undefined && now - this.#heldUpAt >= REPEAT_MS) this.#heldUpAt = undefined;
    if (this.#port?.mayAskAgain(now)) this.#owesAnswer = true;
  }

  #flushWords(send: Send): boolean {
    if (this.#owesAnswer) {
      if (!send(this.#controlFrame(FRAME_KIND.position, this.#outgoing.sentThrough, this.#question, true)))
        return false;
      this.#owesAnswer = false;
      this.#announced();
    }
    if (this.#owesResend) {
      if (!send(this.#controlFrame(FRAME_KIND.resend, this.#incoming.received + 1))) return false;
      this.#owesResend = false;
      this.#onResend?.('asked', this.#incoming.received + 1);
    }
    if (this.#owesAsk) {
      const { nextNumber, headSize } = this.#outgoing;
      if (!send(this.#controlFrame(FRAME_KIND.ask, nextNumber, headSize))) return false;
      this.#owesAsk = false;
    }
    if (this.#owesGrant) {
      if (!send(this.#controlFrame(FRAME_KIND.grant, this.#incoming.granted))) return false;
      this.#owesGrant = false;
    }
    return true;
  }

  #flushPosition(send: Send): boolean {
    if (!this.#owesPosition) return true;
    if (!send(this.#controlFrame(FRAME_KIND.position, this.#outgoing.sentThrough, this.#asked))) return false;
    this.#announced();
    return true;
  }

  #noteHoldUp(now: number): void {
    const holdUp = this.#outgoing.holdUp;
    if (holdUp === undefined || this.#heldUpAt !== undefined) return;
    this.#heldUpAt = now;
    if (holdUp === 'room') this.#owesAsk = true;
    else this.#owesPosition = true;
  }

  #takePositions(received: number, limit: number): void {
    const held = this.#heldUpAt !== undefined ? this.#outgoing.spareCredit : 0;
    this.#outgoing.takePositions(received, limit);
    if (this.#heldUpAt !== undefined && this.#outgoing.spareCredit !== held) this.#heldUpAt = undefined;
  }

  #takeData(header: FrameHeader, payload: Buffer, now: number): readonly Uint8Array[] {
    if (header.number <= this.#incoming.received) {
      this.#owesPosition = true;
      return NO_BODIES;
    }
    if (header.number > this.#incoming.received + 1) {
      this.#askAgain(now);
      return NO_BODIES;
    }
    if (this.#incoming.bytes + payload.length > this.#receiveLimit) {
      throw new FormatError(`a frame of ${payload.length} bytes is beyond the credit granted`);
    }
    if (this.#incoming.received === this.#announcedReceived) this.#owesSince = now;
    const body = this.#incoming.take(header, payload);
    return body === undefined ? NO_BODIES : [body];
  }

  #askAgain(now: number): void {
    if (!this.#incoming.mayAskAgain(now)) return;
    this.#asks ??= new RateLimit(RESENDS_PER_SECOND);
    if (this.#asks.take(now)) this.#owesResend = true;
  }

  #announced(): void {
    this.#owesPosition = false;
    this.#announcedReceived = this.#incoming.received;
    this.#announcedLimit = this.#receiveLimit;
  }

  #controlFrame(kind: FrameKind, number: number, size = 0, answer = false): Buffer {
    const bytes = Buffer.allocUnsafe(HEADER_BYTES);
    this.#write(bytes, kind, number, size, false, false, answer);
    return bytes;
  }

  #write(
    bytes: Buffer,
    kind: FrameKind,
    number: number,
    size: number,
    first: boolean,
    last: boolean,
    answer: boolean,
  ): void {
    writeHeader(bytes, this.#mark, {
      kind,
      first,
      last,
      answer,
      number,
      size,
      received: this.#incoming.received,
      limit: this.#receiveLimit,
      want: this.#outgoing.want,
    });
  }
}
