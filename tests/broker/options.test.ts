/** The bounds that a broker begins with. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_BOUNDS, DEFAULT_MAX_PAYLOAD } from '../../src/broker/options.js';

const KILOBYTE = 1024;

const options = suite('broker options');

options('the memory that a broker may take, in kilobytes', () => {
  const { maxPending, maxOwnerPending, holdGuestsAt, releaseGuestsAt, maxTotalPending, maxTurn } =
    DEFAULT_BOUNDS;
  const bytes = [DEFAULT_MAX_PAYLOAD, maxPending, maxOwnerPending, holdGuestsAt, releaseGuestsAt];
  assert.equal(
    [...bytes, maxTotalPending, maxTurn].map((size) => size / KILOBYTE),
    [1024, 8 * 1024, 64 * 1024, 3 * 1024, 256, 256 * 1024, 256],
  );
});

options('guests wait long before their owner would be cut, and a client is asked twice', () => {
  const { maxOwnerPending, holdGuestsAt, releaseGuestsAt, maxPingsOut, pingIntervalMs } = DEFAULT_BOUNDS;
  assert.ok(releaseGuestsAt < holdGuestsAt && holdGuestsAt + DEFAULT_MAX_PAYLOAD < maxOwnerPending);
  assert.equal([maxPingsOut, pingIntervalMs], [2, 120_000]);
});

options.run();
