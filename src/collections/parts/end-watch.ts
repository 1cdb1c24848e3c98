/**
 * Tells those that wait for a master when it ends. One listener of its signal serves all: to add one for each wait and
 * to remove it again takes longer than the rest of the wait.
 */

const watches = new WeakMap<AbortSignal, EndWatch>();

export class EndWatch {
  readonly #waiting = new Set<() => void>();

  private constructor(signal: AbortSignal) {
    const tellAll = (): void => {
      for (const onEnd of [...this.#waiting]) onEnd();
    };
    signal.addEventListener('abort', tellAll, { once: true });
  }

  /** That of the master with this signal. */
  static of(signal: AbortSignal): EndWatch {
    let watch = watches.get(signal);
    if (watch === undefined) {
      watch = new EndWatch(signal);
      watches.set(signal, watch);
    }
    return watch;
  }

  /** It is called when the master ends, and held until then, or until it is removed. */
  add(onEnd: () => void): void {
    this.#waiting.add(onEnd);
  }

  remove(onEnd: () => void): void {
    this.#waiting.delete(onEnd);
  }
}
