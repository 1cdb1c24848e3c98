/** Waiting for a master's news: what wakes, and that nobody is remembered who has stopped waiting. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Wakeups } from '../../../src/master/program/wakeups.js';

const news = suite('news');

news('all that wait are woken, once', async () => {
  const told = new Wakeups();
  const woken: number[] = [];
  const waits = [Number.POSITIVE_INFINITY, 3_600_000, 1e12].map((ms, index) =>
    told.wait(ms).then(() => woken.push(index)),
  );
  assert.is(told.waiting, 3);
  told.tell();
  await Promise.all(waits);
  assert.equal(woken, [0, 1, 2]);
  assert.is(told.waiting, 0);
});

news('who has waited long enough is forgotten', async () => {
  const told = new Wakeups();
  await Promise.all([told.wait(0), told.wait(1)]);
  assert.is(told.waiting, 0);
});

news.run();
