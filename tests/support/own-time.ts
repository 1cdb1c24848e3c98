/**
 * Time by the ticks of this thread: what it waits for on its own timers, however long it is kept from the processor
 * meanwhile. A stall, in which none of its timers can ring, counts as one tick.
 */
const TICK_MS = 10;

export class OwnTime implements Disposable {
  #ticks = 0;
  readonly #timer = setInterval(() => this.#ticks++, TICK_MS);

  get ms(): number {
    return this.#ticks * TICK_MS;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
