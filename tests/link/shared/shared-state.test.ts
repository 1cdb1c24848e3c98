/** The memory that a process shares with its sentinel, seen from both sides, and its counters. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PeerCounters } from '../../../src/link/shared/peer-counters.js';
import { SharedState } from '../../../src/link/shared/shared-state.js';

const shared = suite('shared state');

shared('counters are read through another view of the same memory', () => {
  const main = SharedState.create({ peers: 4 });
  const sentinel = SharedState.open(main.buffers);
  const slot = main.counters.allocate();
  assert.equal(sentinel.counters.read(slot), { sent: 0, received: 0, limit: 0 });
  main.counters.set(slot, 1, 2, 2 ** 50);
  assert.equal(sentinel.counters.read(slot), { sent: 1, received: 2, limit: 2 ** 50 });
});

shared('claims and counters are the same seen from the other side', () => {
  const main = SharedState.create({ peers: 1 });
  const sentinel = SharedState.open(main.buffers);
  const generation = main.claims.reset();
  main.claims.offer(0);
  assert.is(sentinel.claims.generation, generation);
  assert.is(sentinel.claims.cancel(generation, 0), 'waiting');
  assert.not(main.claims.begin(0, 0));
});

shared('a released slot is read no more, also when its place is used again', () => {
  const counters = new PeerCounters(1);
  const first = counters.allocate();
  counters.set(first, 1, 2, 3);
  assert.throws(() => counters.allocate(), /more than 1 peers/);
  counters.release(first);
  counters.release(first);
  assert.is(counters.read(first), undefined);
  const second = counters.allocate();
  assert.is.not(second, first);
  assert.is(counters.read(first), undefined);
  assert.equal(counters.read(second), { sent: 0, received: 0, limit: 0 });
  assert.throws(() => counters.allocate());
});

shared.run();
