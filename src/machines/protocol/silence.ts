/** How long the other side of a connection has said nothing. */
export class Silence {
  #since = performance.now();

  /** It has said something. */
  end(): void {
    this.#since = performance.now();
  }

  /** Calls one of the two, the second with how long it is when that is too long. */
  judge(limitMs: number, isAlive: () => void, isLost: (duration: string) => void): void {
    if (this.#ms < limitMs) {
      isAlive();
      return;
    }
    // Expired timers run before sockets are read: after a stall of our own, what was said waits there
    setImmediate(() =>
      setImmediate(() => {
        if (this.#ms < limitMs) isAlive();
        else isLost(`${(this.#ms / 1000).toFixed(1)} s`);
      }),
    );
  }

  get #ms(): number {
    return performance.now() - this.#since;
  }
}
