/** The order of tasks in the jar, and what it counts. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AlgorithmEntry, Task } from '../../src/master/task.js';
import { TaskJar } from '../../src/master/task-jar.js';
import { createEntry, createTask } from './parts.js';

const free = (): boolean => false;

function fill(jar: TaskJar, count: number, algorithm: AlgorithmEntry): Task[] {
  return Array.from({ length: count }, () => {
    const task = createTask(jar.nextNumber(), algorithm);
    jar.add(task);
    return task;
  });
}

function drain(jar: TaskJar, isHeld: (task: Task) => boolean = free): number[] {
  const numbers: number[] = [];
  for (let task = jar.take(isHeld); task; task = jar.take(isHeld)) numbers.push(task.number);
  return numbers;
}

const test = suite('master/task-jar');

test('it gives tasks in the order of their submission, and counts them until they are settled', () => {
  const jar = new TaskJar();
  const work = createEntry();
  const tasks = fill(jar, 3, work);
  assert.equal([jar.queued, jar.pending, work.pending, jar.hasReady], [3, 3, 3, true]);
  assert.equal(drain(jar), [0, 1, 2]);
  assert.equal([jar.queued, jar.pending, work.pending, jar.hasReady], [0, 3, 3, false]);
  for (const task of tasks) {
    task.state = 'running';
    assert.is(jar.find(task.number), task);
    jar.settle(task);
    assert.is(jar.find(task.number), undefined);
  }
  assert.equal([jar.queued, jar.pending, work.pending], [0, 0, 0]);
});

test('what is put back comes first, the last one put back before all others', () => {
  const jar = new TaskJar();
  const tasks = fill(jar, 4, createEntry());
  const first = jar.take(free) as Task;
  const second = jar.take(free) as Task;
  for (const task of [second, first]) {
    task.state = 'running';
    jar.putBack(task);
  }
  assert.is(jar.queued, 4);
  assert.equal([first.index, first.group, first.state], [-1, undefined, 'queued']);
  assert.equal(drain(jar), [0, 1, 2, 3]);
  assert.is(tasks.length, 4);
});

test('it passes over a task that was cancelled while it waited, wherever it waited', () => {
  const jar = new TaskJar();
  const [a, b, c] = fill(jar, 3, createEntry()) as [Task, Task, Task];
  jar.settle(b);
  assert.equal([jar.queued, jar.pending], [2, 2]);
  c.suspect = true;
  jar.take(free);
  jar.take(free);
  jar.putBack(c);
  assert.is(jar.hasSuspects, true);
  jar.settle(c);
  assert.is(jar.takeSuspect(), undefined);
  assert.equal([jar.queued, jar.pending], [0, 1]);
  a.state = 'running';
  jar.settle(a);
  assert.is(jar.pending, 0);
});

test('suspects are had from their own queue only', () => {
  const jar = new TaskJar();
  const [a] = fill(jar, 2, createEntry()) as [Task, Task];
  jar.take(free);
  a.suspect = true;
  jar.putBack(a);
  assert.equal(drain(jar), [1]);
  assert.is(jar.queued, 1);
  assert.is(jar.takeSuspect(), a);
  assert.is(jar.takeSuspect(), undefined);
  assert.is(jar.queued, 0);
});

test('tasks of a held algorithm wait aside, and come back before all others in their order', () => {
  const jar = new TaskJar();
  const work = createEntry('work');
  const other = createEntry('other');
  fill(jar, 2, work);
  fill(jar, 1, other);
  fill(jar, 1, work);
  assert.equal(
    drain(jar, ({ algorithm }) => algorithm === work),
    [2],
  );
  assert.equal([jar.queued, jar.hasReady], [3, false]);
  fill(jar, 1, other);
  jar.release((algorithm) => algorithm === work);
  assert.equal(
    drain(jar, ({ algorithm }) => algorithm === work),
    [4],
  );
  fill(jar, 1, other);
  jar.release(free);
  assert.equal(drain(jar), [0, 1, 3, 5]);
  assert.is(jar.queued, 0);
});

test.run();
