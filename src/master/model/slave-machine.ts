/** Moves a slave through its states, by their table. */

import { MOVES, type SlaveEvent, type SlaveState } from './slave-moves.js';

/** Moves one slave through its states and reports every move. */
export class SlaveMachine {
  readonly #onMove: (state: SlaveState, from: SlaveState) => void;
  #state: SlaveState = 'connecting';

  constructor(onMove: (state: SlaveState, from: SlaveState) => void) {
    this.#onMove = onMove;
  }

  get state(): SlaveState {
    return this.#state;
  }

  send(event: SlaveEvent): void {
    const from = this.#state;
    const next = MOVES.get(from)?.[event] ?? from;
    if (next === from) return;
    this.#state = next;
    this.#onMove(next, from);
  }
}
