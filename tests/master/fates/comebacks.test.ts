/** Slaves that were taken for dead and come back: what they run on with, what they never began, what counts. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import type { Task } from '../../../src/master/model/task.js';
import type { Hello, OngoingRun } from '../../../src/wire/messages/messages.js';
import { createEntry, createSlave, createTask, makeKind, Parts } from '../parts.js';

const POLICY = { maxAttempts: 2 };

/** A slave that has joined under a number, and says so much of its last session. */
function comeBack(
  parts: Parts,
  number: number,
  { previous, begun = 0, runs = [] }: { previous: number; begun?: number; runs?: readonly OngoingRun[] },
): SlaveRecord {
  const slave = createSlave(number);
  slave.bring(runs.length);
  parts.slaves.push(slave);
  parts.comebacks.take(slave, { previous, begun, runs } as Partial<Hello> as Hello);
  return slave;
}

/** One slave, which has these many tasks and is lost with them. */
function lost(count: number): { parts: Parts; tasks: Task[] } {
  const parts = new Parts({ taskGroup: 1 });
  const tasks = parts.submit(count, createEntry(), POLICY);
  parts.dispatch();
  parts.lose(parts.slaves[0] as SlaveRecord);
  return { parts, tasks };
}

const resumed = (parts: Parts) => parts.events.filter(({ type }) => type === 'task-resumed').length;
const charges = (tasks: readonly Task[]) => tasks.map(({ runs, failures }) => [runs, failures]);

const it = suite('comebacks');

it('a run that goes on is its task’s again, and counts for nothing', () => {
  const { parts, tasks } = lost(1);
  assert.equal(charges(tasks), [[1, 1]]);
  const back = comeBack(parts, 1, { previous: 0, begun: 1, runs: [[0, 0, 1]] });
  assert.equal(charges(tasks), [[0, 0]]);
  assert.is(tasks[0]?.suspect, false);
  assert.equal([back.outstanding, parts.jar.queued, resumed(parts)], [1, 0, 1]);
  assert.equal(parts.dispatch(), [], 'nobody else is given it');
  parts.results(back, 0, [[0, 1]]);
  assert.equal([parts.takeFates(), back.outstanding, parts.stopped], [['0 ok'], 0, []]);
});

it('... as often as its slave is lost and comes back', () => {
  const { parts, tasks } = lost(1);
  for (let number = 1; number <= 5; number++) {
    const runs = [[0, 0, 1]] as const;
    const back = comeBack(parts, number, { previous: number - 1, begun: 1, runs });
    assert.equal(charges(tasks), [[0, 0]]);
    parts.lose(back);
    assert.equal(charges(tasks), [[1, 1]]);
  }
  assert.equal(parts.takeFates(), []);
});

it('... but is an attempt when its slave is lost for good', () => {
  const { parts, tasks } = lost(1);
  parts.lose(comeBack(parts, 1, { previous: 0, begun: 1, runs: [[0, 0, 1]] }));
  const last = createSlave(2);
  parts.slaves.push(last);
  assert.is(parts.dispatch().length, 1);
  assert.is(tasks[0]?.runningAttempt, 2);
  parts.lose(last);
  assert.equal(parts.takeFates(), ['0 max-attempts']);
});

it('its error is an error of its run, not of one that was lost', () => {
  const parts = new Parts();
  const [task] = parts.submit(1, createEntry(), { ...POLICY, retryErrors: true }) as [Task];
  parts.dispatch();
  parts.lose(parts.slaves[0] as SlaveRecord);
  const back = comeBack(parts, 1, { previous: 0, begun: 1, runs: [[0, 0, 1]] });
  parts.error(back, 0, 0, 1);
  assert.equal([task.runs, task.failures, parts.jar.queued], [1, 1, 1]);
});

it('an ordered one is counted where it goes on; if it throws there and may not run elsewhere, its slave was lost', () => {
  const parts = new Parts();
  const [slave] = parts.slaves as [SlaveRecord];
  makeKind(slave, 'ordered');
  const task = createTask(parts.jar.nextNumber(), createEntry(), { sid: slave.sid, retryErrors: true });
  task.addressTo(slave);
  parts.jar.add(task);
  parts.dispatch();
  const back = comeBack(parts, 1, { previous: 0, begun: 1, runs: [[0, 0, 1]] });
  parts.lose(slave);
  assert.equal([back.outstanding, back.orderedOutstanding], [1, 1]);
  parts.error(back, 0, 0, 1);
  assert.equal([parts.takeFates(), back.orderedOutstanding], [['0 slave-lost'], 0]);
});

