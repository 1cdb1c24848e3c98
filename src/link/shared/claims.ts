/**
 * Decides which of a slave's tasks are begun and which are taken back, between main and sentinel, by
 * compare-exchange.
 */

import { MwError } from '../../errors.js';
import { haltAt } from './halt.js';

/** The limit of a session's tasks under way at a time. */
export const CLAIM_SLOTS = 65_536;

/** The state of a task, in the low bits of its word. */
const STATE = { waiting: 1, running: 2, done: 3, takenBack: 4, cancelled: 5, condemned: 6 } as const;
const STATE_BITS = 3;
const STATE_MASK = (1 << STATE_BITS) - 1;
/** The next bits count how often the index has gone round the ring; the rest is the session. */
const ROUND_BITS = 13;
const ROUND_MASK = (1 << ROUND_BITS) - 1;
const GENERATION_MASK = 0xffff;

/**
 * Float64 words before the ring: the running index or -1, its begin, the index after the last begun task, the
 * generation.
 */
const HEADER_DOUBLES = 4;
const RUNNING = 0;
const SINCE = 1;
const BEGUN = 2;
const GENERATION = 3;

export interface ClaimActivity {
  /** The running task that began first; -1 if there is none. */
  readonly running: number;
  readonly runningMs: number;
  /** No task from this index on has begun. */
  readonly begun: number;
}

/**
 * The lifecycle of an index of the session, each step taken by one thread only:
 *
 *     (not arrived) --offer, main--> waiting --begin, main--> running --finish, main--> done
 *           \\________takeBack, cancel, sentinel________/          \\__condemn, sentinel--> condemned
 *
 * A main that comes to the end of a condemned run stops there, so that no other task is running when the process ends.
 * A sentinel may be quicker than the data: what it takes back before it has arrived, `offer` refuses.
 * A word that belongs to another round or generation counts as "not arrived", so the ring is never
 * cleared, and a recall of an old session finds nothing. A task that runs for long beside others loses its
 * word when the ring has gone round: then it counts as gone here, and main alone knows that it runs.
 */
export class Claims {
  readonly buffer: SharedArrayBuffer;
  readonly #header: Float64Array;
  readonly #ring: Int32Array;
  /**
   * Main's: the tasks that run beside the one of the header, and their begins, in the order in which they
   * began.
   */
  readonly #beside = new Map<number, number>();

  constructor(buffer?: SharedArrayBuffer) {
    const headerBytes = HEADER_DOUBLES * Float64Array.BYTES_PER_ELEMENT;
    this.buffer = buffer ?? new SharedArrayBuffer(headerBytes + CLAIM_SLOTS * Int32Array.BYTES_PER_ELEMENT);
    this.#header = new Float64Array(this.buffer, 0, HEADER_DOUBLES);
    this.#ring = new Int32Array(this.buffer, headerBytes, CLAIM_SLOTS);
    if (!buffer) this.#header[RUNNING] = -1;
  }

  /** The generation that a session's `takeBack` and `cancel` must name. */
  get generation(): number {
    return this.#header[GENERATION] ?? 0;
  }

  /** Main's: a new session begins, and its indexes start from 0; returns its generation. */
  reset(): number {
    const generation = this.generation + 1;
    this.#header[GENERATION] = generation;
    this.#header[RUNNING] = -1;
    this.#header[BEGUN] = 0;
    this.#beside.clear();
    return generation;
  }

