import { whenRead } from '../../structures/when-read.js';

/** The limit of a silence, and how often it is judged, in milliseconds. */
interface Patience {
  readonly limitMs: number;
  readonly everyMs: number;
}

/**
 * How long the other side of a connection has said nothing, while this side could hear it: a time in which this process
 * stood still counts no longer than one in which it did not, since the other one may have stood still with it.
 */
export class Silence {
  #ms = 0;
  #judgedAt = performance.now();

  /** It has said something. */
  end(): void {
    this.#ms = 0;
    this.#judgedAt = performance.now();
  }

  /** Calls one of the two, the second with how long it is when that is too long. */
  judge({ limitMs, everyMs }: Patience, isAlive: () => void, isLost: (duration: string) => void): void {
    const now = performance.now();
    this.#ms += Math.min(everyMs, now - this.#judgedAt);
    this.#judgedAt = now;
    if (this.#ms < limitMs) {
      isAlive();
      return;
    }
    whenRead(() => {
      if (this.#ms < limitMs) isAlive();
      else isLost(`${(this.#ms / 1000).toFixed(1)} s`);
    });
  }
}
