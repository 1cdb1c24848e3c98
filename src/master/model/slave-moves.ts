/**
 * The states of a slave as its master sees them, and where each event leads from each: an xstate machine, asked once. The packed
 * library has the answer alone.
 */

import { initialTransition, setup, transition } from 'xstate';

export type SlaveState = 'connecting' | 'idle' | 'busy' | 'shutting-down' | 'disconnected';

const EVENT_TYPES = ['confirmed', 'tasks-given', 'all-settled', 'shutdown-sent', 'gone'] as const;

export type SlaveEvent = (typeof EVENT_TYPES)[number];

const machine = setup({ types: { events: {} as { readonly type: SlaveEvent } } }).createMachine({
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

/**
 * The next state for each event in each state. One actor per slave took a quarter of the master's time for a task that
 * travels alone, and most of the memory of a slave.
 */
export const MOVES = allMoves();

type Moves = Readonly<Partial<Record<SlaveEvent, SlaveState>>>;

/** Visits every state that can be reached; none can be from a final one. */
function allMoves(): ReadonlyMap<SlaveState, Moves> {
  const moves = new Map<SlaveState, Moves>();
  const open = [initialTransition(machine)[0]];
  for (let snapshot = open.pop(); snapshot !== undefined; snapshot = open.pop()) {
    const { value, status } = snapshot;
    if (moves.has(value)) continue;
    const row: Partial<Record<SlaveEvent, SlaveState>> = {};
    moves.set(value, row);
    if (status === 'done') continue;
    for (const type of EVENT_TYPES) {
      const [next] = transition(machine, snapshot, { type });
      row[type] = next.value;
      open.push(next);
    }
  }
  return moves;
}
