/** Tasks that failed, submitted once more: as new tasks, with their arguments and what is left of their policy. */

import { type EmbeddedMaster, type FailedTask, type Fate, UsageError } from 'ts-mw';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fail, square } from '../programs/algorithms.js';
import { SharedCluster, withCluster } from '../support/clusters.js';

const test = suite('resubmit');

const cluster = new SharedCluster(1);
test.after(() => cluster.stop());

async function take(mw: EmbeddedMaster): Promise<Fate[]> {
  const taken: Fate[] = [];
  for await (const fate of mw.results()) taken.push(fate);
  return taken;
}

test(
  'an unrunnable task says all of itself, and runs under another policy',
  cluster.with(async (mw) => {
    const tag = { mine: Symbol('tag') };
    const taskId = square.withTaskPolicy({ sid: 'SLAVE-7', tag, maxAttempts: 2 })(12);
    const [task] = mw.getUnrunnableTasks(square);
    assert.ok(task);
    const { algorithm, args, sid, reason, attempts } = task;
    assert.equal([algorithm, args, sid, reason, attempts], ['square', [12], 'SLAVE-7', 'unknown-sid', 0]);
    assert.is(task.tag, tag);
    assert.is(task.taskId, taskId);

    const same = mw.resubmit(task);
    assert.is.not(same, taskId);
    assert.is(mw.getUnrunnableTasks()[0]?.taskId, same, 'the policy is still that of the task');

    const anywhere = mw.resubmit(task, { doItAnyway: true });
    const [fate] = await take(mw);
    assert.equal([fate?.taskId, fate?.status, fate?.attempts], [anywhere, 'ok', 1]);
    assert.is(fate?.status === 'ok' && fate.packet, 144);
    assert.is(fate?.tag, tag);
  }),
);

test(
  'an error result is submitted again too; nothing else is',
  cluster.with(async (mw) => {
    fail.funcall('overboard');
    square.funcall(2);
    const [first, second] = (await take(mw)).sort((a, b) => a.status.localeCompare(b.status));
    assert.equal([first?.status, second?.status], ['error', 'ok']);
    mw.resubmit(first as FailedTask, { tag: 'again' });
    const [again] = await take(mw);
    assert.equal([again?.status, again?.tag, again?.args], ['error', 'again', ['overboard']]);
    for (const other of [second, { ...first }, undefined, 'TASK-0']) {
      assert.throws(
        () => mw.resubmit(other as FailedTask),
        (error: unknown) => error instanceof UsageError,
      );
    }
  }),
);

test('a fate of one master becomes a task of another', () =>
  withCluster({ flags: { memberId: 'one' } }, 0, async (one) => {
    square.withTaskPolicy({ sid: 'SLAVE-7' })(3);
    const [task] = one.getUnrunnableTasks(square);
    assert.ok(task);
    await cluster.with(async (two) => {
      two.resubmit(task, { doItAnyway: true });
      assert.equal(
        (await take(two)).map((fate) => fate.status === 'ok' && fate.packet),
        [9],
      );
      assert.is(one.pendingTasks, 0);
    })();
  }));

test.run();
