/** Failed tasks that people have submitted again: each once, and only those of which the program can hear. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TaskPolicy } from '../../../src/algorithms/types.js';
import { FailedTasks, type Failure } from '../../../src/master/fates/failed-tasks.js';
import type { Task } from '../../../src/master/model/task.js';
import { CoreStage, type Peer } from './core-stage.js';

const test = suite('master/resubmissions');

const threw = ({ kind }: Failure): boolean => kind === 'threw';
const all = (): boolean => true;

/** All that its slave is given throws, until nothing is left. */
function fail(stage: CoreStage, peer: Peer): void {
  stage.core.dispatch(0);
  for (let given = peer.read(); given.length > 0; given = peer.read()) {
    for (const number of given) peer.deliver(peer.write(number, 1, true));
    stage.core.dispatch(0);
  }
}

test('those that failed in one way are new tasks, once each, whether their fates were taken or not', () => {
  const stage = new CoreStage();
  stage.core.keepFailed();
  const peer = stage.join(0);
  for (let count = 0; count < 3; count++) stage.submit({ tag: count });
  stage.submit({ sid: 'SLAVE-7' });
  fail(stage, peer);
  assert.equal(stage.results(), ['TASK-0', 'TASK-1', 'TASK-2']);
  const { resubmissions } = stage.core;
  const again = resubmissions.resubmitFailed(threw);
  assert.equal([again.taskIds, [...again.refused], again.forgotten], [['TASK-4', 'TASK-5', 'TASK-6'], [], 0]);
  assert.equal(resubmissions.resubmitFailed(threw).taskIds, []);
  // They may fail again, and then they are known by their new numbers
  fail(stage, peer);
  assert.equal(
    stage.core.fates.takeResults(undefined).map(({ taskId, tag }) => `${taskId} ${tag}`),
    ['TASK-4 0', 'TASK-5 1', 'TASK-6 2'],
  );
  assert.equal(resubmissions.resubmitFailed(threw).taskIds, ['TASK-7', 'TASK-8', 'TASK-9']);
});

test('one that the program submits again is not submitted twice', () => {
  const stage = new CoreStage();
  const failed: Task[] = [];
  const kept = stage.core.resubmissions.keepFailed();
  stage.core.keepFailed();
  const peer = stage.join(0);
  stage.submit();
  fail(stage, peer);
  for (const { task } of kept.select(all)) if (task !== undefined) failed.push(task);
  assert.is(stage.core.resubmissions.resubmit(failed[0] as Task, { tag: 'mine' }), 'TASK-1');
  assert.equal(stage.core.resubmissions.resubmitFailed(all).taskIds, []);
});

test('tasks that could only fail at once, or of which nobody could hear, stay as they are, and it is said why', () => {
  const stage = new CoreStage();
  stage.core.keepFailed();
  const peer = stage.join(0);
  const end = new AbortController();
  stage.submit({ signal: end.signal });
  stage.submit({}, { resolve: () => {}, reject: () => {} } as never);
  stage.submit();
  fail(stage, peer);
  stage.submit({ sid: 'SLAVE-7' });
  end.abort();
  const again = stage.core.resubmissions.resubmitFailed(all);
  assert.equal(again.taskIds, ['TASK-4']);
  assert.equal(
    [...again.refused],
    [
      ['the signal of its policy has aborted', 1],
      ['the program awaited it, as a future or in a call such as pmap, and was told of its failure', 1],
      ['it may run on SLAVE-7 alone, which takes no ordered tasks', 1],
    ],
  );
});

test('cancelled tasks did not fail, and without somebody who may ask nothing is kept', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  stage.submit();
  fail(stage, peer);
  stage.core.keepFailed();
  stage.submit();
  stage.core.cancel(1, 0);
  const { taskIds, refused } = stage.core.resubmissions.resubmitFailed(all);
  assert.equal([taskIds, refused.size], [[], 0]);
});

test('the last 10,000 and 16 MB of arguments are kept', () => {
  const failure: Failure = { kind: 'threw', algorithm: 'a', text: 'E: no', frame: undefined };
  const policy: Partial<TaskPolicy> = {};
  const task = (number: number, bytes: number): Task => ({ number, bytes, policy }) as unknown as Task;
  const many = new FailedTasks();
  for (let number = 0; number < 10_002; number++) many.note(task(number, 10), failure);
  assert.equal([many.numForgotten, many.select(all).length, many.select(all)[0]?.number], [2, 10_000, 2]);
  const large = new FailedTasks();
  for (let number = 0; number < 5; number++) large.note(task(number, 6 * 1024 * 1024), failure);
  assert.equal(
    large.select(all).map(({ number }) => number),
    [3, 4],
  );
  large.forget(3);
  large.forget(3);
  large.note(task(5, 6 * 1024 * 1024), failure);
  assert.equal(
    large.select(all).map(({ number }) => number),
    [4, 5],
  );
});

test.run();
