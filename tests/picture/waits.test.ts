/** Times from submission to the first run, for a long run too. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Waits } from '../../src/picture/waits.js';

const test = suite('waits');

test('each task waits from the turn of its submission', () => {
  const waits = new Waits([1, 5, 20]);
  waits.submitted(10, 1_000);
  waits.submitted(10, 1_500);
  waits.submitted(20, 6_000);
  waits.began(0, 1_500);
  waits.began(9, 3_000);
  waits.began(10, 6_000);
  waits.began(19, 106_000);
  assert.equal(waits.buckets.cumulated(), [2, 3, 3]);
  assert.is(waits.buckets.sum, 0.5 + 2 + 0 + 100);
  waits.began(11, 5_999);
  waits.began(99, 7_000);
  assert.is(waits.buckets.sum, 102.5, 'none waits for less than nothing');
  assert.is(waits.buckets.count, 6);
});

test.run();
