/**
 * How one side of a session moves its frames from the broker to a data port. It waits until none of its frames is
 * under way, so that none is overtaken; then the session says that it has arrived.
 */

/** The time before the other side is asked again for the acknowledgements that are waited for. */
const REPEAT_MS = 1_000;
/** The time for which a frame may be on its way through the broker while others come through the port. */
const OVERTAKEN_MS = 1_000;

export class PortMove {
  #isThere = false;
  #askedAt: number;
  #heardAt: number;

  constructor(now: number) {
    this.#askedAt = now;
    this.#heardAt = now;
  }

  /** Whether frames go through the port; until then, new ones wait. */
  get isThere(): boolean {
    return this.#isThere;
  }

  arrive(): void {
    this.#isThere = true;
  }

  /** The port has brought a frame. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  /** Whether frames that come through the broker can no longer be ones that the port has overtaken. */
  isSilent(now: number): boolean {
    return now - this.#heardAt >= OVERTAKEN_MS;
  }

  /** Whether it waits for acknowledgements, and it is time to ask for them again; notes that this is done. */
  mayAskAgain(now: number): boolean {
    if (this.#isThere || now - this.#askedAt < REPEAT_MS) return false;
    this.#askedAt = now;
    return true;
  }
}
