/** Tasks that wait on a slave: their places, their order, and what is skipped. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { GivenTask } from '../../../src/slave/core/given-task.js';
import { TaskQueue } from '../../../src/slave/core/task-queue.js';
import { givenTask } from '../given-task.js';

const test = suite('slave/task-queue');

const task = (index: number, ordered = false): GivenTask => givenTask(100 + index, { index, ordered });

/** A queue of tasks from 0 on, of which some were taken back. */
function queueOf(tasks: readonly GivenTask[], takenBack: readonly number[] = []) {
  const claimed: number[] = [];
  const queue = new TaskQueue({
    claim: (index) => {
      claimed.push(index);
      return !takenBack.includes(index);
    },
    isReady: () => true,
    onSkipped() {},
  });
  for (const one of tasks) queue.push(one);
  return { queue, claimed };
}

test('tasks have their places from 0 on and begin in the order in which they came', () => {
  const { queue } = queueOf([]);
  assert.equal([queue.nextIndex(), queue.nextIndex(), queue.nextIndex()], [0, 1, 2]);
  for (const index of [0, 1, 2]) queue.push(task(index));
  assert.equal([queue.length, queue.begun, queue.head?.index], [3, 0, 0]);
  assert.is(queue.take(false)?.index, 0);
  assert.equal([queue.length, queue.begun, queue.head?.index], [2, 1, 1]);
  assert.equal([queue.take(false)?.index, queue.take(false)?.index], [1, 2]);
  assert.equal([queue.take(false), queue.length, queue.begun, queue.head], [undefined, 0, 3, undefined]);
});

test('one that was taken back is skipped, and counts as begun once a later one begins', () => {
  const { queue, claimed } = queueOf([task(0), task(1), task(2)], [0, 2]);
  assert.is(queue.take(false)?.index, 1);
  assert.is(queue.begun, 2);
  assert.is(queue.take(false), undefined);
  assert.equal([claimed, queue.begun, queue.length], [[0, 1, 2], 2, 0]);
});

test('an ordered one waits for the one before it, unclaimed, with all behind it', () => {
  const { queue, claimed } = queueOf([task(0), task(1, true), task(2)]);
  assert.is(queue.take(true)?.index, 0, 'an unordered one need not wait');
  assert.is(queue.take(true), undefined);
  assert.equal([claimed, queue.length], [[0], 2]);
  assert.is(queue.take(false)?.index, 1);
  assert.is(queue.take(true)?.index, 2);
  assert.is(queue.take(true), undefined);
});

test('a session that begins with running tasks counts them first', () => {
  const { queue } = queueOf([task(0), task(1)]);
  queue.reset(2);
  assert.equal([queue.length, queue.begun, queue.nextIndex()], [0, 2, 2]);
  queue.reset();
  assert.equal([queue.begun, queue.nextIndex()], [0, 0]);
});

test('once closed it gives out nothing and takes nothing, also in another session', () => {
  const { queue } = queueOf([task(0), task(1)]);
  queue.take(false);
  queue.close();
  assert.equal([queue.length, queue.begun], [0, 1]);
  queue.push(task(2));
  queue.reset();
  queue.push(task(0));
  assert.is(queue.take(false), undefined);
});

test.run();
