/**
 * A master's side of profiles: one at a time, of a slave or of its own process. A slave's is asked for and fetched piece
 * by piece, each asked for again until it comes; all waits are bounded. Pure.
 */

import type { ProfileNews, ProfileOrder } from '../../threads/profile-messages.js';
import type { Epoch, ProfileAnswer, ProfileRequest } from '../../wire/messages/messages.js';
import type { ProfileOutcome } from './profile-giver.js';

/** While it is taken, and until an answer is missed. */
export const ASK_EVERY_MS = 500;
export const SILENT_MS = 10_000;
/** The slave's own limits are shorter. */
export const LATE_MS = 30_000;
export const FETCH_WITHIN_MS = 120_000;

interface Taken {
  readonly order: ProfileOrder;
  /** Undefined for this process. */
  readonly slave: { readonly epoch: Epoch; readonly id: number } | undefined;
  readonly pieces: Buffer[];
  beganAt: number;
  readyAt: number | undefined;
  heardAt: number;
  askAt: number;
}

/** A request to the slave of this nonce. */
export interface ProfileAsked {
  readonly nonce: string;
  readonly request: ProfileRequest;
}

export class ProfileTaker {
  #taken: Taken | undefined;
  #order: number | undefined;
  #lastId = 0;
  #news: ProfileNews[] = [];

  /** `epoch` is that of the slave's session; undefined if the order's slave has none. */
  order(order: ProfileOrder, epoch: Epoch | undefined, now: number): void {
    if (this.#taken !== undefined) {
      this.#tell({ key: order.key, state: 'failed', reason: 'must wait: another profile is being taken' });
      return;
    }
    if (order.slave !== undefined && epoch === undefined) {
      this.#tell({ key: order.key, state: 'failed', reason: 'is not connected' });
      return;
    }
    const slave = epoch === undefined ? undefined : { epoch, id: ++this.#lastId };
    const times = { beganAt: now, readyAt: undefined, heardAt: now, askAt: now };
    this.#taken = { order, slave, pieces: [], ...times };
    if (slave === undefined) this.#order = order.seconds;
    this.#tell({ key: order.key, state: 'running' });
  }

  /** The seconds of a profile of this process that is to be taken now; once for each. */
  takeOrder(): number | undefined {
    const order = this.#order;
    this.#order = undefined;
    return order;
  }

  /** The outcome of `takeOrder`. */
  recorded(outcome: ProfileOutcome): void {
    if (this.#taken === undefined || this.#taken.slave !== undefined) return;
    if ('fault' in outcome) this.#fail(outcome.fault);
    else this.#finish(outcome.bytes);
  }

  hear(nonce: string, { id, state, at, of, text }: ProfileAnswer, now: number): void {
    const taken = this.#taken;
    if (taken?.slave === undefined || taken.slave.epoch.nonce !== nonce || taken.slave.id !== id) return;
    taken.heardAt = now;
    if (state === 'failed') this.#fail(text);
    if (state !== 'ready' || at !== taken.pieces.length) return;
    taken.readyAt ??= now;
    taken.pieces.push(Buffer.from(text, 'base64'));
    if (taken.pieces.length >= of) {
      this.#finish(Buffer.concat(taken.pieces));
      return;
    }
    taken.askAt = now;
    this.#tell({ key: taken.order.key, state: 'fetching', pieces: taken.pieces.length, of });
  }

  /** The session has ended. */
  forget(nonce: string): void {
    if (this.#taken?.slave?.epoch.nonce === nonce) this.#fail('is gone');
  }

  /** The request that is due, if one is. */
  due(now: number): ProfileAsked | undefined {
    const taken = this.#taken;
    if (taken?.slave === undefined || taken.askAt > now) return undefined;
    const { order, slave, pieces } = taken;
    forgive(taken, now - taken.askAt);
    const late = this.#lateness(taken, now);
    if (late !== undefined) {
      this.#fail(late);
      return undefined;
    }
    taken.askAt = now + ASK_EVERY_MS;
    const { epoch, id } = slave;
    const { run, nonce, sid } = epoch;
    const request = {
      type: 'profile',
      run,
      nonce,
      sid,
      id,
      seconds: order.seconds,
      at: pieces.length,
    } as const;
    return { nonce, request };
  }

  /** The news since the last call. */
  takeNews(): readonly ProfileNews[] {
    if (this.#news.length === 0) return this.#news;
    const news = this.#news;
    this.#news = [];
    return news;
  }

  #lateness({ order, beganAt, readyAt, heardAt }: Taken, now: number): string | undefined {
    if (now - heardAt >= SILENT_MS) {
      return `has not answered for ${SILENT_MS / 1_000} s; a slave of an older ts-mw takes no profiles`;
    }
    if (readyAt === undefined) {
      return now - beganAt >= order.seconds * 1_000 + LATE_MS
        ? 'has not ended its profile in time'
        : undefined;
    }
    return now - readyAt >= FETCH_WITHIN_MS ? 'has sent its profile too slowly' : undefined;
  }

  #finish(bytes: Uint8Array): void {
    const key = this.#taken?.order.key ?? 0;
    this.#taken = undefined;
    this.#tell({ key, state: 'done', bytes });
  }

  #fail(reason: string): void {
    const key = this.#taken?.order.key ?? 0;
    this.#taken = undefined;
    this.#tell({ key, state: 'failed', reason });
  }

  #tell(news: ProfileNews): void {
    this.#news.push(news);
  }
}

/** A thread that stood still has asked nothing, so nobody is late by that time. */
function forgive(taken: Taken, lateMs: number): void {
  if (lateMs <= ASK_EVERY_MS) return;
  taken.beganAt += lateMs;
  taken.heardAt += lateMs;
  if (taken.readyAt !== undefined) taken.readyAt += lateMs;
}
