/** The table of live tasks: pages come and go, whatever the order in which tasks end. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_POLICY } from '../../../src/algorithms/policy.js';
import { TaskTable } from '../../../src/master/jar/task-table.js';
import { Task } from '../../../src/master/model/task.js';
import { createEntry } from '../parts.js';

const entry = createEntry();
const taskOf = (number: number): Task => new Task(number, entry, '[]', [], 2, DEFAULT_POLICY, undefined);

const table = suite('task table');

table('it finds what was added and not what was removed, across pages', () => {
  const tasks = new TaskTable();
  for (let number = 0; number < 5_000; number++) tasks.add(taskOf(number));
  for (let number = 0; number < 5_000; number++) if (number % 7 !== 0) tasks.remove(taskOf(number));
  for (let number = 0; number < 5_000; number++) {
    assert.is(tasks.find(number)?.number, number % 7 === 0 ? number : undefined);
  }
  assert.is(tasks.size, Math.ceil(5_000 / 7));
  assert.equal(
    [...tasks].map(({ number }) => number),
    Array.from({ length: tasks.size }, (_, index) => index * 7),
  );
});

table('it is not misled by numbers that no task has, nor by a second removal', () => {
  const tasks = new TaskTable();
  const task = taskOf(3);
  tasks.add(task);
  for (const number of [-1, 0.5, 4, 1e12, Number.NaN]) assert.is(tasks.find(number), undefined);
  tasks.remove(task);
  tasks.remove(task);
  assert.is(tasks.size, 0);
  assert.equal([...tasks], []);
});

table('it takes a number again that lies in a page that went', () => {
  const tasks = new TaskTable();
  tasks.add(taskOf(1));
  tasks.remove(taskOf(1));
  tasks.add(taskOf(2));
  assert.is(tasks.find(1), undefined);
  assert.is(tasks.find(2)?.number, 2);
});

table.run();
