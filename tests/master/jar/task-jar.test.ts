/** The order of tasks in the jar, and what it counts. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TaskJar } from '../../../src/master/jar/task-jar.js';
import type { AlgorithmEntry, Task } from '../../../src/master/model/task.js';
import { createEntry, createTask } from '../parts.js';

const free = (): boolean => false;

function fill(jar: TaskJar, count: number, algorithm: AlgorithmEntry, priority = 0): Task[] {
  return Array.from({ length: count }, () => {
    const task = createTask(jar.nextNumber(), algorithm, { priority });
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
  assert.is(jar.oldest, 0);
  for (const task of tasks) {
    task.toUnplaced();
    assert.is(jar.find(task.number), task);
    jar.settle(task);
    assert.is(jar.find(task.number), undefined);
    assert.is(jar.oldest, task.number === 2 ? undefined : task.number + 1);
  }
  assert.equal([jar.queued, jar.pending, work.pending], [0, 0, 0]);
});

test('what is put back comes first, the last one put back before all others', () => {
  const jar = new TaskJar();
  const tasks = fill(jar, 4, createEntry());
  const first = jar.take(free) as Task;
  const second = jar.take(free) as Task;
  for (const task of [second, first]) {
    task.toUnplaced();
    jar.putBack(task);
  }
  assert.is(jar.queued, 4);
  assert.equal([first.index, first.group, first.state], [-1, undefined, 'queued']);
  assert.equal(drain(jar), [0, 1, 2, 3]);
  assert.is(tasks.length, 4);
});

test('higher priorities come first, and what is put back comes before its own only', () => {
  const jar = new TaskJar();
  const work = createEntry();
  for (const priority of [0, -1, 7, 0.5, 0, 7]) fill(jar, 2, work, priority);
  assert.equal([jar.queued, jar.hasReady], [12, true]);
  const [first, second] = [jar.take(free), jar.take(free)] as [Task, Task];
  assert.equal([first.number, second.number], [4, 5]);
  const [late] = fill(jar, 1, work, 7) as [Task];
  for (const task of [second, first]) {
    task.toUnplaced();
    jar.putBack(task);
  }
  assert.is(jar.queued, 13);
  assert.equal(drain(jar), [4, 5, 10, 11, late.number, 6, 7, 0, 1, 8, 9, 2, 3]);
  assert.equal([jar.queued, jar.hasReady], [0, false]);
});

test('many priorities at once come in their order', () => {
  const jar = new TaskJar();
  const work = createEntry();
  const priorities = Array.from({ length: 500 }, (_, n) => ((n * 7_919) % 251) - 125);
  for (const priority of priorities) fill(jar, 1, work, priority);
  const expected = priorities
    .map((priority, number) => ({ priority, number }))
    .sort((a, b) => b.priority - a.priority || a.number - b.number);
  assert.equal(
    drain(jar),
    expected.map(({ number }) => number),
  );
});

test('tasks set aside come back to the front of their priorities', () => {
  const jar = new TaskJar();
  const [held, other] = [createEntry('held'), createEntry('other')];
  fill(jar, 2, held);
  fill(jar, 2, held, 3);
  fill(jar, 1, other);
  assert.equal(
    drain(jar, (task) => task.algorithm === held),
    [4],
  );
  fill(jar, 1, held, 3);
  jar.release(free);
  assert.equal(drain(jar), [2, 3, 5, 0, 1]);
});

test('it passes over a task that was cancelled while it waited, wherever it waited', () => {
  const jar = new TaskJar();
  const [a, b, c] = fill(jar, 3, createEntry()) as [Task, Task, Task];
  jar.settle(b);
  assert.equal([jar.queued, jar.pending], [2, 2]);
  c.markSuspect();
  jar.take(free);
  jar.take(free);
  jar.putBack(c);
  assert.is(jar.hasSuspects, true);
  jar.settle(c);
  assert.is(jar.takeSuspect(), undefined);
  assert.equal([jar.queued, jar.pending], [0, 1]);
  a.toUnplaced();
  jar.settle(a);
  assert.is(jar.pending, 0);
});

test('suspects are had from their own queue only', () => {
  const jar = new TaskJar();
  const [a] = fill(jar, 2, createEntry()) as [Task, Task];
  jar.take(free);
  a.markSuspect();
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

test('a task is taken out wherever it waits, and put back as it was', () => {
  const jar = new TaskJar();
  const work = createEntry('work');
  fill(jar, 6, work);
  const [aside, , suspect, waiting, plain] = [0, 1, 2, 3, 4].map((number) => jar.find(number)) as Task[];
  const urgent = createTask(jar.nextNumber(), work, { priority: 1 });
  jar.add(urgent);
  for (const task of [urgent, suspect, waiting] as Task[]) {
    jar.remove(task);
    if (task === suspect) task.markSuspect();
    if (task === waiting) jar.putBackAt(1_000, task);
    else if (task === suspect) jar.putBack(task);
  }
  jar.take((task) => task === aside);
  assert.is(jar.queued, 5);
  for (const task of [plain, suspect, waiting, aside] as Task[]) {
    jar.remove(task);
    task.toUnplaced();
  }
  assert.is(jar.queued, 1);
  assert.equal(jar.wake(2_000), []);
  assert.is(jar.takeSuspect(), undefined);
  jar.release(free);
  assert.equal(drain(jar), [5]);
  assert.equal([jar.queued, jar.hasReady], [0, false]);
});

test('what was set aside comes back when its algorithm need not wait any more, and no other', () => {
  const jar = new TaskJar();
  const [work, other] = [createEntry('work'), createEntry('other')];
  fill(jar, 2, work);
  fill(jar, 2, other);
  assert.equal(
    drain(jar, () => true),
    [],
  );
  jar.release(() => true);
  assert.not(jar.hasReady);
  jar.release((algorithm) => algorithm === work);
  assert.equal(drain(jar), [2, 3]);
  jar.release(() => false);
  assert.equal(drain(jar), [0, 1]);
  jar.release(() => false);
  assert.equal([jar.hasReady, jar.queued], [false, 0]);
});

test.run();
