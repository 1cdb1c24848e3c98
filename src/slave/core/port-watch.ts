/**
 * Notices a data port that stands and carries nothing: a firewall may let a connection pass, and no data. A port
 * that has brought nothing for a while is asked whether it still does.
 */

/** After this silence the master is asked for its position, and again after as much. */
const ASK_AFTER_MS = 2_000;
/** The silence after which a port is left; a main thread that computes for so long makes it silent too. */
const LEAVE_AFTER_MS = 15_000;
/** What a tick adds at most: a slave that was busy itself has not read its sockets yet. */
const MOST_PER_TICK_MS = 200;

export class PortWatch {
  #silentMs = 0;
  #askedAtMs = 0;
  #tickedAt: number | undefined;

  /** A frame came, or there is another port. */
  heard(): void {
    this.#silentMs = 0;
    this.#askedAtMs = 0;
  }

  /** Call it about every 100 ms while frames go through the port. */
  tick(now: number): 'ask' | 'leave' | undefined {
    this.#silentMs += Math.min(MOST_PER_TICK_MS, now - (this.#tickedAt ?? now));
    this.#tickedAt = now;
    if (this.#silentMs >= LEAVE_AFTER_MS) return 'leave';
    if (this.#silentMs - this.#askedAtMs < ASK_AFTER_MS) return undefined;
    this.#askedAtMs = this.#silentMs;
    return 'ask';
  }
}
