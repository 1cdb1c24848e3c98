/**
 * Tells that a data port was lost, unless its peer turns out to have left. A goodbye or a shutdown comes by another
 * connection, and through the sentinel, which holds it back while main is busy: main may see the end of the port first.
 */

/** Turns of the event loop after the loss, each with this time before it: what came before the loss is read in them. */
const TURNS = 5;
const TURN_MS = 200;

export interface PortLossParams {
  /** Whether the peer has left, or was lost itself: nothing is told then. */
  readonly isOver: () => boolean;
  readonly tell: () => void;
}

export class PortLoss {
  readonly #params: PortLossParams;
  #timer: NodeJS.Timeout | undefined;

  constructor(params: PortLossParams) {
    this.#params = params;
  }

  /** The port has ended just now. */
  note(): void {
    this.settle();
    this.#wait(TURNS);
  }

  /** Call it when the port is taken again, so that the loss is told before. */
  settle(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#params.isOver()) this.#params.tell();
  }

  /** One timer after another: a timer that was due while main was busy rings before anything is read. */
  #wait(turns: number): void {
    this.#timer = undefined;
    if (this.#params.isOver()) return;
    const next = (): void => (turns === 1 ? this.settle() : this.#wait(turns - 1));
    this.#timer = setTimeout(next, TURN_MS);
    this.#timer.unref();
  }
}
