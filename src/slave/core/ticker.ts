/**
 * Ticks a slave's core: each 100 ms while that may be of use, otherwise as rarely as the core allows. An idle
 * process is cold, so that a wakeup costs it a hundred times the work that it does then.
 */

/** From one tick to the next while something waits. */
export const TICK_MS = 100;
/** The longest time without a tick. */
export const LONGEST_REST_MS = 5_000;

export interface TickerParams {
  /** Returns the time after which it may have something to do again; may be Infinity. */
  readonly tick: () => number;
  /** Runs it once, after this time; returns the function that cancels it. */
  readonly later: (run: () => void, ms: number) => () => void;
}

export class Ticker {
  readonly #params: TickerParams;
  #isSoon = false;
  #isClosed = false;
  #cancel: () => void = () => {};

  constructor(params: TickerParams) {
    this.#params = params;
    this.soon();
  }

  /** Something may need a tick: one comes within 100 ms. Cheap, since it is called for every frame. */
  soon(): void {
    if (this.#isSoon || this.#isClosed) return;
    this.#isSoon = true;
    this.#cancel();
    this.#cancel = this.#params.later(this.#tick, TICK_MS);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  readonly #tick = (): void => {
    // The tick says itself when the next one is due, whatever it asks for meanwhile.
    this.#isSoon = true;
    let restMs = TICK_MS;
    try {
      restMs = this.#params.tick();
    } finally {
      this.#isSoon = restMs <= TICK_MS;
      this.#goOn(restMs);
    }
  };

  #goOn(restMs: number): void {
    if (this.#isClosed) return;
    const ms = Math.min(Math.max(restMs, TICK_MS), LONGEST_REST_MS);
    this.#cancel = this.#params.later(this.#tick, ms);
  }
}
