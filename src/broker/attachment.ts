/** A participant in the server's own thread, without a socket. */
import { deliverToAll, isReachable } from './delivery.js';
import { borrowMessage, returnMessage } from './own-message.js';
import type { Publisher, Subscription } from './participant.js';
import type { PublishedMessage } from './protocol/parsed-commands.js';
import { isValidSubject, isWord } from './protocol/subjects.js';
import type { Route, RouteSet, RouteTable } from './routing/routes.js';
import { throwLater } from './throw-later.js';

/** A recipient with this number of bytes unsent gets nothing more of an attachment until all of them are written. */
export const MOST_UNSENT = 1024 * 1024;

export interface MessageInfo {
  /** It stands for a message of this attachment that nobody heard, and has no payload. */
  readonly noResponders: boolean;
  readonly reply: string | undefined;
}

/** The payload is without headers, and a view that is valid during the call only. */
export type MessageHandler = (subject: string, payload: Uint8Array, info: MessageInfo) => void;

const NO_REPLY: MessageInfo = { noResponders: false, reply: undefined };
const NO_RESPONDERS: MessageInfo = { noResponders: true, reply: undefined };
const NOTHING = new Uint8Array(0);

export class Attachment implements Publisher {
  readonly isClosed = false;
  readonly isOwner = true;
  readonly pending = 0;
  readonly echo = false;
  /** Called in a tick of its own when a recipient for which `send` returned false has room, or is gone. */
  onDrained: () => void = () => {};
  readonly #routes: RouteTable<Subscription>;
  readonly #maxPayload: number;
  readonly #handlers = new Map<Subscription, MessageHandler>();
  /** It mostly publishes the same subject again, as clients do. */
  #last: RouteSet<Subscription> | undefined;
  #lastSubject = '';
  /** The same each time, so that a recipient remembers it once. */
  readonly #whenWritten = (): void => process.nextTick(() => this.onDrained());

  constructor(routes: RouteTable<Subscription>, maxPayload: number) {
    this.#routes = routes;
    this.#maxPayload = maxPayload;
  }

  /**
   * Publishes, unless a recipient has `MOST_UNSENT` bytes unsent: then nobody gets it, and it returns false. If
   * nobody hears it, the attachment's subscription to `reply` is told so in the next tick. Throws a RangeError if
   * subject or reply is no word of the protocol, or the payload is too large.
   */
  send(subject: string, payload: Uint8Array, reply?: string): boolean {
    if (payload.length > this.#maxPayload) throw new RangeError(`a payload of ${payload.length} bytes`);
    if (reply !== undefined) expectWord(reply);
    const routes = this.#findRoutes(subject);
    if (this.#mustWait(routes)) return false;
    const message = borrowMessage(payload, reply);
    const reached = deliverToAll(this, routes, message);
    returnMessage(message);
    if (!reached && reply !== undefined) this.#sayNoResponders(reply);
    return true;
  }

  /**
   * Returns the function that ends it. An error of the handler is thrown in a microtask: it must not end the
   * parsing of the client that published. Throws a RangeError if the subject is invalid.
   */
  subscribe(subject: string, handler: MessageHandler): () => void {
    expectWord(subject);
    if (!isValidSubject(subject)) throw new RangeError(`an invalid subject: ${subject}`);
    const subscription = { client: this, subject, queue: undefined, sid: '', max: 0, delivered: 0 };
    this.#handlers.set(subscription, handler);
    this.#routes.add(subscription);
    return () => this.endSubscription(subscription);
  }

  deliver(route: Route<Subscription>, message: PublishedMessage): void {
    const handler = this.#handlers.get(route.subscriber);
    // It may have ended after the routes of this message were found.
    if (handler === undefined) return;
    const { bytes, payloadStart, headerSize, replyStart, replyEnd, end } = message;
    const payload = bytes.subarray(payloadStart + headerSize, end - 2);
    const info =
      replyEnd === 0
        ? NO_REPLY
        : { noResponders: false, reply: bytes.toString('latin1', replyStart, replyEnd) };
    call(handler, route.subject, payload, info);
  }

  endSubscription(subscription: Subscription): void {
    this.#handlers.delete(subscription);
    this.#routes.remove(subscription);
  }

  #findRoutes(subject: string): RouteSet<Subscription> {
    const last = this.#last;
    if (last !== undefined && subject === this.#lastSubject && this.#routes.isCurrent(last)) return last;
    expectWord(subject);
    const routes = this.#routes.find(subject);
    this.#last = routes;
    this.#lastSubject = subject;
    return routes;
  }

  /** Of a group, it depends on the member whose turn it is. */
  #mustWait({ plain, groups }: RouteSet<Subscription>): boolean {
    for (const route of plain) if (isReachable(this, route) && this.#isFull(route)) return true;
    for (const { routes, last } of groups) {
      for (let step = 1; step <= routes.length; step++) {
        const route = routes[(last + step) % routes.length] as Route<Subscription>;
        if (!isReachable(this, route)) continue;
        if (this.#isFull(route)) return true;
        break;
      }
    }
    return false;
  }

  #isFull({ subscriber: { client } }: Route<Subscription>): boolean {
    if (client.pending < MOST_UNSENT) return false;
    client.whenWritten?.(this.#whenWritten);
    return true;
  }

  /** As for a client: on its first own subscription to the reply. In the next tick, since `send` has not returned. */
  #sayNoResponders(reply: string): void {
    const own = this.#routes.find(reply).plain.find(({ subscriber }) => subscriber.client === this);
    if (own === undefined) return;
    process.nextTick(() => {
      const handler = this.#handlers.get(own.subscriber);
      if (handler !== undefined) call(handler, reply, NOTHING, NO_RESPONDERS);
    });
  }
}

function call(handler: MessageHandler, subject: string, payload: Uint8Array, info: MessageInfo): void {
  try {
    handler(subject, payload, info);
  } catch (error) {
    throwLater(error);
  }
}

function expectWord(word: string): void {
  if (!isWord(word)) throw new RangeError(`no word of the protocol: ${JSON.stringify(word)}`);
}
