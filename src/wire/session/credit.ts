/**
 * Shares a master's receiving connection among its slaves: how many bytes each may send, and which may have a
 * large message assembled. Pure. It raises the limits of sessions, which announce them.
 *
 * Each member has a base that is its own until it leaves, and is restored as its bytes come in. The first
 * members get large bases, later ones enough for one small result, and after some thousands none. Bytes
 * reserved for bases, given out or not, are never lent, so a newcomer finds its base whatever the others
 * hold. The rest goes in turns, in the order of asking, to members that want more than they hold. Each gets
 * at most one chunk beyond its base. So a member that takes its turn and then sends nothing leaves room for
 * another.
 */

import { CHUNK_BYTES, CREDIT_BYTES } from '../messages/messages.js';
import type { Session } from './session.js';

/** Parts of CREDIT_BYTES: the large bases (each new member gets a quarter of the rest), ... */
const LARGE_BASES_BYTES = 176 * 1024;
/**
 * ... the small bases, while they last, and the tiny ones, a frame with the result of one short task each.
 */
const SMALL_BASES_BYTES = 32 * 1024;
const SMALL_BASE_BYTES = 1024;
const TINY_BASES_BYTES = 304 * 1024;
const TINY_BASE_BYTES = 112;
/**
 * The rest is for turns: two of the largest frames, or one when thousands of tiny bases were taken from it.
 */
const EXTRA_BYTES = CREDIT_BYTES - LARGE_BASES_BYTES - SMALL_BASES_BYTES - TINY_BASES_BYTES;
const MOST_TAKEN_BYTES = 240 * 1024;

/** One session's share, as its pool keeps it. */
export interface CreditMember {
  readonly session: Session;
  readonly base: number;
  /** Bytes granted beyond the base that have not arrived. */
  extra: number;
  waits: boolean;
}

const NONE: readonly Session[] = [];

export class CreditPool {
  #waiting: CreditMember[] = [];
  #free = EXTRA_BYTES;
  #large = LARGE_BASES_BYTES;
  #small = SMALL_BASES_BYTES;
  /** Below zero by the bytes taken from the turns. */
  #tiny = TINY_BASES_BYTES;

  /** Bytes left for turns. */
  get free(): number {
    return this.#free;
  }

  /** The initial receive limit of the next session. */
  nextBase(): number {
    const large = Math.floor(this.#large / 4);
    if (large > SMALL_BASE_BYTES) return large;
    if (this.#small >= SMALL_BASE_BYTES) return SMALL_BASE_BYTES;
    const left = this.#tiny - TINY_BASE_BYTES;
    const isLeft = left >= 0 || (left >= -MOST_TAKEN_BYTES && this.#free >= TINY_BASE_BYTES);
    return isLeft ? TINY_BASE_BYTES : 0;
  }

  /** Adds a session that was made with `nextBase()` as its receive limit. */
  join(session: Session): CreditMember {
    const base = session.receiveLimit;
    this.#giveBack(base, -1);
    return { session, base, extra: 0, waits: false };
  }

  /** Gives back, once, the credit of a session; returns the sessions that may send more because of it. */
  leave(member: CreditMember): readonly Session[] {
    if (member.waits) this.#waiting = this.#waiting.filter((waiting) => waiting !== member);
    this.#giveBack(member.base, 1);
    this.#free += member.extra;
    return this.#serve();
  }

  /** Frames of this session arrived: restores its base, notes its wish, serves those that wait. */
  received(member: CreditMember): readonly Session[] {
    const { session } = member;
    this.#settle(member);
    const restored = session.receivedBytes + member.base - session.receiveLimit;
    if (restored > 0) session.setReceiveLimit(session.receiveLimit + restored, false);
    const { receiveLimit, unannouncedLimit } = session;
    const blocked = session.peerWant > receiveLimit - unannouncedLimit;
    // A small base is announced with the next tasks; a slave that wants more meanwhile asks.
    const much = unannouncedLimit > Math.max(SMALL_BASE_BYTES, member.base / 2);
    if (unannouncedLimit > 0 && (blocked || much)) {
      session.setReceiveLimit(receiveLimit, true);
    }
    if (session.peerWant > session.receiveLimit && !member.waits) {
      member.waits = true;
      this.#waiting.push(member);
    }
    return this.#waiting.length > 0 ? this.#serve() : NONE;
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

  #settle(member: CreditMember): void {
    const { receiveLimit, receivedBytes } = member.session;
    const extra = Math.max(0, receiveLimit - receivedBytes - member.base);
    this.#free += member.extra - extra;
    member.extra = extra;
  }

  #giveBack(base: number, sign: 1 | -1): void {
    if (base > SMALL_BASE_BYTES) this.#large += sign * base;
    else if (base > TINY_BASE_BYTES) this.#small += sign * base;
    else {
      const taken = Math.min(0, this.#tiny);
      this.#tiny += sign * base;
      this.#free += Math.min(0, this.#tiny) - taken;
    }
  }
}

/** Room for assembling large messages, granted in the order of asking. */
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

  /** Call it after each frame of a session; returns the sessions that got room. */
  review(session: Session): readonly Session[] {
    if (this.#granted.size === 0 && session.askedSize === 0) return NONE;
    let changed = false;
    if (this.#granted.has(session) && !session.assembling) {
      this.#release(session);
      changed = true;
    }
    if (session.askedSize > 0 && !this.#waiting.has(session)) {
      this.#waiting.add(session);
      changed = true;
    }
    return changed ? this.#serve() : NONE;
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
