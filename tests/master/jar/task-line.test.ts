/** The order in which tasks run: by priority, first in first out within one, and what is taken out between. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TaskLine } from '../../../src/master/jar/task-line.js';
import type { Task } from '../../../src/master/model/task.js';
import { generator } from '../../support/random.js';
import { createEntry, createTask } from '../parts.js';

const test = suite('master/task-line');
const entry = createEntry();
const taskOf = (number: number, priority = 0): Task => createTask(number, entry, { priority });

function lineOf(tasks: readonly Task[]): TaskLine {
  const line = new TaskLine();
  for (const task of tasks) line.push(task);
  return line;
}

function drain(line: TaskLine): number[] {
  const numbers: number[] = [];
  for (let task = line.shift(); task !== undefined; task = line.shift()) numbers.push(task.number);
  assert.is(line.length, 0);
  return numbers;
}

test('it gives higher priorities first, and in each the task that came first', () => {
  const priorities = [0, -1, 5, 0, 5, 1, -1, 0.5];
  const line = lineOf(priorities.map((priority, number) => taskOf(number, priority)));
  assert.is(line.length, priorities.length);
  assert.equal(drain(line), [2, 4, 5, 7, 0, 3, 1, 6]);
});

test('it puts a task back before all others of its priority, and behind none of a lower one', () => {
  const line = lineOf([taskOf(0), taskOf(1, 3), taskOf(2, -3)]);
  for (const task of [taskOf(10), taskOf(11, 3), taskOf(12, -3), taskOf(13, 9)]) line.unshift(task);
  assert.is(line.length, 7);
  assert.equal(drain(line), [13, 11, 1, 10, 0, 12, 2]);
});

test('it counts the tasks before one, as far as it may', () => {
  const tasks = [0, -1, 5, 0, 5, -1].map((priority, number) => taskOf(number, priority));
  const line = lineOf(tasks);
  const before = (most: number): unknown[] => tasks.map((task) => line.countBefore(task, most));
  assert.equal(before(10), [2, 4, 0, 3, 1, 5]);
  assert.equal(before(3), [2, undefined, 0, 3, 1, undefined]);
  assert.is(line.countBefore(taskOf(9, 7), 10), undefined);
});

test('it takes a task out of its place, and says whether it was here', () => {
  const tasks = [taskOf(0), taskOf(1, 3), taskOf(2, 3), taskOf(3, -3), taskOf(4)];
  const [plain, high, , low] = tasks as [Task, Task, Task, Task];
  const line = lineOf(tasks);
  for (const task of [plain, high, low]) assert.ok(line.remove(task));
  assert.is(line.length, 2);
  for (const task of [plain, high, low, taskOf(9, 7), taskOf(10)]) assert.not(line.remove(task));
  assert.is(line.length, 2);
  assert.equal(drain(line), [2, 4]);
});

test('it gives what is left when a whole priority was taken out from under the first', () => {
  const tasks = [taskOf(0, 9), taskOf(1, 5), taskOf(2, 1), taskOf(3, 5)];
  const line = lineOf(tasks);
  for (const index of [1, 3, 0]) assert.ok(line.remove(tasks[index] as Task));
  assert.equal(drain(line), [2]);
});

test('it uses a priority again after it was empty', () => {
  const line = lineOf([taskOf(0, 5)]);
  assert.equal(drain(line), [0]);
  line.push(taskOf(1, 5));
  line.push(taskOf(2, 5));
  assert.is(line.length, 2);
  assert.equal(drain(line), [1, 2]);
});

test('it does what a sorted list does, whatever the order of the calls', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = generator(seed);
    const line = new TaskLine();
    const lists = new Map([-2, -1, 0, 1, 2].map((priority) => [priority, [] as Task[]]));
    const highest = (): Task[] | undefined =>
      [2, 1, 0, -1, -2].map((priority) => lists.get(priority) as Task[]).find((list) => list.length > 0);
    for (let step = 0; step < 400; step++) {
      const list = lists.get(Math.floor(random() * 5) - 2) as Task[];
      const priority = [...lists].find(([, one]) => one === list)?.[0] as number;
      const choice = random();
      if (choice < 0.3) {
        const task = taskOf(step, priority);
        line.push(task);
        list.push(task);
      } else if (choice < 0.45) {
        const task = taskOf(step, priority);
        line.unshift(task);
        list.unshift(task);
      } else if (choice < 0.6 && list.length > 0) {
        const [task] = list.splice(Math.floor(random() * list.length), 1) as [Task];
        assert.ok(line.remove(task));
      } else {
        assert.is(line.shift(), highest()?.shift(), `seed ${seed}`);
      }
      assert.is(
        line.length,
        [...lists.values()].reduce((sum, { length }) => sum + length, 0),
      );
    }
  }
});

test.run();
