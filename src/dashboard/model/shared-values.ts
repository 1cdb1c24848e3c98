/** The values that slaves were sent, or read from a copy on their machine: the last 200. */

export interface SharedSeen {
  readonly key: string;
  readonly bytes: number;
  sent: number;
  lastMs: number;
}

const MOST_SHARES = 200;

export class SharedValues {
  readonly #shares = new Map<string, SharedSeen>();

  get size(): number {
    return this.#shares.size;
  }

  add(key: string, bytes: number, atMs: number): void {
    let share = this.#shares.get(key);
    if (share === undefined) {
      share = { key, bytes, sent: 0, lastMs: atMs };
      this.#shares.set(key, share);
      const [oldest] = this.#shares.keys();
      if (this.#shares.size > MOST_SHARES && oldest !== undefined) this.#shares.delete(oldest);
    }
    share.sent++;
    share.lastMs = atMs;
  }

  /** Oldest first. */
  list(): SharedSeen[] {
    return [...this.#shares.values()];
  }
}
