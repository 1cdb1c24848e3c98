/**
 * Messages that this process itself publishes, in the form that the parser gives to those of clients. A small one
 * is written into a buffer that is used again; a large one has its own, which outboxes keep without a copy.
 */
import { newMessage, type PublishedMessage } from './protocol/parsed-commands.js';

const SPARE_BYTES = 16 * 1024;
/** Messages under way at a time: more than one only where a handler publishes while it hears. */
const MOST_SPARE = 8;

const spare: PublishedMessage[] = [];

/** The payload is copied. `returnMessage` when it has been delivered. */
export function borrowMessage(payload: Uint8Array, reply: string | undefined): PublishedMessage {
  // In place of its subject it has none: that is in the routes.
  const head = reply === undefined ? ` ${payload.length}\r\n` : ` ${reply} ${payload.length}\r\n`;
  const end = head.length + payload.length + 2;
  const message =
    end > SPARE_BYTES
      ? newMessage(Buffer.allocUnsafeSlow(end), true)
      : (spare.pop() ?? newMessage(Buffer.allocUnsafeSlow(SPARE_BYTES), false));
  const { bytes } = message;
  bytes.write(head, 0, 'latin1');
  bytes.set(payload, head.length);
  bytes[end - 2] = 13;
  bytes[end - 1] = 10;
  message.replyStart = reply === undefined ? 0 : 1;
  message.replyEnd = reply === undefined ? 0 : 1 + reply.length;
  message.payloadStart = head.length;
  message.end = end;
  return message;
}

export function returnMessage(message: PublishedMessage): void {
  if (!message.owned && spare.length < MOST_SPARE) spare.push(message);
}
