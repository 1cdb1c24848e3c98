/** Counters and claims: what they say, and that two threads never both win a task. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CLAIM_SLOTS, Claims } from '../../../src/link/shared/claims.js';
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

/** Claims whose session has these tasks: begun, waiting, or not arrived. */
function claimsWith(begun: number, offered: number): Claims {
  const claims = new Claims();
  claims.reset();
  for (let index = 0; index < offered; index += 1) claims.offer(index);
  for (let index = 0; index < begun; index += 1) claims.begin(index, 0);
  return claims;
}

shared('takes back what has not begun, from the end', () => {
  const table: readonly [begun: number, offered: number, from: number, to: number, first: number][] = [
    [0, 10, 0, 10, 0],
    [3, 10, 0, 10, 3],
    [3, 10, 5, 10, 5],
    [10, 10, 0, 10, 10],
    [0, 0, 4, 8, 4],
    [2, 4, 0, 8, 2],
    [2, 4, 8, 8, 8],
  ];
  for (const [begun, offered, from, to, first] of table) {
    const claims = claimsWith(begun, offered);
    assert.is(claims.takeBack(claims.generation, from, to), first, `${begun} ${offered} ${from} ${to}`);
    for (let index = first; index < to; index += 1) {
      assert.is(index < offered ? claims.begin(index, 0) : claims.offer(index), false, `index ${index}`);
    }
    assert.is(claims.takeBack(claims.generation, from, to), first, 'the same answer again');
  }
});

shared('cancels by what it finds', () => {
  const claims = claimsWith(2, 3);
  claims.finish(0);
  const find = (index: number) => claims.cancel(claims.generation, index);
  assert.equal(
    [find(0), find(1), find(2), find(2), find(3)],
    ['gone', 'running', 'waiting', 'gone', 'waiting'],
  );
  assert.is(claims.begin(2, 0), false);
  assert.is(claims.offer(3), false);
});

shared('tells what runs and since when', () => {
  const claims = claimsWith(0, 2);
  assert.equal(claims.activity(50), { running: -1, runningMs: 0, begun: 0 });
  claims.begin(0, 10);
  assert.equal(claims.activity(50), { running: 0, runningMs: 40, begun: 1 });
  claims.finish(0);
  assert.equal(claims.activity(50), { running: -1, runningMs: 0, begun: 1 });
});

shared('of several that run it tells the one that has run longest', () => {
  const claims = claimsWith(0, 3);
  for (const index of [0, 1, 2]) claims.begin(index, 10 * (index + 1));
  assert.equal(claims.activity(50), { running: 0, runningMs: 40, begun: 3 });
  claims.finish(1);
  claims.finish(0);
  assert.equal(claims.activity(50), { running: 2, runningMs: 20, begun: 3 });
  claims.finish(2);
  assert.equal(claims.activity(50), { running: -1, runningMs: 0, begun: 3 });
});

shared('a task that runs while the ring goes round beside it loses its word, and nothing else', () => {
  const claims = claimsWith(1, 1);
  for (let index = 1; index < 2 * CLAIM_SLOTS; index += 1) {
    assert.ok(claims.offer(index) && claims.begin(index, 0));
    claims.finish(index);
  }
  assert.is(claims.activity(0).running, 0);
  assert.is(claims.cancel(claims.generation, 0), 'gone');
  claims.finish(0);
  assert.is(claims.activity(0).running, -1);
});

shared('a recall of an earlier session finds nothing, whatever the new one has', () => {
  const claims = claimsWith(1, 5);
  const old = claims.generation;
  claims.reset();
  assert.is(claims.offer(0), true);
  assert.is(claims.takeBack(old, 0, 5), 5);
  assert.is(claims.cancel(old, 0), 'gone');
  claims.finish(0);
  assert.is(claims.begin(0, 0), true);
  assert.is(claims.begin(1, 0), false);
  assert.is(claims.offer(1), true);
});

shared('the ring goes round, and says when too much is under way', () => {
  const claims = claimsWith(0, 0);
  for (let index = 0; index < 3 * CLAIM_SLOTS; index += 1) {
    assert.ok(claims.offer(index) && claims.begin(index, 0));
    claims.finish(index);
  }
  assert.is(claims.cancel(claims.generation, CLAIM_SLOTS), 'gone');
  const next = 3 * CLAIM_SLOTS;
  for (let index = next; index < next + CLAIM_SLOTS; index += 1) claims.offer(index);
  assert.throws(() => claims.offer(next + CLAIM_SLOTS), /under way/);
});

shared('of two threads that want a task exactly one gets it', async () => {
  const tasks = 300_000;
  const claims = new Claims();
  const generation = claims.reset();
  const progress = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL('./claims-rival.js', import.meta.url), {
    workerData: { buffer: claims.buffer, progress, generation, tasks },
  });
  try {
    await once(worker, 'message'); // it is at work
    const result = once(worker, 'message');
    const begun = new Uint8Array(tasks);
    const refused = new Uint8Array(tasks);
    for (let index = 0; index < tasks; index += 32) {
      for (let i = index; i < index + 32; i += 1) if (!claims.offer(i)) refused[i] = 1;
      Atomics.store(progress, 0, index);
      for (let i = index; i < index + 32; i += 1) {
        if (refused[i] === 1) continue;
        if (claims.begin(i, 0)) {
          begun[i] = 1;
          claims.finish(i);
        }
      }
    }
    Atomics.store(progress, 1, 1);
    const [withdrawn] = (await result) as [Uint8Array];
    let lost = 0;
    let won = 0;
    for (let i = 0; i < tasks; i += 1) {
      assert.is(
        (begun[i] ?? 0) + (withdrawn[i] ?? 0),
        1,
        `task ${i} ended ${begun[i]} + ${withdrawn[i]} times`,
      );
      won += withdrawn[i] ?? 0;
      lost += begun[i] ?? 0;
    }
    assert.ok(won > 0 && lost > 0, `${won} withdrawn, ${lost} begun`);
  } finally {
    await worker.terminate();
  }
});

shared.run();
