/** Lets those wait that want to hear of a master's news: results, slaves, its end. */

export class News {
  #waiters: (() => void)[] = [];

  /** Resolves on the next news, after `withinMs` at the latest. */
  wait(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (withinMs === Number.POSITIVE_INFINITY) {
        this.#waiters.push(resolve);
        return;
      }
      const timer = setTimeout(resolve, Math.min(withinMs, 2 ** 31 - 1));
      this.#waiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  tell(): void {
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
