/** Quick tasks on many simulated slaves: a few run them, and all do as soon as some of the tasks are long. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { measureMakespan } from './makespan.js';

const SEEDS = 1;
const SLAVES = 60;

const test = suite('simulation/crew at length');

/** The number of slaves that were given all but a twentieth of the tasks. */
function busiest(given: readonly number[]): number {
  const most = 0.95 * given.reduce((sum, count) => sum + count, 0);
  let count = 0;
  let sum = 0;
  for (const each of [...given].sort((a, b) => b - a)) {
    if (sum >= most) break;
    sum += each;
    count++;
  }
  return count;
}

for (let seed = 0; seed < SEEDS; seed++) {
  test(`tasks of no length go to a few slaves, whether the master is busy or has time: seed ${seed}`, () => {
    const quick = { seed, tasks: 20_000, waves: 10, slaves: SLAVES, draw: () => 0, waits: false };
    const [busy = 0, idle = 0] = [1, 0].map((busyShare) =>
      busiest(measureMakespan({ ...quick, busyShare }).given),
    );
    assert.ok(busy <= 10 && idle <= 10, `${busy} and ${idle}`);
  });

  test(`a few long tasks among them find a free slave while the master has time: seed ${seed}`, () => {
    const draw = (random: () => number): number => (random() < 0.01 ? 2_000 : 0);
    const work = { seed, tasks: 20_000, slaves: SLAVES, draw, waits: false, busyShare: 0.4 };
    const { ms, greedyMs, given } = measureMakespan(work);
    assert.ok(ms <= 1.6 * greedyMs, `${ms} ms instead of ${greedyMs}: ${given.join()}`);
  });

  test(`tasks of a millisecond go to all: seed ${seed}`, () => {
    const { given } = measureMakespan({ seed, tasks: 6_000, slaves: SLAVES, draw: () => 1, waits: false });
    assert.ok(busiest(given) >= 0.9 * SLAVES, given.join());
  });
}

test.run();
