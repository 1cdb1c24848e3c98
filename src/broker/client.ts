/** One connected client: its CONNECT options, its subscriptions, and the execution of its commands. */
import type { Socket } from 'node:net';
import { BEFORE_CONNECT, type ClientLogin, readClientLogin } from './admission/client-login.js';
import { EVERYTHING, type Rights } from './admission/rights.js';
import type { ClientSurroundings } from './client-surroundings.js';
import { deliverToAll } from './delivery.js';
import { Outbox } from './outbox.js';
import type { Participant, Publisher, Subscription } from './participant.js';
import type { CommandHandler, PublishedMessage } from './protocol/parsed-commands.js';
import { Parser } from './protocol/parser.js';
import { ErrorText, NO_RESPONDERS, OK, PING, PONG, ProtocolError } from './protocol/protocol.js';
import { isLiteralSubject, isSubjectOf, isValidSubject } from './protocol/subjects.js';
import type { Route, RouteSet } from './routing/routes.js';

/** A client that was told why it is closed has this time to read it. */
const LINGER_MS = 500;

export class Client implements CommandHandler, Publisher {
  /** With its port. */
  readonly address: string;
  readonly host: string;
  readonly outbox: Outbox;
  readonly #socket: Socket;
  readonly #around: ClientSurroundings<Client>;
  readonly #parser: Parser;
  readonly #subscriptions = new Map<string, Subscription>();
  #options: ClientLogin = BEFORE_CONNECT;
  /** A client mostly uses the same subject again: that costs no look-up at all. */
  #lastRoutes: RouteSet<Subscription> | undefined;
  #heard = false;
  #rights: Rights;
  #wasForbidden = false;
  #pingsOut = 0;
  wantsFlush = false;
  isConnected = false;
  /** May do everything among guests. */
  isOwner = false;
  /** An owner that is behind with the messages of this guest. */
  awaits: Participant | undefined;
  isRefused = false;
  isClosed = false;

  constructor(socket: Socket, around: ClientSurroundings<Client>) {
    this.#socket = socket;
    this.#around = around;
    this.host = String(socket.remoteAddress);
    this.address = `${this.host}:${socket.remotePort}`;
    this.outbox = new Outbox(socket, (change) => around.countPending(change));
    this.#parser = new Parser(this, around.limits);
    this.#parser.connectOnly = around.admission.asksForCredentials;
    this.#rights = around.admission.rightsBefore;
  }

  get pending(): number {
    return this.outbox.pending;
  }

  get echo(): boolean {
    return this.#options.echo;
  }

  receive(chunk: Buffer): void {
    if (this.isClosed || this.isRefused) return;
    this.#heard = true;
    try {
      this.#parser.parse(chunk);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (error.message === ErrorText.authorization) this.#refuse();
      else this.fail(error.message);
    }
  }

