/** How soon computations of tasks of mixed length are over, on the average of many seeds. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { logNormal } from '../support/log-normal.js';
import { type Makespan, measureMakespan } from './makespan.js';
import { Chance } from './scheduler.js';

const WORKLOAD = { tasks: 1_000, slaves: 4, draw: (random: () => number) => logNormal(random, 20, 2) };

const MINUTE_MS = 60_000;
/** Of simulated time, for all recalls of a computation together. */
const RECALLED_WITHIN_MS = 2_000;

const MOST_RECALL_SEEDS = 16;

export interface MostTimes {
  /**
   * Of what no schedule can be below. A master that does not know how long tasks take is not always near it, since the
   * longest may begin last: one that has no delays at all takes 1.075 times as long.
   */
  readonly bound?: number;
  /** Of such a master's. */
  readonly greedy: number;
}

export function testMakespans(name: string, seeds: number, most: MostTimes): void {
  const test = suite(name);
  for (const waits of [false, true]) {
    test(`tasks that ${waits ? 'wait' : 'compute'} are done about as soon as they can be`, () => {
      const runs = Array.from({ length: seeds }, (_, seed) => measureMakespan({ ...WORKLOAD, seed, waits }));
      const mean = (of: (run: Makespan) => number): number =>
        runs.reduce((sum, run) => sum + run.ms / of(run), 0) / seeds;
      const { bound = Number.POSITIVE_INFINITY, greedy } = most;
      const times = { bound: mean(({ boundMs }) => boundMs), greedy: mean(({ greedyMs }) => greedyMs) };
      assert.ok(times.bound <= bound && times.greedy <= greedy, JSON.stringify(times));
    });
  }
  test('tasks behind one that takes a minute, in its group too, begin as soon as other slaves are idle', () => {
    for (let seed = 0; seed < Math.min(seeds / 2, MOST_RECALL_SEEDS); seed++) {
      const { random } = new Chance(seed);
      const ms = [1, 2, 5, 20][seed % 4] as number;
      const isLong = new Set(Array.from({ length: 2 }, () => Math.floor(random() * WORKLOAD.tasks)));
      let at = 0;
      const draw = (): number => (isLong.has(at++) ? MINUTE_MS : ms);
      const { lastBegunMs } = measureMakespan({ ...WORKLOAD, seed, draw, waits: seed % 2 === 0 });
      // Two slaves are left for them
      const leastMs = (WORKLOAD.tasks * ms) / 2;
      assert.ok(lastBegunMs <= leastMs + RECALLED_WITHIN_MS, `seed ${seed}, ${ms} ms: ${lastBegunMs} ms`);
    }
  });

  test.run();
}
