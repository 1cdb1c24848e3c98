/** The begins that a second may see. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BeginWindow } from '../../../src/master/jar/begin-window.js';

const test = suite('master/begin-window');

/** When tasks begin that are all there at 0, and that take this long. */
function beginsOf(perSecond: number, count: number, tookMs?: number): number[] {
  const window = new BeginWindow(perSecond);
  const begins: number[] = [];
  for (let now = 0; begins.length < count; now = window.freeAt) {
    window.move(now);
    while (!window.isFull && begins.length < count) {
      begins.push(now);
      const begin = window.begin(now);
      if (tookMs !== undefined) window.noteRun(begin, now + tookMs + 1, tookMs);
    }
  }
  return begins;
}

const rows: [perSecond: number, tookMs: number | undefined, begins: number[]][] = [
  [1, undefined, [0, 1_000, 2_000]],
  [3, undefined, [0, 0, 0, 1_000, 1_000, 1_000, 2_000]],
  [0.5, undefined, [0, 2_000, 4_000]],
  [0.001, undefined, [0, 1_000_000]],
  // A run counts as begun a moment later than it can have, and at most 30 ms later
  [1, 10, [0, 1_011, 2_022]],
  [1, 500, [0, 1_031, 2_062]],
];

for (const [perSecond, tookMs, begins] of rows) {
  const how = tookMs === undefined ? 'without results' : `runs of ${tookMs} ms, a millisecond on their way`;
  test(`${perSecond} per second, ${how}: they begin at ${begins.join(', ')}`, () => {
    assert.equal(beginsOf(perSecond, begins.length, tookMs), begins);
  });
}

test('a begin that is late keeps its place, and so do those after it', () => {
  const window = new BeginWindow(2);
  const late = window.begin(0);
  window.begin(0);
  window.noteRun(late, 300, 0);
  window.move(1_000);
  assert.equal([window.isFull, window.freeAt, window.emptyAt], [true, 1_300, 1_300]);
  window.move(1_300);
  assert.ok(window.isEmpty);
});

test('a result does not make a begin earlier than it was', () => {
  const window = new BeginWindow(1);
  const begin = window.begin(100);
  window.noteRun(begin, 150, 500);
  assert.is(window.freeAt, 1_100);
});

test.run();
