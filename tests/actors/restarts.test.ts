/** How often, and after which time, a lost actor is made again. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Restarts } from '../../src/actors/restarts.js';

const it = suite('restarts of actors');

it('are bounded in a row, and each waits twice as long as the one before', () => {
  const restarts = new Restarts(true);
  assert.not(restarts.isInRow);
  assert.equal(
    Array.from({ length: 6 }, () => restarts.next()),
    [100, 200, 400, 800, 1_600, undefined],
  );
  assert.ok(restarts.isInRow);
  restarts.noteWork();
  assert.equal([restarts.isInRow, restarts.next()], [false, 100]);
});

it('wait half a minute at most, as often as the program says', () => {
  const restarts = new Restarts(10);
  const waits = Array.from({ length: 11 }, () => restarts.next());
  assert.equal(waits.slice(-3), [25_600, 30_000, undefined]);
  assert.is(new Restarts(false).next(), undefined);
  assert.is(new Restarts(0).next(), undefined);
});

it.run();
