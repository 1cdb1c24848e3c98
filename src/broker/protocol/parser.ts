/**
 * Turns the bytes of one connection into protocol commands. A message that is completely in one chunk is
 * passed on as a range of that chunk, without a copy and without strings. A cut message is put together in
 * its own buffer.
 */
import { type CommandHandler, newMessage, type ParserLimits } from './parsed-commands.js';
import { ErrorText, ProtocolError } from './protocol.js';

const LF = 10;
const CR = 13;
const BLANK = 32;
const TAB = 9;
const LETTER_C = 99;
const LETTER_H = 104;
const LETTER_P = 112;
const LETTER_U = 117;
const LETTER_B = 98;
const MAX_TOKENS = 6;
const VERBS = ['PUB', 'HPUB', 'SUB', 'UNSUB', 'CONNECT', 'PING', 'PONG', '+OK', '-ERR', 'INFO'] as const;

export class Parser {
  /** While set, only CONNECT is accepted: a stranger must not make the broker buffer payloads. */
  connectOnly = false;
  readonly #handler: CommandHandler;
  readonly #limits: ParserLimits;
  readonly #message = newMessage(Buffer.alloc(0), false);
  /** The begin and end of each word of the last line. */
  readonly #starts = new Int32Array(MAX_TOKENS);
  readonly #ends = new Int32Array(MAX_TOKENS);
  #tokens = 0;
  /** The beginning of a line whose end has not arrived. */
  #carry: Buffer | undefined;
  /** Bytes that are still missing in `#message`, which then has its own buffer. */
  #missing = 0;
  #stopped = false;

  constructor(handler: CommandHandler, limits: ParserLimits) {
    this.#handler = handler;
    this.#limits = limits;
  }

  /** Ignores the rest of the chunk, and all later ones. */
  stop(): void {
    this.#stopped = true;
  }

  /** Throws a `ProtocolError` when the bytes are not protocol. */
  parse(chunk: Buffer): void {
    let at = 0;
    if (this.#missing > 0) at = this.#fillMessage(chunk, 0);
    else if (this.#carry !== undefined) at = this.#finishLine(this.#carry, chunk);
    while (at < chunk.length && !this.#stopped) {
      const lineEnd = this.#scanLine(chunk, at);
      if (lineEnd < 0) {
        this.#carryOver(chunk.subarray(at));
        return;
      }
      at = this.#command(chunk, at, lineEnd, chunk, lineEnd + 1);
    }
  }

  /** Finds the words of the line that begins at `at`, and its LF; -1 if that has not arrived. */
  #scanLine(bytes: Buffer, at: number): number {
    const limit = at + this.#limits.maxControlLine + 2;
    const end = Math.min(bytes.length, limit);
    let inside = false;
    let tokens = 0;
    let i = at;
    for (; i < end; i++) {
      const byte = bytes[i] as number;
      if (byte > BLANK) {
        if (inside) continue;
        inside = true;
        this.#starts[tokens] = i;
      } else if (byte === LF) {
        break;
      } else if (inside && (byte === BLANK || byte === CR || byte === TAB)) {
        inside = false;
        this.#ends[tokens++] = i;
      }
    }
    if (i === end) {
      if (end === limit) throw new ProtocolError(ErrorText.maximumControlLine);
      return -1;
    }
    if (inside) this.#ends[tokens++] = i;
    this.#tokens = tokens;
    return i;
  }

  /** Keeps the beginning of a line, if a valid line can begin like this: no need to wait for garbage. */
  #carryOver(part: Buffer): void {
    if (this.connectOnly && ((part[0] as number) | BLANK) !== LETTER_C)
      throw new ProtocolError(ErrorText.authorization);
    const verb =
      part
        .toString('latin1', 0, 8)
        .split(/[ \t\r]/, 1)[0]
        ?.toUpperCase() ?? '';
    const known = VERBS.some((word) => word.startsWith(verb) || verb.startsWith(word));
    if (!known) throw new ProtocolError(ErrorText.unknownOperation);
    this.#carry = Buffer.from(part);
  }

  #finishLine(carry: Buffer, chunk: Buffer): number {
    const lf = chunk.indexOf(LF);
    const taken = lf < 0 ? chunk.length : lf + 1;
    // One byte more than a line may have shows that it is too long.
    const useful = Math.min(taken, this.#limits.maxControlLine + 2);
    const line = Buffer.concat([carry, chunk.subarray(0, useful)]);
    this.#carry = undefined;
    const lineEnd = this.#scanLine(line, 0);
    if (lineEnd >= 0) return this.#command(line, 0, lineEnd, chunk, taken);
    this.#carryOver(line);
    return chunk.length;
  }

