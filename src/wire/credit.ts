/**
 * How a master shares its receiving connection among its slaves: who may send how many bytes, and who
 * may have a large message assembled. Pure; it raises the limits of sessions, which say so themselves.
 *
 * Each member has a base that is its own until it leaves, and is restored as its bytes come in. The
 * first members get much, later ones less, and from some hundreds on none. What is set apart for bases,
 * given out or not, is never lent, so a newcomer finds its base whatever the others hold. The rest goes
 * in turns, in the order of asking, to those that want more than they hold: at most one chunk beyond its
 * base to each, so that one that takes its turn and then sends nothing leaves room for another.
 */

import { CHUNK_BYTES, CREDIT_BYTES } from './messages.js';
import type { Session } from './session.js';

/** Of CREDIT_BYTES: what is given out as large bases (an eighth of the rest to each that comes), ... */
const LARGE_BASES_BYTES = 320 * 1024;
const LARGEST_BASE_BYTES = 64 * 1024;
/** ... and as small ones, while it lasts. The rest is for turns: two of the largest frames. */
const SMALL_BASES_BYTES = 192 * 1024;
const SMALL_BASE_BYTES = 1024;

interface Member {
  readonly session: Session;
  readonly base: number;
  /** Bytes granted beyond the base that have not come in. */
  turn: number;
  waits: boolean;
}

export class CreditPool {
  readonly #members = new Map<Session, Member>();
  #waiting: Member[] = [];
  #free = CREDIT_BYTES - LARGE_BASES_BYTES - SMALL_BASES_BYTES;
  #large = LARGE_BASES_BYTES;
  #small = SMALL_BASES_BYTES;

  /** Bytes left for turns. */
  get free(): number {
    return this.#free;
  }

  /** What the session that joins next may send at first: its receive limit. */
  nextBase(): number {
    const large = Math.floor(Math.min(LARGEST_BASE_BYTES, this.#large / 8));
    if (large > SMALL_BASE_BYTES) return large;
    return this.#small >= SMALL_BASE_BYTES ? SMALL_BASE_BYTES : 0;
  }

  /** Takes in a session that was made with `nextBase()` as its receive limit. */
  join(session: Session): void {
    const base = session.receiveLimit;
    this.#giveBack(base, -1);
    this.#members.set(session, { session, base, turn: 0, waits: false });
  }

  /** Gives back what a session held; returns the sessions that may send more because of it. */
  leave(session: Session): readonly Session[] {
    const member = this.#members.get(session);
    if (member === undefined) return [];
    this.#members.delete(session);
    if (member.waits) this.#waiting = this.#waiting.filter((waiting) => waiting !== member);
    this.#giveBack(member.base, 1);
    this.#free += member.turn;
    return this.#serve();
  }

  /** Frames of this session came in: restores its base, notes what it wants, serves who waits. */
  received(session: Session): readonly Session[] {
    const member = this.#members.get(session);
    if (member === undefined) return [];
    this.#settle(member);
    const restored = session.receivedBytes + member.base - session.receiveLimit;
    if (restored > 0) session.setReceiveLimit(session.receiveLimit + restored, false);
    const { receiveLimit, unannouncedLimit } = session;
    const blocked = session.peerWant > receiveLimit - unannouncedLimit;
    if (unannouncedLimit > 0 && (blocked || unannouncedLimit > member.base / 2)) {
      session.setReceiveLimit(receiveLimit, true);
    }
    if (session.peerWant > session.receiveLimit && !member.waits) {
      member.waits = true;
      this.#waiting.push(member);
    }
    return this.#waiting.length > 0 ? this.#serve() : [];
  }

  #serve(): readonly Session[] {
    const served: Session[] = [];
    for (let member = this.#waiting[0]; member !== undefined; member = this.#waiting[0]) {
      const { peerWant, receiveLimit, receivedBytes } = member.session;
      const missing = Math.min(peerWant, receivedBytes + member.base + CHUNK_BYTES) - receiveLimit;
      if (missing > this.#free) break;
      this.#waiting.shift();
      member.waits = false;
      if (missing <= 0) continue;
      member.session.setReceiveLimit(receiveLimit + missing, true);
      this.#settle(member);
      served.push(member.session);
    }
    return served;
  }

  #settle(member: Member): void {
    const { receiveLimit, receivedBytes } = member.session;
    const turn = Math.max(0, receiveLimit - receivedBytes - member.base);
    this.#free += member.turn - turn;
    member.turn = turn;
  }

  #giveBack(base: number, sign: 1 | -1): void {
    if (base > SMALL_BASE_BYTES) this.#large += sign * base;
    else this.#small += sign * base;
  }
}

/** Room for large messages that are being put together: granted in the order of asking. */
export class AssemblyBudget {
  readonly #limit: number;
  readonly #granted = new Map<Session, number>();
  readonly #waiting = new Set<Session>();
  #used = 0;

  /** `limit` in bytes, at least as large as the largest message. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** To be called after each frame of a session; returns the sessions that were granted room. */
  review(session: Session): readonly Session[] {
    let changed = false;
    if (this.#granted.has(session) && !session.assembling) {
      this.#release(session);
      changed = true;
    }
    if (session.askedSize > 0 && !this.#waiting.has(session)) {
      this.#waiting.add(session);
      changed = true;
    }
    return changed ? this.#serve() : [];
  }

  leave(session: Session): readonly Session[] {
    this.#waiting.delete(session);
    this.#release(session);
    return this.#serve();
  }

  #release(session: Session): void {
    this.#used -= this.#granted.get(session) ?? 0;
    this.#granted.delete(session);
  }

  #serve(): readonly Session[] {
    const served: Session[] = [];
    for (const session of this.#waiting) {
      const size = session.askedSize;
      if (this.#used + size > this.#limit) break;
      this.#waiting.delete(session);
      if (size === 0) continue;
      this.#used += size;
      this.#granted.set(session, size);
      session.grantRoom();
      served.push(session);
    }
    return served;
  }
}
