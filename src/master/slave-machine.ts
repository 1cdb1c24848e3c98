/** The states of a slave as its master sees them, one xstate actor a slave; the audit trail prints the moves. */

import { createActor, setup } from 'xstate';

export type SlaveState = 'connecting' | 'idle' | 'busy' | 'shutting-down' | 'disconnected';

export type SlaveEvent =
  /** The slave has confirmed its welcome. */
  | { readonly type: 'confirmed' }
  | { readonly type: 'tasks-given' }
  | { readonly type: 'all-settled' }
  | { readonly type: 'shutdown-sent' }
  | { readonly type: 'gone' };

const machine = setup({ types: { events: {} as SlaveEvent } }).createMachine({
  id: 'slave',
  initial: 'connecting',
  on: { gone: '.disconnected', 'shutdown-sent': '.shutting-down' },
  states: {
    connecting: { on: { confirmed: 'idle' } },
    idle: { on: { 'tasks-given': 'busy' } },
    busy: { on: { 'all-settled': 'idle' } },
    'shutting-down': { on: { 'shutdown-sent': undefined } },
    disconnected: { type: 'final' },
  },
});

/** Runs one slave's states and tells of every move. */
export class SlaveMachine {
  readonly #actor = createActor(machine);
  #state: SlaveState = 'connecting';

  constructor(onMove: (state: SlaveState) => void) {
    this.#actor.subscribe(({ value }) => {
      if (value === this.#state) return;
      this.#state = value as SlaveState;
      onMove(this.#state);
    });
    this.#actor.start();
  }

  get state(): SlaveState {
    return this.#state;
  }

  send(event: SlaveEvent): void {
    this.#actor.send(event);
  }
}
