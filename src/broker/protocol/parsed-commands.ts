/** The calls between the parser and the client whose bytes it reads. */

/**
 * One published message, a range of `bytes`: subject, a blank, then the *tail*, which a MSG or HMSG repeats
 * after its sid: `[reply ][header size ]size CRLF payload CRLF`. The parser owns this object and uses it
 * again for the next message.
 */
export interface PublishedMessage {
  bytes: Buffer;
  subjectStart: number;
  subjectEnd: number;
  /** The place of the reply subject; both 0 if there is none. */
  replyStart: number;
  replyEnd: number;
  payloadStart: number;
  /** After the CRLF that ends the payload. */
  end: number;
  /** 0 for a message without headers. */
  headerSize: number;
  /** `bytes` will not change again, so it may be kept without a copy. */
  owned: boolean;
}

/** Without a message in it so far. */
export function newMessage(bytes: Buffer, owned: boolean): PublishedMessage {
  return {
    bytes,
    subjectStart: 0,
    subjectEnd: 0,
    replyStart: 0,
    replyEnd: 0,
    payloadStart: 0,
    end: 0,
    headerSize: 0,
    owned,
  };
}

/** Receives the commands in their order. A handler that throws ends the parsing of its chunk. */
export interface CommandHandler {
  connect(json: string): void;
  publish(message: PublishedMessage): void;
  subscribe(subject: string, queue: string | undefined, sid: string): void;
  /** `max` is 0 when the subscription ends at once. */
  unsubscribe(sid: string, max: number): void;
  ping(): void;
  pong(): void;
}

export interface ParserLimits {
  readonly maxPayload: number;
  /** Bytes of a protocol line without its CRLF. */
  readonly maxControlLine: number;
}
