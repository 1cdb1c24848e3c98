import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SlaveMachine } from '../../../src/master/model/slave-machine.js';
import type { SlaveEvent, SlaveState } from '../../../src/master/model/slave-moves.js';

const test = suite('slave machine');

const WAYS: readonly { readonly events: readonly SlaveEvent[]; readonly moves: readonly SlaveState[] }[] = [
  {
    events: ['confirmed', 'tasks-given', 'all-settled', 'shutdown-sent', 'gone'],
    moves: ['idle', 'busy', 'idle', 'shutting-down', 'disconnected'],
  },
  { events: ['tasks-given', 'all-settled', 'confirmed', 'confirmed'], moves: ['idle'] },
  { events: ['gone', 'confirmed', 'shutdown-sent', 'gone'], moves: ['disconnected'] },
  {
    events: ['confirmed', 'tasks-given', 'shutdown-sent', 'all-settled', 'shutdown-sent'],
    moves: ['idle', 'busy', 'shutting-down'],
  },
  { events: ['confirmed', 'tasks-given', 'tasks-given', 'gone'], moves: ['idle', 'busy', 'disconnected'] },
];

for (const { events, moves } of WAYS) {
  test(`${events.join(', ')}: ${moves.join(', ')}`, () => {
    const seen: SlaveState[] = [];
    const machine = new SlaveMachine((state) => seen.push(state));
    assert.is(machine.state, 'connecting');
    for (const event of events) machine.send(event);
    assert.equal(seen, moves);
    assert.is(machine.state, moves.at(-1));
  });
}

test.run();