it('what was never begun counts for nothing, and is suspected no more', () => {
  const { parts, tasks } = lost(2);
  for (const task of tasks) task.markSuspect();
  comeBack(parts, 1, { previous: 0, begun: 1 });
  assert.equal(charges(tasks), [
    [1, 1],
    [0, 0],
  ]);
  assert.equal(
    tasks.map(({ suspect }) => suspect),
    [true, false],
  );
  assert.is(parts.jar.queued, 2);
});

it('a slave is heard about its own earlier sessions only', () => {
  const { parts, tasks } = lost(2);
  const stranger = createSlave(0);
  stranger.bring(1);
  parts.slaves.push(stranger);
  parts.comebacks.take(stranger, { previous: 0, begun: 0, runs: [[0, 0, 1]] } as Partial<Hello> as Hello);
  assert.equal([charges(tasks)[0], stranger.outstanding, resumed(parts)], [[1, 1], 0, 0]);
});

it('a run of no task, or under another attempt, is told to stop', () => {
  const { parts, tasks } = lost(1);
  const runs = [
    [0, 99, 1],
    [0, 0, 7],
    [0, 0, 1],
    [0, 0, 1],
  ] as const;
  const back = comeBack(parts, 1, { previous: 0, begun: 1, runs });
  assert.equal(parts.stopped, ['SLAVE-1/0', 'SLAVE-1/1']);
  assert.equal([back.outstanding, tasks[0]?.index], [1, 2], 'said twice it is one run');
});

/** The task was given to a second slave, before the first one is back with it. */
function twice(): { parts: Parts; task: Task; second: SlaveRecord; back: SlaveRecord } {
  const { parts, tasks } = lost(1);
  const second = createSlave(1);
  parts.slaves.push(second);
  parts.dispatch();
  const back = comeBack(parts, 2, { previous: 0, begun: 1, runs: [[0, 0, 1]] });
  return { parts, task: tasks[0] as Task, second, back };
}

it('a task that another slave has by now is asked back from there', () => {
  const { parts, task, second, back } = twice();
  assert.equal([parts.recalled, back.outstanding, task.runs], [['SLAVE-1/0'], 0, 1]);
  assert.is(back.slots, 0, 'what it is given now would wait behind that run');
  parts.settlement.takeBack(second, 0, 1);
  assert.equal([task.runs, task.group?.slave.sid, second.outstanding], [0, 'SLAVE-2', 0]);
  assert.is(back.slots, 1);
});

it('if it has begun there the first result counts, and the other run is told to stop', () => {
  const first = twice();
  first.parts.results(first.second, 1, [[0, 2]]);
  assert.equal([first.parts.takeFates(), first.parts.stopped], [['0 ok'], ['SLAVE-2/0']]);
  const late = twice();
  late.parts.results(late.back, 0, [[0, 1]]);
  assert.equal([late.parts.takeFates(), late.parts.stopped], [['0 ok'], ['SLAVE-1/0']]);
  assert.is(late.back.slots, 1);
});

it('if the other slave is lost, the run that goes on takes its place', () => {
  const { parts, task, second, back } = twice();
  parts.lose(second);
  assert.equal(parts.takeFates(), [], 'though two runs have been begun, and two are all it has');
  assert.equal([task.group?.slave, task.runs], [back, 1]);
  parts.lose(back);
  assert.equal(parts.takeFates(), ['0 max-attempts'], 'both are gone');
});

it('if its own slave is lost again, the other run is what there is', () => {
  const { parts, task, second, back } = twice();
  parts.lose(back);
  assert.equal([task.group?.slave, task.runs], [second, 1]);
  parts.lose(second);
  assert.equal(parts.takeFates(), ['0 max-attempts']);
});

it('a run that throws beside another one is over, and has counted', () => {
  const parts = new Parts();
  const [task] = parts.submit(1, createEntry(), { ...POLICY, retryErrors: true }) as [Task];
  parts.dispatch();
  parts.lose(parts.slaves[0] as SlaveRecord);
  const second = createSlave(1);
  parts.slaves.push(second);
  parts.dispatch();
  const back = comeBack(parts, 2, { previous: 0, begun: 1, runs: [[0, 0, 1]] });
  parts.error(back, 0, 0, 1);
  assert.equal([task.runs, back.slots, task.group?.slave], [1, 1, second]);
  parts.lose(second);
  assert.equal(parts.takeFates(), ['0 max-attempts']);
});

it('a task that is cancelled is stopped wherever it goes on', () => {
  const { parts, task } = twice();
  parts.settlement.giveUp(task, 'cancelled', 'test');
  assert.equal(parts.stopped.sort(), ['SLAVE-1/0', 'SLAVE-2/0']);
});

it.run();
