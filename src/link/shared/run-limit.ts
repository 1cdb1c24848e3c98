/** The one run of a slave with the next time limit, shared by main and its sentinel. */

import { haltAt } from './halt.js';

/** Main's data about a run with a time limit. */
export interface LimitedRun {
  /** Its remaining milliseconds when the sentinel first sees it. */
  readonly leftMs: number;
  /** The task's number, for messages, and its limit. */
  readonly task: number;
  readonly limitMs: number;
  /** 1 if its master has killed it: the limit is what it has to stop. Otherwise 0. */
  readonly killed: number;
  /** Its place among the tasks of its session, and the generation of that session's claims. */
  readonly index: number;
  readonly generation: number;
}

const DOUBLES = ['leftMs', 'task', 'limitMs', 'killed', 'index', 'generation'] as const;
const WORD_BYTES = 8;

/**
 * One word decides between main, which ends the run, and the sentinel, which ends the process:
 *
 *     0 --set, main--> serial --clear, main--> 0
 *                             --condemn, sentinel--> -serial, for good
 *
 * If main comes to `clear` after the run was condemned, it stops there, so that no other task is running when
 * the process ends.
 */
export class RunLimit {
  readonly buffer: SharedArrayBuffer;
  readonly #word: Int32Array;
  readonly #run: Float64Array;
  #serial = 0;

  constructor(buffer?: SharedArrayBuffer) {
    this.buffer =
      buffer ?? new SharedArrayBuffer(WORD_BYTES + DOUBLES.length * Float64Array.BYTES_PER_ELEMENT);
    this.#word = new Int32Array(this.buffer, 0, 1);
    this.#run = new Float64Array(this.buffer, WORD_BYTES, DOUBLES.length);
  }

  /** Main's: nothing is limited at that moment. */
  set(run: LimitedRun): void {
    for (const [at, field] of DOUBLES.entries()) this.#run[at] = run[field];
    this.#serial = (this.#serial % 0x3fff_ffff) + 1;
    Atomics.store(this.#word, 0, this.#serial);
  }

  /** Main's: that run has ended. Does not return if its sentinel was quicker. */
  clear(): void {
    const serial = this.#serial;
    if (Atomics.compareExchange(this.#word, 0, serial, 0) !== -serial) return;
    haltAt(this.#word, 0, -serial);
  }

  /** The sentinel's: the run to watch, and a number that identifies it. */
  current(): (LimitedRun & { readonly serial: number }) | undefined {
    const serial = Atomics.load(this.#word, 0);
    if (serial <= 0) return undefined;
    const [leftMs = 0, task = 0, limitMs = 0, killed = 0, index = 0, generation = 0] = this.#run;
    return { serial, leftMs, task, limitMs, killed, index, generation };
  }

  /** The sentinel's: false if the run has ended. */
  condemn(serial: number): boolean {
    return Atomics.compareExchange(this.#word, 0, serial, -serial) === serial;
  }
}