  /**
   * Runs the command with the line `[at, lineEnd)` of `line`; a payload is in `chunk` from `next` on. Returns
   * the place of the next command in `chunk`.
   */
  #command(line: Buffer, at: number, lineEnd: number, chunk: Buffer, next: number): number {
    const first = (line[at] as number) | BLANK;
    if (this.connectOnly && first !== LETTER_C) throw new ProtocolError(ErrorText.authorization);
    if (first === LETTER_P && isPub(line, at)) return this.#publish(line, lineEnd, false, chunk, next);
    if (first === LETTER_H && ((line[at + 1] as number) | BLANK) === LETTER_P && isPub(line, at + 1))
      return this.#publish(line, lineEnd, true, chunk, next);
    this.#runLine(line, at, lineEnd);
    return next;
  }

  #runLine(line: Buffer, at: number, lineEnd: number): void {
    const verb = this.#starts[0] === at ? this.#word(line, 0).toUpperCase() : '';
    switch (verb) {
      case 'CONNECT':
        this.#handler.connect(line.toString('utf8', this.#ends[0], lineEnd));
        return;
      case 'SUB':
        if (this.#tokens !== 3 && this.#tokens !== 4) break;
        this.#handler.subscribe(
          this.#word(line, 1),
          this.#tokens === 4 ? this.#word(line, 2) : undefined,
          this.#word(line, this.#tokens - 1),
        );
        return;
      case 'UNSUB': {
        if (this.#tokens !== 2 && this.#tokens !== 3) break;
        const max = this.#tokens === 3 ? this.#number(line, 2) : 0;
        this.#handler.unsubscribe(this.#word(line, 1), Math.max(0, max));
        return;
      }
      case '+OK':
      case 'INFO':
        return;
      default:
        // nats-server allows anything between these words and the end of their line.
        if (verb.startsWith('PING')) {
          this.#handler.ping();
          return;
        }
        if (verb.startsWith('PONG')) {
          this.#handler.pong();
          return;
        }
    }
    throw new ProtocolError(ErrorText.unknownOperation);
  }

  #publish(line: Buffer, lineEnd: number, headers: boolean, chunk: Buffer, next: number): number {
    const sizes = headers ? 2 : 1;
    const last = this.#tokens - 1;
    const hasReply = last === 2 + sizes;
    if (!hasReply && last !== 1 + sizes) throw new ProtocolError(ErrorText.unknownOperation);
    const size = this.#number(line, last);
    const headerSize = headers ? this.#number(line, last - 1) : 0;
    if (size < 0 || headerSize < 0 || headerSize > size) throw new ProtocolError(ErrorText.unknownOperation);
    if (size > this.#limits.maxPayload) throw new ProtocolError(ErrorText.maximumPayload);
    const canonical = line === chunk && (!headers || headerSize > 0) && this.#isCanonical(line, lineEnd);
    const end = next + size + 2;
    const message = this.#message;
    message.headerSize = headerSize;
    if (!canonical || end > chunk.length) {
      this.#beginMessage(line, hasReply, size);
      return this.#fillMessage(chunk, next);
    }
    message.bytes = chunk;
    message.owned = false;
    message.subjectStart = this.#starts[1] as number;
    message.subjectEnd = this.#ends[1] as number;
    message.replyStart = hasReply ? (this.#starts[2] as number) : 0;
    message.replyEnd = hasReply ? (this.#ends[2] as number) : 0;
    message.payloadStart = next;
    message.end = end;
    this.#deliver();
    return end;
  }

  /**
   * Whether the line has one blank between words and ends in CRLF: then its tail can be repeated unchanged.
   */
  #isCanonical(line: Buffer, lineEnd: number): boolean {
    for (let i = 2; i < this.#tokens; i++) {
      const end = this.#ends[i - 1] as number;
      if (this.#starts[i] !== end + 1 || line[end] !== BLANK) return false;
    }
    return this.#ends[this.#tokens - 1] === lineEnd - 1 && line[lineEnd - 1] === CR;
  }

  /** Makes a message with its own buffer and its line in the canonical form. */
  #beginMessage(line: Buffer, hasReply: boolean, size: number): void {
    const message = this.#message;
    const subject = this.#word(line, 1);
    const reply = hasReply ? `${this.#word(line, 2)} ` : '';
    const head = `${subject} ${reply}${message.headerSize > 0 ? `${message.headerSize} ` : ''}${size}\r\n`;
    message.bytes = Buffer.allocUnsafeSlow(head.length + size + 2);
    message.bytes.write(head, 'latin1');
    message.owned = true;
    message.subjectStart = 0;
    message.subjectEnd = subject.length;
    message.replyStart = hasReply ? subject.length + 1 : 0;
    message.replyEnd = hasReply ? subject.length + reply.length : 0;
    message.payloadStart = head.length;
    message.end = message.bytes.length;
    this.#missing = size + 2;
  }

  #fillMessage(chunk: Buffer, at: number): number {
    const message = this.#message;
    const taken = Math.min(this.#missing, chunk.length - at);
    chunk.copy(message.bytes, message.end - this.#missing, at, at + taken);
    this.#missing -= taken;
    if (this.#missing === 0) {
      this.#deliver();
      message.bytes = Buffer.alloc(0);
    }
    return at + taken;
  }

  #deliver(): void {
    const { bytes, end } = this.#message;
    if (bytes[end - 2] !== CR || bytes[end - 1] !== LF) throw new ProtocolError(ErrorText.unknownOperation);
    this.#handler.publish(this.#message);
  }

  /** Subjects are bytes to us: latin1 keeps each of them, whatever the client's encoding. */
  #word(line: Buffer, index: number): string {
    return line.toString('latin1', this.#starts[index], this.#ends[index]);
  }

  /** A number of at most nine digits, else -1. */
  #number(line: Buffer, index: number): number {
    const start = this.#starts[index] as number;
    const end = this.#ends[index] as number;
    if (end - start > 9) return -1;
    let value = 0;
    for (let i = start; i < end; i++) {
      const digit = (line[i] as number) - 48;
      if (digit < 0 || digit > 9) return -1;
      value = value * 10 + digit;
    }
    return value;
  }
}

/** Whether a PUB and its blank are at `at`, where there is a P. */
function isPub(line: Buffer, at: number): boolean {
  const after = line[at + 3];
  return (
    ((line[at + 1] as number) | BLANK) === LETTER_U &&
    ((line[at + 2] as number) | BLANK) === LETTER_B &&
    (after === BLANK || after === TAB)
  );
}
