/**
 * The recent begins of a queue's tasks: no window of a second may see more of them than the queue allows.
 *
 * The clock is the master's. A task begins when it is given out; but it is a moment on its way, and the next one may
 * be there sooner. So once its result is here, it counts as begun as late as it can have been.
 */

import { Deque } from '../../structures/deque.js';

const SECOND_MS = 1_000;
/** The effect of a task elsewhere, such as a request to a host, is seen there some time after its begin. */
const REACH_MS = 30;

/** One begin; its place is free again at `freeAt`. */
export interface Begin {
  freeAt: number;
}

export class BeginWindow {
  readonly #most: number;
  readonly #lengthMs: number;
  /** In the order of the begins: one that is free earlier than those before it waits for them. */
  readonly #begins = new Deque<Begin>();
  #emptyAt = 0;

  /** A rate below one begin per second has a longer window instead. */
  constructor(perSecond: number) {
    this.#most = Math.max(1, perSecond);
    this.#lengthMs = SECOND_MS * Math.max(1, 1 / perSecond);
  }

  get isFull(): boolean {
    return this.#begins.length >= this.#most;
  }

  get isEmpty(): boolean {
    return this.#begins.length === 0;
  }

  /** No place becomes free before this time; only for a window that is not empty. */
  get freeAt(): number {
    return this.#begins.at(0)?.freeAt ?? 0;
  }

  /** The window is empty then, unless another task begins. */
  get emptyAt(): number {
    return this.#emptyAt;
  }

  /** Forgets begins whose time is over. */
  move(now: number): void {
    while (!this.isEmpty && this.freeAt <= now) this.#begins.shift();
  }

  begin(now: number): Begin {
    const begin = { freeAt: 0 };
    this.#keepUntil(begin, now + this.#lengthMs);
    this.#begins.push(begin);
    return begin;
  }

  /** Its result came at `now`, and the run took this time. */
  noteRun(begin: Begin, now: number, tookMs: number): void {
    const latest = now - tookMs + Math.min(tookMs, REACH_MS);
    this.#keepUntil(begin, Math.max(begin.freeAt, latest + this.#lengthMs));
  }

  #keepUntil(begin: Begin, freeAt: number): void {
    begin.freeAt = freeAt;
    this.#emptyAt = Math.max(this.#emptyAt, freeAt);
  }
}
