/** A data port that does not carry is asked, then left; a slave that was busy itself blames no port. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PortWatch } from '../../../src/slave/core/port-watch.js';

const test = suite('slave/core/port-watch');

/** The words of each tick from `from` to `to`, as `ask 5000`. */
function ticks(watch: PortWatch, from: number, to: number): string[] {
  const said: string[] = [];
  for (let now = from; now <= to; now += 100) {
    const due = watch.tick(now);
    if (due !== undefined) said.push(`${due} ${now}`);
  }
  return said;
}

test('it asks after five seconds, and leaves ten seconds later', () => {
  assert.equal(ticks(new PortWatch(), 0, 15_000), ['ask 5000', 'leave 15000']);
});

test('an answer begins the time anew, and so does another port', () => {
  const watch = new PortWatch();
  assert.equal(ticks(watch, 0, 14_900), ['ask 5000']);
  watch.answered();
  assert.equal(ticks(watch, 15_000, 20_000), ['ask 19900']);
  watch.restart(20_000);
  assert.equal(ticks(watch, 20_100, 25_000), ['ask 25000']);
});

test('without a question there is nothing to answer', () => {
  const watch = new PortWatch();
  ticks(watch, 0, 4_000);
  watch.answered();
  assert.equal(ticks(watch, 4_100, 5_000), ['ask 5000']);
});

test('the time in which the slave itself did not tick hardly counts while a question is open', () => {
  const watch = new PortWatch();
  assert.equal(ticks(watch, 0, 9_000), ['ask 5000']);
  assert.is(watch.tick(600_000), undefined);
  assert.equal(ticks(watch, 600_100, 605_800), ['leave 605800']);
});

test('it needs one tick for each question while all are answered, and quick ones while one is open', () => {
  const watch = new PortWatch();
  watch.restart(1_000);
  assert.is(watch.restMs, 5_000);
  assert.is(watch.tick(4_000), undefined);
  assert.is(watch.restMs, 2_000);
  assert.is(watch.tick(6_000), 'ask');
  assert.is(watch.restMs, 100);
  watch.answered();
  assert.is(watch.restMs, 5_000);
  assert.is(watch.tick(11_000), 'ask');
});

test.run();
