/** Claims: what becomes of a task, that two threads never both win one, and what is told of what runs. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CLAIM_SLOTS, Claims } from '../../../src/link/shared/claims.js';

const test = suite('link/claims');

/** Claims whose session has these tasks: begun, waiting, or not arrived. */
function claimsWith(begun: number, offered: number): Claims {
  const claims = new Claims();
  claims.reset();
  for (let index = 0; index < offered; index += 1) claims.offer(index);
  for (let index = 0; index < begun; index += 1) claims.begin(index, 0);
  return claims;
}

test('takes back what has not begun, from the end', () => {
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

test('cancels by what it finds', () => {
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

test('tells what runs and since when', () => {
  const claims = claimsWith(0, 2);
  assert.equal(claims.activity(50), { running: -1, runningMs: 0, begun: 0 });
  claims.begin(0, 10);
  assert.equal(claims.activity(50), { running: 0, runningMs: 40, begun: 1 });
  claims.finish(0);
  assert.equal(claims.activity(50), { running: -1, runningMs: 0, begun: 1 });
});

test('of several that run it tells the one that has run longest', () => {
  const claims = claimsWith(0, 3);
  for (const index of [0, 1, 2]) claims.begin(index, 10 * (index + 1));
  assert.equal(claims.activity(50), { running: 0, runningMs: 40, begun: 3 });
  claims.finish(1);
  claims.finish(0);
  assert.equal(claims.activity(50), { running: 2, runningMs: 20, begun: 3 });
  claims.finish(2);
  assert.equal(claims.activity(50), { running: -1, runningMs: 0, begun: 3 });
});

test('a task that runs while the ring goes round beside it loses its word, and nothing else', () => {
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

test('a recall of an earlier session finds nothing, whatever the new one has', () => {
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

test('the ring goes round, and says when too much is under way', () => {
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

test('what was taken back, cancelled or done is begun no more, and what runs is not begun again', () => {
  const claims = claimsWith(0, 4);
  assert.ok(claims.begin(0, 0));
  assert.not(claims.begin(0, 0));
  claims.finish(0);
  assert.not(claims.begin(0, 0));
  claims.cancel(claims.generation, 1);
  assert.not(claims.begin(1, 0));
  assert.not(claims.begin(9, 0), 'it has not arrived');
  assert.is(claims.activity(0).begun, 1);
  assert.ok(claims.begin(2, 0));
  assert.is(claims.activity(0).begun, 3, 'none from this index on');
});

test('a task may be offered twice while it waits', () => {
  const claims = claimsWith(0, 1);
  assert.ok(claims.offer(0));
  claims.begin(0, 0);
  assert.not(claims.offer(0));
});

test('a new session counts from the start, under the next generation', () => {
  const claims = claimsWith(1, 2);
  claims.begin(1, 5);
  const { generation } = claims;
  assert.is(claims.reset(), generation + 1);
  assert.is(claims.generation, generation + 1);
  assert.equal(claims.activity(100), { running: -1, runningMs: 0, begun: 0 });
  claims.offer(0);
  claims.begin(0, 70);
  claims.finish(0);
  assert.equal(
    claims.activity(100),
    { running: -1, runningMs: 0, begun: 1 },
    'nothing of the old one is shown',
  );
});

test('a task of an earlier session that ends late leaves the new one as it is', () => {
  const claims = claimsWith(1, 1);
  claims.reset();
  claims.offer(0);
  claims.begin(0, 10);
  claims.offer(1);
  claims.begin(1, 20);
  claims.finish(7);
  assert.equal(claims.activity(30), { running: 0, runningMs: 20, begun: 2 });
});

test('a recall looks at no more tasks than the ring has', () => {
  const claims = claimsWith(0, 0);
  const to = 3 * CLAIM_SLOTS;
  assert.is(claims.takeBack(claims.generation, 0, to), to - CLAIM_SLOTS);
  assert.is(claims.takeBack(claims.generation, 5, 5), 5);
});

test('of a round that has gone by nothing is taken back, and a round ahead is not behind', () => {
  const claims = claimsWith(0, 0);
  const index = CLAIM_SLOTS + 3;
  assert.ok(claims.offer(index));
  assert.is(claims.cancel(claims.generation, 3), 'gone');
  assert.ok(claims.begin(index, 0), 'the task of the later round is as it was');
  claims.finish(index);
  assert.is(claims.cancel(claims.generation, index + CLAIM_SLOTS), 'waiting');
  assert.not(claims.offer(index + CLAIM_SLOTS));
});

test('it never says that something has run for less than no time', () => {
  const claims = claimsWith(0, 1);
  claims.begin(0, 100);
  assert.is(claims.activity(40).runningMs, 0);
  assert.is(claims.activity(140.6).runningMs, 41);
});

test('main stops at the end of a run that was condemned, and at no other end', () => {
  const claims = new Claims();
  const generation = claims.reset();
  for (const index of [0, 1, 2]) claims.offer(index);
  assert.not(claims.condemn(generation, 0), 'it has not begun');
  for (const index of [0, 1]) claims.begin(index, 0);
  assert.equal([claims.isRunning(generation, 0), claims.isRunning(generation, 2)], [true, false]);
  assert.not(claims.condemn(generation - 1, 0), 'that is another session');
  assert.ok(claims.condemn(generation, 0));
  assert.equal([claims.isRunning(generation, 0), claims.condemn(generation, 0)], [false, false]);
  const { wait } = Atomics;
  let halts = 0;
  Atomics.wait = () => {
    halts++;
    return 'timed-out';
  };
  try {
    claims.finish(1);
    assert.is(halts, 0);
    claims.finish(0);
    assert.is(halts, 1);
  } finally {
    Atomics.wait = wait;
  }
  assert.not(claims.condemn(generation, 1), 'main was quicker');
});

test('of two threads that want a task exactly one gets it', async () => {
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

test.run();
