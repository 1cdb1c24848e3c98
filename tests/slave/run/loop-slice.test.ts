/** How long tasks may keep the event loop. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LoopSlice } from '../../../src/slave/run/loop-slice.js';

const TURN_MS = 5;

const test = suite('slave/loop-slice');

/** At that time by the clock. */
function at<T>(now: number, body: () => T): T {
  const { performance } = globalThis;
  const real = performance.now;
  performance.now = () => now;
  try {
    return body();
  } finally {
    performance.now = real;
  }
}

test('it is over 5 ms after it began, and begins again', () => {
  const slice = new LoopSlice();
  at(1_000, () => slice.begin());
  assert.not(slice.isOver(1_000 + TURN_MS - 0.1));
  assert.ok(slice.isOver(1_000 + TURN_MS));
  at(2_000, () => slice.begin());
  assert.not(slice.isOver(2_001));
});

test('the next one begins after a turn of the event loop', async () => {
  const slice = new LoopSlice();
  at(0, () => slice.begin());
  let hasTurned = false;
  setImmediate(() => {
    hasTurned = true;
  });
  const began = performance.now();
  await slice.next();
  assert.ok(hasTurned);
  assert.ok(slice.isOver(performance.now() + TURN_MS));
  assert.not(slice.isOver(began + TURN_MS - 0.001));
});

test.run();
