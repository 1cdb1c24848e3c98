/** When the loss of a data port is told, and when it is the end of its peer. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PortLoss } from '../../src/link/port-loss.js';
import { withTimersByHand } from '../support/timers-by-hand.js';

const it = suite('link/port-loss');

const TURN_MS = 200;

function stage() {
  const told: string[] = [];
  const peer = { isOver: false };
  const loss = new PortLoss({ isOver: () => peer.isOver, tell: () => void told.push('lost') });
  return { told, peer, loss };
}

it('tells it once, when all that came before it has been read', () =>
  withTimersByHand((timers) => {
    const { told, loss } = stage();
    loss.note();
    for (let turn = 0; turn < 4; turn++) timers.ring(TURN_MS);
    assert.equal([told, timers.set], [[], [TURN_MS]]);
    timers.ring(TURN_MS);
    loss.settle();
    assert.equal([told, timers.set], [['lost'], []]);
  }));

it('tells nothing of a peer that has left, before or soon after', () =>
  withTimersByHand((timers) => {
    for (let turns = 0; turns <= 5; turns++) {
      const { told, peer, loss } = stage();
      if (turns === 0) peer.isOver = true;
      loss.note();
      for (let turn = 1; turn <= 5; turn++) {
        if (turn === turns) peer.isOver = true;
        timers.ring(TURN_MS);
      }
      loss.settle();
      assert.equal([told, timers.set], [[], []], `after ${turns} turns`);
    }
  }));

it('tells it before the port is taken again, and each of two losses', () =>
  withTimersByHand((timers) => {
    const { told, loss } = stage();
    loss.note();
    loss.settle();
    assert.equal([told, timers.set], [['lost'], []]);
    loss.note();
    timers.ring(TURN_MS);
    loss.note();
    assert.equal(told, ['lost', 'lost']);
    for (let turn = 0; turn < 5; turn++) timers.ring(TURN_MS);
    assert.equal([told, timers.set], [['lost', 'lost', 'lost'], []]);
  }));

it.run();
