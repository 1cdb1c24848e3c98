/** The running tasks of a slave, against a Set. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { GivenTask } from '../../../src/slave/core/given-task.js';
import { RunningTasks } from '../../../src/slave/core/running-tasks.js';
import { createRandom } from '../../wire/session/session-pair.js';
import { givenTask } from '../given-task.js';

const test = suite('slave/running-tasks');

test('they are what a set would have, in the same order, one or many at once', () => {
  const tasks = [1, 2, 3, 4].map((number) => givenTask(number));
  for (let seed = 0; seed < 20; seed++) {
    const random = createRandom(seed);
    const running = new RunningTasks();
    const set = new Set<GivenTask>();
    for (let step = 0; step < 200; step++) {
      const task = tasks[Math.floor(random() * tasks.length)] as GivenTask;
      // A task begins once, and may be ended twice: by its limit, and by itself.
      if (random() < 0.5 && !set.has(task)) {
        running.add(task);
        set.add(task);
      } else {
        running.delete(task);
        set.delete(task);
      }
      assert.equal([...running], [...set], `seed ${seed}`);
      assert.is(running.size, set.size);
      for (const one of tasks) assert.is(running.has(one), set.has(one));
    }
  }
});

test.run();
