import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MissingSlaves } from '../../../src/master/slaves/missing-slaves.js';

const test = suite('tasks without slaves');

test('it tells once for each time that tasks have waited for ten seconds', () => {
  const drought = new MissingSlaves();
  const told: number[] = [];
  const run = (from: number, to: number, queued: number, slaves: number): void => {
    for (let now = from; now <= to; now += 100) if (drought.tick(now, queued, slaves)) told.push(now);
  };
  run(0, 20_000, 0, 0);
  run(20_100, 60_000, 5, 0);
  assert.equal(told, [30_100]);
  run(60_100, 61_000, 5, 1);
  run(61_100, 71_000, 5, 0);
  assert.equal(told, [30_100], 'a slave was there meanwhile');
  run(71_100, 90_000, 5, 0);
  assert.equal(told, [30_100, 71_100]);
});

test('it tells for how many seconds they have waited', () => {
  const drought = new MissingSlaves();
  drought.tick(1_000, 1, 0);
  assert.is(drought.tick(10_999, 1, 0), undefined);
  assert.is(drought.tick(11_000, 1, 0), 10);
  const late = new MissingSlaves();
  late.tick(0, 1, 0);
  assert.is(late.tick(12_500, 1, 0), 12.5);
});

test.run();
