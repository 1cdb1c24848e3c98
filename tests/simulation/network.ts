/**
 * A simulated NATS: a broker of one or more servers in the middle, connections to it, and weather between. A
 * message that nobody listens to comes back as a 503 on its reply; a connection that is cut loses what was
 * under way. A server can go down, or lose the way to the others: then they know nobody of those there.
 */

import type { EventLoop } from './event-loop.js';
import type { Chance, Scheduler } from './scheduler.js';

/** The faults that may befall a message: probabilities, and the longest delay. */
export interface Weather {
  readonly drop: number;
  readonly repeat: number;
  readonly refuse: number;
  readonly delay: number;
  readonly delayMs: number;
  /** That a delayed message is overtaken by later ones. */
  readonly reorder: number;
}

export const CALM: Weather = { drop: 0, repeat: 0, refuse: 0, delay: 0, delayMs: 0, reorder: 0 };

/** The master's, and that of every process that says nothing else. */
export const FIRST_SERVER = 'A';
export const SECOND_SERVER = 'B';
export const LATENCY_MS = 1;
const DRAINED_AFTER_MS = 20;

export type Payload = Buffer | string;
export type Handler = (subject: string, payload: Payload, noResponders: boolean) => void;

interface Subscription {
  readonly connection: Connection;
  readonly subject: string;
  readonly pattern: RegExp;
  handler: Handler;
}

interface Message {
  readonly subject: string;
  readonly payload: Payload;
  readonly reply: string | undefined;
}

export interface NetworkOptions {
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  /** The bytes that the broker keeps for a connection that does not read, before it cuts it. */
  readonly pendingLimitBytes?: number;
}

export class Network {
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  readonly pendingLimitBytes: number;
  weather: Weather = CALM;
  readonly #down = new Set<string>();
  readonly #apart = new Set<string>();
  /** Connections cut because they did not read. */
  slowConsumers = 0;
  readonly #exact = new Map<string, Set<Subscription>>();
  readonly #wildcards = new Set<Subscription>();
  readonly connections = new Set<Connection>();

  constructor({ scheduler, chance, pendingLimitBytes = 8 * 1024 * 1024 }: NetworkOptions) {
    this.scheduler = scheduler;
    this.chance = chance;
    this.pendingLimitBytes = pendingLimitBytes;
  }

  connect(
    name: string,
    loop: EventLoop,
    onStatus: (status: LinkStatus) => void,
    server: string = FIRST_SERVER,
  ): Connection {
    return new Connection(this, name, loop, onStatus, server);
  }

  isUp(server: string): boolean {
    return !this.#down.has(server);
  }

  goDown(server: string): void {
    this.#down.add(server);
    for (const connection of [...this.connections]) if (connection.server === server) connection.cut();
  }

  comeUp(server: string): void {
    this.#down.delete(server);
  }

  /** The server's connections stay, and reach each other only. */
  part(server: string): void {
    this.#apart.add(server);
  }

  rejoin(server: string): void {
    this.#apart.delete(server);
  }

  #reaches(from: Connection, to: Connection): boolean {
    return from.server === to.server || !(this.#apart.has(from.server) || this.#apart.has(to.server));
  }

  add(subscription: Subscription): void {
    if (subscription.subject.includes('*')) {
      this.#wildcards.add(subscription);
      return;
    }
    const known = this.#exact.get(subscription.subject);
    if (known === undefined) this.#exact.set(subscription.subject, new Set([subscription]));
    else known.add(subscription);
  }

  remove(subscription: Subscription): void {
    this.#wildcards.delete(subscription);
    const known = this.#exact.get(subscription.subject);
    known?.delete(subscription);
    if (known?.size === 0) this.#exact.delete(subscription.subject);
  }

