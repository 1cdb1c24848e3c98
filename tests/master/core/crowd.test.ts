/** Crowds of slaves with long tasks: what travels for each task, and that nobody is left without work. */
import * as assert from 'uvu/assert';
import { MemoryCluster } from '../../../bench/memory-cluster.js';
import { suiteInTurns } from '../../support/turns.js';

const test = suiteInTurns('master/crowd');

const STEPS = 5;

for (const slaves of [10, 1_000, 5_000]) {
  const turn = slaves > 1_000 ? test.long : test;
  turn(
    `${slaves} slaves take two frames a task: it goes, its result comes, each acknowledges the other`,
    () => {
      const cluster = new MemoryCluster({ slaves, group: 'auto', taskMicros: 100_000, tasksPerTick: 1 });
      cluster.submit(3 * slaves);
      const step = (): void => {
        cluster.step();
        cluster.submit(slaves);
      };
      for (let warm = 0; warm < 10; warm++) step();
      const before = { completed: cluster.completed, frames: cluster.frames };
      for (let count = 0; count < STEPS; count++) step();
      const completed = cluster.completed - before.completed;
      assert.is(completed, STEPS * slaves, 'each slave ends a task in each step');
      const frames = (cluster.frames - before.frames) / completed;
      assert.ok(frames < 2.2, `${frames} frames a task`);
    },
  );
}

test('a group that was too long is taken back for those who idle', () => {
  const slow = new MemoryCluster({ slaves: 10, group: 100, taskMicros: 100_000, tasksPerTick: 1 });
  slow.submit(200);
  for (let step = 0; step < 60; step++) slow.step();
  assert.is(slow.completed, 200, 'two slaves alone would have needed a hundred steps');
});

test.run();