  /** Main's: a task has arrived. False if it was already taken back or cancelled. */
  offer(index: number): boolean {
    const tag = tagOf(this.generation, index);
    for (;;) {
      const word = this.#load(index);
      if (sameTag(word, tag)) return stateOf(word) === STATE.waiting;
      if (sameGeneration(word, tag) && stateOf(word) === STATE.waiting) {
        throw new MwError('ERR_MW_CAPACITY', `more than ${CLAIM_SLOTS} tasks under way at one slave`);
      }
      if (this.#exchange(index, word, tag | STATE.waiting)) return true;
    }
  }

  /** Main's: false if it was taken back or cancelled, and must be skipped. */
  begin(index: number, nowMs: number): boolean {
    const tag = tagOf(this.generation, index);
    if (!this.#exchange(index, tag | STATE.waiting, tag | STATE.running)) return false;
    if (this.#header[RUNNING] === -1) this.#show(index, nowMs);
    else this.#beside.set(index, nowMs);
    this.#header[BEGUN] = index + 1;
    return true;
  }

  /**
   * Main's. A task of an earlier session that ends late changes nothing. Does not return if the sentinel has condemned
   * the run.
   */
  finish(index: number): void {
    const tag = tagOf(this.generation, index);
    if (!this.#exchange(index, tag | STATE.running, tag | STATE.done)) {
      const word = this.#load(index);
      if (word === (tag | STATE.condemned)) haltAt(this.#ring, index % CLAIM_SLOTS, word);
      if (!isBehind(tag, word)) return;
    }
    if (this.#header[RUNNING] !== index) this.#beside.delete(index);
    else if (this.#beside.size === 0) this.#header[RUNNING] = -1;
    else this.#showNext();
  }

  #showNext(): void {
    for (const [index, since] of this.#beside) {
      this.#beside.delete(index);
      this.#show(index, since);
      return;
    }
  }

  #show(index: number, since: number): void {
    this.#header[SINCE] = since;
    this.#header[RUNNING] = index;
  }

  /**
   * The sentinel's: takes back the tasks `from` ≤ index < `to`, from the last one downwards until one
   * that was begun. Returns the first index taken back; `to` if there is none.
   */
  takeBack(generation: number, from: number, to: number): number {
    const first = Math.max(from, to - CLAIM_SLOTS);
    for (let index = to - 1; index >= first; index -= 1) {
      const found = this.#withdraw(generation, index, STATE.takenBack);
      if (found === STATE.running || found === STATE.done || found === STATE.condemned) return index + 1;
    }
    return generation === this.generation ? Math.min(first, to) : to;
  }

  /** The sentinel's: `waiting` means that it will never begin. */
  cancel(generation: number, index: number): 'waiting' | 'running' | 'gone' {
    switch (this.#withdraw(generation, index, STATE.cancelled)) {
      case STATE.waiting:
        return 'waiting';
      case STATE.running:
      case STATE.condemned:
        return 'running';
      default:
        return 'gone';
    }
  }

  /** The sentinel's: whether it runs, as far as its word says. */
  isRunning(generation: number, index: number): boolean {
    return this.#load(index) === (tagOf(generation, index) | STATE.running);
  }

  /** The sentinel's: false if the run has ended. */
  condemn(generation: number, index: number): boolean {
    const tag = tagOf(generation, index);
    return this.#exchange(index, tag | STATE.running, tag | STATE.condemned);
  }

  /** The sentinel's: the current work of the slave. */
  activity(nowMs: number): ClaimActivity {
    const running = this.#header[RUNNING] ?? -1;
    const runningMs = running < 0 ? 0 : Math.max(0, Math.round(nowMs - (this.#header[SINCE] ?? nowMs)));
    return { running, runningMs, begun: this.#header[BEGUN] ?? 0 };
  }

  /** Ends a task that has not begun, and returns its earlier state. */
  #withdraw(generation: number, index: number, end: number): number {
    const tag = tagOf(generation, index);
    for (;;) {
      if (generation !== this.generation) return STATE.done;
      const word = this.#load(index);
      const state = sameTag(word, tag) ? stateOf(word) : STATE.waiting;
      if (state !== STATE.waiting) return state;
      if (!sameTag(word, tag) && isBehind(tag, word)) return STATE.done;
      if (this.#exchange(index, word, tag | end)) return STATE.waiting;
    }
  }

  #load(index: number): number {
    return Atomics.load(this.#ring, index % CLAIM_SLOTS);
  }

  #exchange(index: number, expected: number, value: number): boolean {
    return Atomics.compareExchange(this.#ring, index % CLAIM_SLOTS, expected, value) === expected;
  }
}

function tagOf(generation: number, index: number): number {
  const round = Math.floor(index / CLAIM_SLOTS) & ROUND_MASK;
  return (((generation & GENERATION_MASK) << ROUND_BITS) | round) << STATE_BITS;
}

function stateOf(word: number): number {
  return word & STATE_MASK;
}

function sameTag(word: number, tag: number): boolean {
  return (word & ~STATE_MASK) === tag && stateOf(word) !== 0;
}

function sameGeneration(word: number, tag: number): boolean {
  return word >>> (STATE_BITS + ROUND_BITS) === tag >>> (STATE_BITS + ROUND_BITS);
}

/** Whether the task of `word` has replaced the one with this tag. */
function isBehind(tag: number, word: number): boolean {
  if (stateOf(word) === 0 || !sameGeneration(word, tag)) return false;
  const ahead = ((word >>> STATE_BITS) - (tag >>> STATE_BITS)) & ROUND_MASK;
  return ahead !== 0 && ahead < ROUND_MASK / 2;
}