  route(from: Connection, message: Message): void {
    let found = false;
    for (const subscription of this.#exact.get(message.subject) ?? []) {
      if (!this.#reaches(from, subscription.connection)) continue;
      found = true;
      subscription.connection.carry(message, subscription.handler);
    }
    for (const subscription of this.#wildcards) {
      if (!subscription.pattern.test(message.subject)) continue;
      if (!this.#reaches(from, subscription.connection)) continue;
      found = true;
      subscription.connection.carry(message, subscription.handler);
    }
    if (!found && message.reply !== undefined) from.sayNobody(message.reply);
  }

  /** When a message of this moment arrives, and how often; those that may be overtaken hold up no others. */
  arrivals(notBefore: number): { readonly moments: readonly number[]; readonly last: number } {
    const { chance, weather, scheduler } = this;
    const prompt = Math.max(scheduler.now + LATENCY_MS, notBefore);
    if (weather === CALM) return { moments: [prompt], last: prompt };
    if (chance.happens(weather.drop)) return { moments: [], last: notBefore };
    const moments: number[] = [];
    let last = notBefore;
    for (let copies = chance.happens(weather.repeat) ? 2 : 1; copies > 0; copies--) {
      const delayMs = chance.happens(weather.delay) ? chance.between(1, weather.delayMs) : 0;
      const moment = Math.max(last, scheduler.now + LATENCY_MS + delayMs);
      if (delayMs === 0 || !chance.happens(weather.reorder)) last = moment;
      moments.push(moment);
    }
    return { moments, last };
  }
}

export type LinkStatus = 'connected' | 'disconnected' | 'drained' | 'refused';

export class Connection {
  /** For traces. */
  readonly name: string;
  readonly server: string;
  readonly #network: Network;
  readonly #loop: EventLoop;
  #onStatus: (status: LinkStatus) => void;
  readonly #subscriptions = new Set<Subscription>();
  /** Tells what is under way on an earlier connection from what is on this one. */
  #line = 0;
  /** As the client sees it, and as the broker does. */
  #connected = false;
  #attached = false;
  #closed = false;
  #lastUp = 0;
  #lastDown = 0;
  #pendingBytes = 0;

  constructor(
    network: Network,
    name: string,
    loop: EventLoop,
    onStatus: (status: LinkStatus) => void,
    server: string,
  ) {
    this.#network = network;
    this.name = name;
    this.server = server;
    this.#loop = loop;
    this.#onStatus = onStatus;
    this.#connected = network.isUp(server);
    if (this.#connected) this.#attach();
    else this.#reconnectSoon();
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Whether the broker has it. */
  get isAttached(): boolean {
    return this.#attached;
  }

  /** False if nothing was sent. Buffers are copied, since frames are written again when they are sent again. */
  send(subject: string, payload: Payload, reply?: string): boolean {
    if (!this.#connected || this.#closed) return false;
    const { chance, weather, scheduler } = this.#network;
    if (chance.happens(weather.refuse)) {
      scheduler.after(DRAINED_AFTER_MS, () => this.#tell('drained'));
      return false;
    }
    const message = { subject, payload: typeof payload === 'string' ? payload : Buffer.from(payload), reply };
    const line = this.#line;
    const { moments, last } = this.#network.arrivals(this.#lastUp);
    this.#lastUp = last;
    for (const moment of moments) {
      scheduler.at(moment, () => {
        if (this.#attached && this.#line === line) this.#network.route(this, message);
      });
    }
    return true;
  }

  subscribe(subject: string, handler: Handler): () => void {
    const subscription = { connection: this, subject, pattern: patternOf(subject), handler };
    this.#subscriptions.add(subscription);
    // The broker reads what is sent in its order, so a message sent after it finds it there.
    if (this.#attached) this.#network.add(subscription);
    return () => {
      this.#subscriptions.delete(subscription);
      this.#network.remove(subscription);
    };
  }

  /** After a round trip: true, or false if the connection broke. */
  ready(then: (stands: boolean) => void): void {
    const line = this.#line;
    const connected = this.#connected;
    this.#network.scheduler.after(2 * LATENCY_MS, () =>
      this.#loop.deliver(() => then(connected && this.#connected && this.#line === line)),
    );
  }

  /** The connection breaks; the client may notice later, and connects again when it does. */
  cut(noticeAfterMs = 0): void {
    if (this.#closed || !this.#attached) return;
    this.#detach();
    this.#network.scheduler.after(noticeAfterMs, () =>
      this.#loop.deliver(() => {
        if (!this.#connected || this.#attached || this.#closed) return;
        this.#connected = false;
        this.#onStatus('disconnected');
        this.#reconnectSoon();
      }),
    );
  }

  /** The process ends; what it has sent arrives before its end does. A machine that is gone is missed late. */
  close(noticeAfterMs = 0): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connected = false;
    this.#onStatus = () => {};
    for (const subscription of this.#subscriptions) subscription.handler = () => {};
    const { scheduler } = this.#network;
    scheduler.at(Math.max(this.#lastUp, scheduler.now + noticeAfterMs), () => this.#leave());
  }

  #leave(): void {
    if (this.#attached) this.#detach();
    this.#network.connections.delete(this);
  }

  /** The broker sends a message on. */
  carry(message: Message, handler: Handler, noResponders = false): void {
    const line = this.#line;
    const size = message.payload.length;
    const { moments, last } = this.#network.arrivals(this.#lastDown);
    this.#lastDown = last;
    for (const moment of moments) {
      this.#network.scheduler.at(moment, () => {
        if (!this.#attached || this.#line !== line) return;
        this.#pendingBytes += size;
        if (this.#pendingBytes > this.#network.pendingLimitBytes) {
          this.#network.slowConsumers++;
          this.cut();
          return;
        }
        this.#loop.deliver(() => {
          if (this.#line === line) this.#pendingBytes -= size;
          handler(message.subject, message.payload, noResponders);
        });
      });
    }
  }

  sayNobody(reply: string): void {
    for (const { pattern, handler } of this.#subscriptions) {
      if (!pattern.test(reply)) continue;
      this.carry({ subject: reply, payload: '', reply: undefined }, handler, true);
      return;
    }
  }

  #attach(): void {
    this.#line++;
    this.#attached = true;
    this.#pendingBytes = 0;
    this.#lastUp = 0;
    this.#lastDown = 0;
    this.#network.connections.add(this);
    for (const subscription of this.#subscriptions) this.#network.add(subscription);
  }

  #detach(): void {
    this.#attached = false;
    for (const subscription of this.#subscriptions) this.#network.remove(subscription);
  }

  #reconnectSoon(): void {
    const { scheduler, chance } = this.#network;
    scheduler.after(chance.between(50, 300), () =>
      this.#loop.deliver(() => {
        if (this.#closed) return;
        if (!this.#network.isUp(this.server)) {
          this.#onStatus('refused');
          this.#reconnectSoon();
          return;
        }
        this.#attach();
        this.#connected = true;
        this.#onStatus('connected');
      }),
    );
  }

  #tell(status: LinkStatus): void {
    this.#loop.deliver(() => {
      if (this.#connected) this.#onStatus(status);
    });
  }
}

/** Each `*` stands for one token. */
function patternOf(subject: string): RegExp {
  return new RegExp(`^${subject.replace(/[^\w*]/g, '\\$&').replaceAll('*', '[^.]*')}$`);
}
