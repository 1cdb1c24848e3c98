/**
 * Remembers the subscribers of each subject, so that a message costs a look-up instead of a walk through the
 * tree.
 */
import { type Interest, SubjectTree } from './subject-tree.js';

export interface Subscriber extends Interest {
  readonly sid: string;
}

/** One subscriber of one subject, with the beginnings of the messages that it gets. */
export interface Route<S extends Subscriber> {
  readonly subscriber: S;
  readonly subject: string;
  /** `MSG <subject> <sid> ` */
  readonly plainHead: Buffer;
  /** `HMSG <subject> <sid> ` */
  readonly headersHead: Buffer;
}

export interface QueueGroup<S extends Subscriber> {
  readonly routes: readonly Route<S>[];
  /** The member that had the last message; starts at any member, so that a new match does not favour the first one. */
  last: number;
}

/** All subscribers of a subject, as the tree was at `version`. */
export interface RouteSet<S extends Subscriber> {
  readonly subject: Buffer;
  readonly version: number;
  readonly plain: readonly Route<S>[];
  readonly groups: readonly QueueGroup<S>[];
}

/** Reply subjects that are used once must not accumulate. */
const MAX_REMEMBERED = 16_384;

export class RouteTable<S extends Subscriber> {
  readonly #tree = new SubjectTree<S>();
  /** Emptied at every change of the tree: old entries would also keep closed clients in memory. */
  readonly #remembered = new Map<string, RouteSet<S>>();
  #rememberedVersion = 0;

  add(subscriber: S): void {
    this.#tree.add(subscriber);
  }

  remove(subscriber: S): void {
    this.#tree.remove(subscriber);
  }

  isCurrent(routes: RouteSet<S>): boolean {
    return routes.version === this.#tree.version;
  }

  find(subject: string): RouteSet<S> {
    if (this.#rememberedVersion !== this.#tree.version || this.#remembered.size >= MAX_REMEMBERED) {
      this.#remembered.clear();
      this.#rememberedVersion = this.#tree.version;
    }
    const known = this.#remembered.get(subject);
    if (known !== undefined) return known;
    const match = this.#tree.match(subject);
    const routes: RouteSet<S> = {
      subject: Buffer.from(subject, 'latin1'),
      version: this.#tree.version,
      plain: match.plain.map((subscriber) => newRoute(subject, subscriber)),
      groups: match.groups.map((members) => ({
        routes: members.map((subscriber) => newRoute(subject, subscriber)),
        last: Math.floor(Math.random() * members.length),
      })),
    };
    this.#remembered.set(subject, routes);
    return routes;
  }
}

function newRoute<S extends Subscriber>(subject: string, subscriber: S): Route<S> {
  const headersHead = Buffer.from(`HMSG ${subject} ${subscriber.sid} `, 'latin1');
  return { subscriber, subject, headersHead, plainHead: headersHead.subarray(1) };
}