  connect(json: string): void {
    const options = readClientLogin(json, this.#options);
    // The owner comes first, so that failures of others on its machine cannot keep it out.
    const { admission, strangers } = this.#around;
    const isOwner = admission.isOwner(options);
    if (!isOwner && !strangers.hears(this)) return;
    const rights = isOwner ? EVERYTHING : admission.admit(this, options);
    if (rights === undefined) throw new ProtocolError(ErrorText.authorization);
    this.isOwner = isOwner;
    this.#rights = rights;
    // Otherwise its last subject would be allowed without a check.
    this.#lastRoutes = undefined;
    this.#options = options;
    this.#parser.connectOnly = false;
    if (!this.isConnected) {
      this.isConnected = true;
      this.#around.onConnected(this);
    }
    this.#confirm();
  }

  subscribe(subject: string, queue: string | undefined, sid: string): void {
    if (!isValidSubject(subject)) {
      this.send(Buffer.from(`-ERR '${ErrorText.invalidSubject}'\r\n`));
      return;
    }
    const refusal = this.#rights.refuseSubscription(subject, queue, this.#subscriptions.size);
    if (refusal !== undefined) {
      this.#forbid(refusal);
      return;
    }
    this.#confirm();
    if (this.#subscriptions.has(sid)) return;
    const subscription: Subscription = { client: this, subject, queue, sid, max: 0, delivered: 0 };
    this.#subscriptions.set(sid, subscription);
    this.#around.routes.add(subscription);
    this.#rights.subscribed?.();
  }

  unsubscribe(sid: string, max: number): void {
    this.#confirm();
    const subscription = this.#subscriptions.get(sid);
    if (subscription === undefined) return;
    subscription.max = max;
    if (max <= subscription.delivered) this.endSubscription(subscription);
  }

  ping(): void {
    this.send(PONG);
  }

  /** A sign of life like all that a client says: `receive` has seen it. */
  pong(): void {}

  publish(message: PublishedMessage): void {
    const options = this.#options;
    // A client that was not told that headers are welcome may not send any, as in nats-server.
    if (message.headerSize > 0 && !options.headers) throw new ProtocolError(ErrorText.unknownOperation);
    const routes = this.#findRoutes(message);
    if (routes === undefined) return;
    if (options.pedantic && !isLiteralSubject(routes.subject.toString('latin1')))
      this.send(Buffer.from(`-ERR '${ErrorText.invalidPublishSubject}'\r\n`));
    if (options.verbose) this.send(OK);
    const reached = deliverToAll(this, routes, message);
    if (!reached && options.noResponders && message.replyEnd > 0) this.#sayNoResponders(message);
  }

  deliver(route: Route<Subscription>, message: PublishedMessage, from: Publisher): void {
    const { outbox } = this;
    const { headerSize, bytes } = message;
    const head = headerSize > 0 && this.#options.headers ? route.headersHead : route.plainHead;
    outbox.append(head, 0, head.length, false);
    if (headerSize > 0 && !this.#options.headers) {
      const size = message.end - 2 - message.payloadStart - headerSize;
      const reply = bytes.toString('latin1', message.replyStart, message.replyEnd);
      const line = Buffer.from(`${reply === '' ? '' : `${reply} `}${size}\r\n`, 'latin1');
      outbox.append(line, 0, line.length, false);
      outbox.append(bytes, message.payloadStart + headerSize, message.end, message.owned);
    } else {
      outbox.append(bytes, message.subjectEnd + 1, message.end, message.owned);
    }
    this.#afterAppend();
    if (this.isOwner && outbox.pending > this.#around.holdGuestsAt) from.waitFor?.(this);
  }

  whenWritten(listener: () => void): void {
    this.outbox.whenWritten(listener);
  }

  waitFor(owner: Participant): void {
    if (!this.isOwner) this.awaits = owner;
  }

  endSubscription(subscription: Subscription): void {
    if (!this.#subscriptions.delete(subscription.sid)) return;
    this.#around.routes.remove(subscription);
    this.#rights.unsubscribed?.();
  }

  send(bytes: Buffer): void {
    this.outbox.append(bytes, 0, bytes.length, false);
    this.#afterAppend();
  }

  /** Writes what waits, at the end of a turn. */
  flush(): void {
    this.wantsFlush = false;
    this.outbox.flush();
  }

  /** Asks whether the client is still there, unless it has just sent something. */
  askForLife(maxPingsOut: number): void {
    if (this.#heard) this.#pingsOut = 0;
    else if (this.#pingsOut >= maxPingsOut) this.fail(ErrorText.staleConnection);
    else {
      this.#pingsOut++;
      this.send(PING);
    }
    this.#heard = false;
  }

  /**
   * Tells the client the reason, and closes. Data that it still sends is thrown away: a reset would destroy
   * the reason.
   */
  fail(reason: string): void {
    if (this.isClosed) return;
    this.send(Buffer.from(`-ERR '${reason}'\r\n`));
    this.closeSoon(reason);
  }

  /** Closes after the pending data has gone out, or after a moment. */
  closeSoon(reason: string): void {
    if (this.isClosed) return;
    if (!this.isConnected && !this.#around.strangers.areTold) {
      this.cut(reason);
      return;
    }
    this.outbox.finish();
    this.#leave(reason);
    this.#socket.end();
    this.#socket.resume();
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  /** Closes at once; pending data is lost. */
  cut(reason: string): void {
    if (this.isClosed) return;
    this.#leave(reason);
    this.#socket.destroy();
  }

  #leave(reason: string): void {
    this.isClosed = true;
    this.#parser.stop();
    for (const subscription of this.#subscriptions.values()) this.#around.routes.remove(subscription);
    this.#subscriptions.clear();
    this.#lastRoutes = undefined;
    this.outbox.close();
    this.#around.admission.closed(this);
    this.#around.onClosed(this, reason);
  }

  #refuse(): void {
    this.isRefused = true;
    this.#parser.stop();
    this.#around.strangers.refuse(this);
  }

  #forbid(refusal: string): void {
    this.send(Buffer.from(`-ERR '${refusal}'\r\n`, 'latin1'));
    if (!this.#wasForbidden) this.#around.onForbidden(this, refusal);
    this.#wasForbidden = true;
  }

  #confirm(): void {
    if (this.#options.verbose) this.send(OK);
  }

  /**
   * Undefined if the client may not publish there, and was told so. Its last subject is allowed again without
   * a check.
   */
  #findRoutes(message: PublishedMessage): RouteSet<Subscription> | undefined {
    const { bytes, subjectStart, subjectEnd } = message;
    const last = this.#lastRoutes;
    if (last !== undefined && this.#around.routes.isCurrent(last) && isSubjectOf(message, last.subject))
      return last;
    const subject = bytes.toString('latin1', subjectStart, subjectEnd);
    const refusal = this.#rights.refusePublish(subject);
    if (refusal !== undefined) {
      this.#forbid(refusal);
      return undefined;
    }
    const routes = this.#around.routes.find(subject);
    this.#lastRoutes = routes;
    return routes;
  }

  /** As in nats-server, the publisher itself gets it, on its first own subscription to the reply. */
  #sayNoResponders({ bytes, replyStart, replyEnd }: PublishedMessage): void {
    const routes = this.#around.routes.find(bytes.toString('latin1', replyStart, replyEnd));
    const own = routes.plain.find(({ subscriber }) => subscriber.client === this);
    if (own === undefined) return;
    this.outbox.append(own.headersHead, 0, own.headersHead.length, false);
    this.send(NO_RESPONDERS);
  }

  #afterAppend(): void {
    const { outbox } = this;
    if (outbox.isRipe) outbox.flush();
    const { maxPending, maxOwnerPending } = this.#around;
    if (outbox.pending > (this.isOwner ? maxOwnerPending : maxPending)) this.cut(ErrorText.slowConsumer);
    this.#around.checkTotal();
    if (!this.wantsFlush) {
      this.wantsFlush = true;
      this.#around.wantsFlush(this);
    }
  }
}
