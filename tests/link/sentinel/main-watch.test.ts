/** A main whose master is gone: it says that it ends, or is ended. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MainWatch } from '../../../src/link/sentinel/main-watch.js';

const test = suite('link/main-watch');

test('a main that does not answer for two seconds is sentenced, once, for the first evidence', () => {
  const watch = new MainWatch();
  assert.is(watch.sentence(10_000), undefined, 'the master is there');
  watch.masterGone('it said so', 10_000);
  watch.masterGone('no beat', 11_500);
  assert.is(watch.sentence(11_999), undefined);
  assert.is(watch.sentence(12_000), 'the master is gone (it said so) and main did not answer for 2 s');
  assert.is(watch.sentence(20_000), undefined);
});

test('a main that says that it ends is left to it', () => {
  const watch = new MainWatch();
  assert.is(watch.isEnding, false);
  watch.masterGone('no beat', 0);
  watch.ending();
  assert.is(watch.isEnding, true);
  assert.is(watch.sentence(10_000), undefined);
});

test.run();
