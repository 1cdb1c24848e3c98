/** A data port that carries nothing is asked, then left; a slave that was busy itself blames no port. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PortWatch } from '../../../src/slave/core/port-watch.js';

const test = suite('slave/core/port-watch');

/** What each tick said from `from` to `to`, as `ask 2000`. */
function ticks(watch: PortWatch, from: number, to: number): string[] {
  const said: string[] = [];
  for (let now = from; now <= to; now += 100) {
    const due = watch.tick(now);
    if (due !== undefined) said.push(`${due} ${now}`);
  }
  return said;
}

test('it asks every two seconds, and leaves after fifteen', () => {
  const watch = new PortWatch();
  const asks = [2, 4, 6, 8, 10, 12, 14].map((seconds) => `ask ${seconds * 1000}`);
  assert.equal(ticks(watch, 0, 15_000), [...asks, 'leave 15000']);
});

test('a frame begins the time anew', () => {
  const watch = new PortWatch();
  ticks(watch, 0, 14_900);
  watch.heard();
  assert.equal(ticks(watch, 15_000, 17_000), ['ask 16900']);
});

test('the time in which the slave itself did not tick hardly counts', () => {
  const watch = new PortWatch();
  ticks(watch, 0, 1_000);
  assert.is(watch.tick(600_000), undefined);
  assert.equal(ticks(watch, 600_100, 600_900), ['ask 600800']);
});

test.run();
