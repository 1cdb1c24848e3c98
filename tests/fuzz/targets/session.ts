/**
 * A session that hears anything in any order: frames of its epoch with any numbers in them, rubbish, beats,
 * between them its own sending. It throws FormatErrors only, takes no more than was granted, and a frame
 * that it refuses leaves no trace.
 */
import { FormatError } from '../../../src/errors.js';
import {
  EpochMark,
  FRAME_KIND,
  type FrameKind,
  HEADER_BYTES,
  writeHeader,
} from '../../../src/wire/session/frame.js';
import { Session } from '../../../src/wire/session/session.js';
import type { Random } from '../../wire/values/random-value.js';
import { type FuzzTarget, wayOf } from '../driver.js';

const epoch = { run: '0011223344556677', nonce: 'ffeeddccbbaa99887766554433221100', sid: 7 };
const mark = new EpochMark(epoch);
const CREDIT = 64 * 1024;
const MOST_MESSAGE = 32 * 1024;
const KINDS = Object.values(FRAME_KIND);
/** Beside those that are meant relative to where the session stands. */
const NUMBERS = [0, 1, 2, 3, 100, CREDIT, MOST_MESSAGE, MOST_MESSAGE + 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, -1];

/** The input as a script: each step begins with a byte that says what is done. */
class Script {
  #at = 0;

  constructor(readonly bytes: Buffer) {}

  get isOver(): boolean {
    return this.#at >= this.bytes.length;
  }

  byte(): number {
    return this.bytes[this.#at++] ?? 0;
  }

  take(length: number): Buffer {
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }

  /** A number near one that matters, or one that is absurd. */
  number(near: number): number {
    const byte = this.byte();
    return byte < 128 ? Math.max(0, near + (byte % 8) - 3) : (NUMBERS[byte % NUMBERS.length] as number);
  }
}

class Play {
  readonly session = new Session({
    epoch,
    sendLimit: 4_096,
    receiveLimit: CREDIT,
    maxMessageBytes: MOST_MESSAGE,
  });
  readonly ways = new Set<string>();
  #now = 0;
  #posted = 0;

  constructor(readonly script: Script) {}

  run(): string {
    while (!this.script.isOver) this.#step(this.script.byte());
    return [...this.ways].sort().join('; ');
  }

  #step(what: number): void {
    const { session, script } = this;
    switch (what % 12) {
      case 0:
        this.#receive(script.take(script.byte()));
        break;
      case 1:
        if (this.#posted++ < 50) session.post(Buffer.alloc((script.byte() * 300) % 70_000));
        break;
      case 2:
        session.flush(() => what < 200, this.#now);
        break;
      case 3:
        session.takeBeat(
          { sent: script.number(0), received: script.number(0), limit: script.number(4_096) },
          this.#now,
        );
        break;
      case 4:
        session.tick(this.#now);
        break;
      case 5:
        session.grantRoom();
        break;
      case 6:
        this.#now += script.byte() * 20;
        break;
      case 7:
        session.reconnected();
        break;
      case 8:
        this.#receive(Buffer.concat([this.#frame(), this.#frame()]), false);
        break;
      default:
        this.#receive(this.#frame());
    }
    if (session.receivedBytes > session.receiveLimit) throw new Error('more was taken than was granted');
    if (session.askedSize > MOST_MESSAGE) throw new Error('more room is asked than a message may have');
    if (session.keptFrames > 60) throw new Error(`${session.keptFrames} frames are kept`);
  }

  #frame(): Buffer {
    const { session, script } = this;
    const flags = script.byte();
    const kind = KINDS[flags % KINDS.length] as FrameKind;
    const length = kind === FRAME_KIND.data ? (script.byte() * 20) % 3_000 : 0;
    const frame = Buffer.alloc(HEADER_BYTES + length);
    writeHeader(frame, mark, {
      kind,
      first: (flags & 32) !== 0,
      last: (flags & 64) !== 0,
      answer: (flags & 128) !== 0,
      number: position(script.number(session.receivedThrough + 1)),
      received: position(script.number(session.sentThrough)),
      limit: position(script.number(4_096)),
      want: position(script.number(CREDIT)),
      size: position(script.number(length)),
    });
    return frame;
  }

  #receive(frame: Buffer, alone = true): void {
    const { session } = this;
    if (!session.owns(frame)) return;
    const before = session.receivedThrough;
    try {
      const bodies = session.receive(frame, this.#now);
      const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
      if (bytes > MOST_MESSAGE + frame.length) throw new Error(`${bytes} bytes came of ${frame.length}`);
      this.ways.add(`${frame[1]} ${frame[2]} took ${Math.min(2, bodies.length)}`);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.ways.add(wayOf(error));
      if (alone && session.receivedThrough !== before)
        throw new Error(`a refused frame left a trace: ${error.message}`);
    }
  }
}

/** The position as far as seven bytes can say it: any other comes as one beyond all. */
function position(value: number): number {
  return Number.isSafeInteger(value) && value >= 0 ? value : 2 ** 53;
}

function generate(random: Random): Uint8Array {
  return Uint8Array.from({ length: random.below(400) }, () => random.below(256));
}

export const sessionTarget: FuzzTarget = {
  name: 'session',
  seeds: () => [
    // A message whole, then one in two chunks that was asked for and granted.
    Buffer.from([9, 96, 0, 3, 3, 3, 3, 3, 9, 64, 3, 3, 3, 3, 3, 5, 2, 9, 32, 1, 3, 3, 3, 3, 23]),
    Buffer.from([1, 10, 2, 1, 255, 2, 9, 2, 3, 3, 3, 3, 3, 2, 6, 100, 4, 7, 2]),
  ],
  dictionary: ['\x09\x60\x00\x03\x03\x03\x03\x03', '\x05\x02', '\x01\xff\x02', '\x06\xff\x04'],
  mostBytes: 2_048,
  generate,
  run: (input) => new Play(new Script(input)).run(),
};
