/** How often a master beats for slaves at rest. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { restIntervalMs } from '../../../src/link/sentinel/rest-interval.js';

const test = suite('link/rest-interval');

for (const [peers, timeoutMs, restMs] of [
  [1, 30_000, 1_000],
  [25, 30_000, 1_000],
  [50, 30_000, 2_000],
  [1_000, 30_000, 3_750],
  [1_000, 3_000, 1_000],
  [5_000, 600_000, 4_500],
] as const) {
  test(`${peers} slaves with a timeout of ${timeoutMs} ms have a beat each ${restMs} ms`, () => {
    assert.is(restIntervalMs(peers, timeoutMs), restMs);
  });
}

test.run();
