/** Limits the time for which tasks keep the event loop from sockets and timers. */

const TURN_MS = 5;

export class LoopSlice {
  #began = 0;

  /** The event loop has just turned. */
  begin(): void {
    this.#began = performance.now();
  }

  isOver(now: number): boolean {
    return now - this.#began >= TURN_MS;
  }

  /** Lets the event loop turn. */
  async next(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.begin();
  }
}
