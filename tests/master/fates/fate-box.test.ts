/** Fates that nobody took yet: their order, who gets them, and when a program must not get more. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { UnrunnableError } from '../../../src/errors.js';
import { FateBox } from '../../../src/master/fates/fate-box.js';
import type { AlgorithmEntry } from '../../../src/master/model/task.js';
import { TaskFate } from '../../../src/master/model/task-fate.js';
import { createEntry, createTask } from '../parts.js';

const MEGABYTE = 1024 * 1024;

function ok(number: number, algorithm: AlgorithmEntry, bytes = 1): TaskFate {
  return TaskFate.ok(createTask(number, algorithm), 0, number, 0, bytes);
}

function unrunnable(number: number, algorithm: AlgorithmEntry): TaskFate {
  const task = createTask(number, algorithm);
  return TaskFate.unrunnable(task, undefined, new UnrunnableError(task.identity, 'cancelled', 'test', []));
}

const idsOf = (fates: readonly TaskFate[]): string[] => fates.map(({ taskId }) => taskId);

const test = suite('master/fate-box');

test('it hands each fate over once, in order of arrival, by kind and by algorithm', () => {
  const fates = new FateBox();
  const [a, b] = [createEntry('a'), createEntry('b')];
  for (const fate of [ok(0, a), ok(1, b), unrunnable(2, a), ok(3, a), unrunnable(4, b), ok(5, b)])
    fates.put(fate);
  assert.equal([fates.numResults, fates.numUnrunnable], [4, 2]);
  assert.equal(idsOf(fates.takeResults(new Set([b]))), ['TASK-1', 'TASK-5']);
  assert.equal(idsOf(fates.takeUnrunnable(undefined)), ['TASK-2', 'TASK-4']);
  assert.equal(idsOf(fates.takeResults(undefined)), ['TASK-0', 'TASK-3']);
  assert.equal([fates.numResults, fates.numUnrunnable, fates.has(undefined)], [0, 0, false]);
});

test('the next fate is the oldest of the selection, of either kind', () => {
  const fates = new FateBox();
  const [a, b] = [createEntry('a'), createEntry('b')];
  for (const fate of [unrunnable(0, b), ok(1, a), unrunnable(2, a), ok(3, b)]) fates.put(fate);
  assert.is(fates.takeNext(new Set([a]))?.taskId, 'TASK-1');
  const rest = [fates.takeNext(undefined), fates.takeNext(undefined), fates.takeNext(undefined)];
  assert.equal(
    rest.map((fate) => fate?.taskId),
    ['TASK-0', 'TASK-2', 'TASK-3'],
  );
  assert.is(fates.takeNext(undefined), undefined);
});

test('who waits gets the first fate of its selection, and the box none', async () => {
  const fates = new FateBox();
  const [a, b] = [createEntry('a'), createEntry('b')];
  const forB = fates.wait(new Set([b]));
  const forAny = fates.wait(undefined);
  fates.put(ok(0, a));
  fates.put(ok(1, b));
  assert.is((await forAny)?.taskId, 'TASK-0');
  assert.is((await forB)?.taskId, 'TASK-1');
  assert.equal([fates.isAwaited, fates.has(undefined)], [false, false]);
});

test('who waits for what cannot come is let go, and nobody else', async () => {
  const fates = new FateBox();
  const [a, b] = [createEntry('a'), createEntry('b')];
  const forA = fates.wait(new Set([a]));
  const forB = fates.wait(new Set([b]));
  fates.settleIdle((selection) => selection?.has(a) ?? false);
  assert.is(await forA, undefined);
  assert.is(fates.isAwaited, true);
  fates.put(ok(0, b));
  assert.is((await forB)?.taskId, 'TASK-0');
});

test('it is full for one algorithm by number or by bytes, until half of them were taken', () => {
  const fates = new FateBox();
  const [many, large] = [createEntry('many'), createEntry('large')];
  for (let number = 0; number < 200_000; number++) {
    assert.is(fates.judgeFull(many), false);
    fates.put(ok(number, many));
  }
  for (let number = 0; number < 2; number++) {
    assert.is(fates.judgeFull(large), false);
    fates.put(ok(number, large, 64 * MEGABYTE));
  }
  assert.equal([fates.judgeFull(many), fates.judgeFull(large)], [true, true]);
  fates.takeNext(new Set([many]));
  fates.takeNext(new Set([large]));
  assert.equal(
    [fates.judgeFull(many), fates.judgeFull(large)],
    [true, true],
    'not for each fate that is taken',
  );
  fates.takeResults(new Set([many]));
  fates.takeNext(new Set([large]));
  assert.equal([fates.judgeFull(many), fates.judgeFull(large)], [false, false]);
});

test('what is on its way is reckoned at what results took before, unless nothing lies untaken', () => {
  const fates = new FateBox();
  const algorithm = createEntry('work', 1, MEGABYTE);
  assert.is(fates.judgeFull(algorithm, 1_000), false, 'whoever reads would wait for them');
  fates.put(ok(0, algorithm, MEGABYTE));
  assert.equal([fates.judgeFull(algorithm, 126), fates.judgeFull(algorithm, 127)], [false, true]);
  assert.equal([fates.judgeFull(algorithm, 63), fates.judgeFull(algorithm, 62)], [true, false]);
});

test.run();
