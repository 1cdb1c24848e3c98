/** A number of them in a second and no more, and again in the next. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RateLimit } from '../../../src/wire/session/rate-limit.js';

const test = suite('wire/rate-limit');

test('it allows so many in a second, and as many again when the second is over', () => {
  const limit = new RateLimit(3);
  const taken = (now: number): number =>
    Array.from({ length: 9 }, () => limit.take(now)).filter(Boolean).length;
  assert.is(taken(5_000), 3);
  assert.is(taken(5_999), 0);
  assert.is(taken(6_000), 3);
  assert.is(taken(6_500), 0);
  assert.is(taken(60_000), 3);
});

test('the second begins with the first that was taken', () => {
  const limit = new RateLimit(2);
  assert.equal(
    [100, 900, 1_099, 1_100, 1_200, 1_300].map((now) => limit.take(now)),
    [true, true, false, true, true, false],
  );
});

test.run();
