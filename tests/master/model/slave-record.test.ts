/** A master's record of one slave: what it was given, in which groups, and what it may claim of it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError } from '../../../src/errors.js';
import type { GivenRun } from '../../../src/master/model/given-run.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import type { Task } from '../../../src/master/model/task.js';
import type { TaskGroup } from '../../../src/master/model/task-group.js';
import { createEntry, createSlave, createTask, makeKind } from '../parts.js';

const test = suite('master/slave-record');
const entry = createEntry();

/** A group of `count` tasks from the number `first` on, which stand in it. */
function groupOf(slave: SlaveRecord, first: number, count: number): TaskGroup {
  const tasks = Array.from({ length: count }, (_, at) => createTask(first + at, entry));
  const run: GivenRun | undefined = undefined;
  const group = { slave, tasks, firstIndex: first, sentAt: 0, message: 1, open: count, next: undefined, run };
  for (const [at, task] of tasks.entries()) {
    task.toRunning(group, first + at);
  }
  return group;
}

const numbers = (tasks: readonly Task[]): number[] => tasks.map(({ number }) => number);
const firsts = (slave: SlaveRecord): number[] => [...slave.groups].map(({ firstIndex }) => firstIndex);

function close(slave: SlaveRecord, group: TaskGroup): void {
  for (const task of group.tasks) task.leaveGroup();
  group.open = 0;
  slave.groups.close();
}

test('it lists open tasks in the order in which they were given', () => {
  const slave = createSlave(0);
  const groups = [groupOf(slave, 0, 2), groupOf(slave, 2, 1), groupOf(slave, 3, 2)];
  for (const group of groups) slave.groups.add(group);
  assert.is(slave.groups.open, 3);
  slave.openTasks()[1]?.leaveGroup();
  assert.equal(numbers(slave.openTasks()), [0, 2, 3, 4]);
});

test('groups without an open task are forgotten from the oldest on', () => {
  const slave = createSlave(0);
  const [a, b, c] = [groupOf(slave, 0, 1), groupOf(slave, 1, 1), groupOf(slave, 2, 1)] as const;
  for (const group of [a, b, c]) slave.groups.add(group);
  close(slave, b);
  assert.equal([firsts(slave), slave.groups.open], [[0, 1, 2], 2]);
  close(slave, a);
  assert.equal([firsts(slave), slave.groups.open], [[2], 1]);
  close(slave, c);
  assert.equal([firsts(slave), slave.groups.open, slave.groups.oldest], [[], 0, undefined]);
  slave.groups.add(groupOf(slave, 9, 1));
  assert.equal(firsts(slave), [9]);
});

test('behind one that runs for long, closed groups do not gather', () => {
  const slave = createSlave(0);
  slave.groups.add(groupOf(slave, 0, 1));
  let most = 0;
  for (let first = 1; first < 1_000; first++) {
    const group = groupOf(slave, first, 1);
    slave.groups.add(group);
    close(slave, group);
    most = Math.max(most, firsts(slave).length);
  }
  assert.ok(most > 10 && most < 100, `${most} groups`);
  assert.is(slave.groups.open, 1);
  slave.groups.add(groupOf(slave, 5_000, 1));
  assert.equal(numbers(slave.openTasks()), [0, 5_000]);
  assert.is(firsts(slave).at(-1), 5_000);
});

test('a run with which it goes on stands before all that it was given since', () => {
  const slave = createSlave(0);
  slave.giveBack(groupOf(slave, 5, 1), true);
  slave.groups.add(groupOf(slave, 6, 1));
  slave.giveBack(groupOf(slave, 4, 1), false);
  assert.equal([firsts(slave), slave.groups.open, slave.outstanding], [[4, 5, 6], 3, 2]);
  assert.is(slave.orderedOutstanding, 1);
  slave.releaseAll();
  assert.equal([firsts(slave), slave.groups.open, slave.outstanding], [[], 0, 0]);
  slave.groups.add(groupOf(slave, 8, 1));
  assert.equal(firsts(slave), [8]);
});

test('results are counted by session, never more than it was given tasks', () => {
  const slave = createSlave(2);
  for (let index = 0; index < 5; index++) slave.takeIndex();
  assert.ok(slave.countResults(2, 3));
  assert.ok(slave.countResults(2, 2));
  assert.throws(
    () => slave.countResults(2, 1),
    (error: Error) => error instanceof FormatError && error.message === '6 results came for 5 tasks',
  );
  assert.not(slave.countResults(7, 1), 'that was never its session');
  // It was two others before, with a hundred tasks each.
  assert.ok(slave.countResults(0, 150));
  assert.ok(slave.countResults(1, 50));
  assert.throws(() => slave.countResults(1, 1), /201 results came for 200 tasks/);
});

test('what it brings is not what it was given', () => {
  const slave = createSlave(1);
  slave.bring(3);
  assert.equal([slave.nextIndex, slave.numGiven], [3, 0]);
  slave.takeIndex();
  slave.takeIndex();
  assert.is(slave.numGiven, 2);
  assert.equal(slave.history, [
    { number: 0, given: 100 },
    { number: 1, given: 2 },
  ]);
});

test('of its history the newest hundred sessions are kept', () => {
  const { history } = createSlave(250);
  assert.is(history.length, 100);
  assert.equal([history[0]?.number, history.at(-1)?.number], [151, 250]);
});

test('its slots are what it can run beside what lingers', () => {
  const slave = createSlave(0, 3);
  slave.give(groupOf(slave, 0, 5), 2);
  assert.equal([slave.outstanding, slave.orderedOutstanding, slave.lastGroup], [5, 2, 5]);
  assert.equal([slave.slots, slave.unstarted], [3, 2]);
  for (const number of [1, 2]) slave.noteLingering({ number, index: number });
  assert.equal([slave.slots, slave.unstarted], [1, 4]);
  slave.endLingering(({ index }) => index === 1);
  assert.equal([slave.slots, slave.lingering], [2, [{ number: 2, index: 2 }]]);
});

test('what it takes goes by its group, where it will move, and whether it works', () => {
  const slave = createSlave(0);
  const takes = (): boolean[] => [slave.takesOrdered, slave.takesUnordered];
  assert.equal(takes(), [false, true]);
  makeKind(slave, 'ordered');
  assert.equal(takes(), [true, false]);
  makeKind(slave, 'intermingle');
  assert.equal(takes(), [true, true]);
  slave.draftFor('unordered');
  assert.equal(takes(), [false, false]);
  makeKind(slave, 'intermingle');
  slave.machine.send('tasks-given');
  assert.ok(slave.isWorking);
  assert.equal(takes(), [true, true]);
  slave.machine.send('shutdown-sent');
  assert.not(slave.isWorking);
  assert.equal(takes(), [false, true]);
});

test('it is doomed once a task of it did not stop, be it the first', () => {
  const slave = createSlave(0);
  assert.not(slave.isDoomed);
  slave.noteOverdue(0);
  assert.ok(slave.isDoomed);
});

test('it has mail while ordered tasks wait for it', () => {
  const slave = createSlave(0);
  assert.not(slave.hasMail);
  slave.mailbox.push(createTask(0, entry));
  assert.ok(slave.hasMail);
  slave.mailbox.shift();
  assert.not(slave.hasMail);
});

test('its window is filled, and filled again when half of it is free', () => {
  const slave = createSlave(0);
  const groups = [0, 1, 2, 3].map((first) => groupOf(slave, first, 1)) as TaskGroup[];
  slave.setWindow(4);
  for (const group of groups) {
    assert.ok(slave.judgeFilling());
    slave.groups.add(group);
  }
  assert.not(slave.judgeFilling());
  close(slave, groups[0] as TaskGroup);
  assert.not(slave.judgeFilling(), 'a quarter is free');
  close(slave, groups[1] as TaskGroup);
  assert.ok(slave.judgeFilling());
  slave.groups.add(groupOf(slave, 4, 1));
  assert.ok(slave.judgeFilling(), 'until it is full');
  slave.stopFilling();
  assert.not(slave.judgeFilling());
});

test('each of its places has a window, until its own is wider', () => {
  const slave = createSlave(0, 3);
  for (let first = 0; first < 5; first++) slave.groups.add(groupOf(slave, first, 1));
  assert.ok(slave.judgeFilling());
  slave.groups.add(groupOf(slave, 5, 1));
  assert.not(slave.judgeFilling());
  slave.setWindow(12);
  assert.ok(slave.judgeFilling(), 'half of it is free');
});

test('what it has computed is told once, and the first of it is noted', () => {
  const slave = createSlave(0);
  assert.equal([slave.noteComputed(2, 30), slave.noteComputed(1, 12, 1)], [true, false]);
  assert.equal(slave.takeComputed(), { count: 3, micros: 42, failed: 1 });
  assert.equal(slave.takeComputed(), { count: 0, micros: 0 });
  assert.ok(slave.noteComputed(1, 1));
});

test('it runs alone until it has nothing, and counts what is released', () => {
  const slave = createSlave(0);
  const group = groupOf(slave, 0, 2);
  slave.give(group, 1);
  slave.runAlone();
  slave.release(group, true);
  assert.equal(
    [slave.outstanding, slave.orderedOutstanding, slave.isAlone, slave.groups.open],
    [1, 0, true, 1],
  );
  slave.release(group, false);
  assert.equal(
    [slave.outstanding, slave.orderedOutstanding, slave.isAlone, slave.groups.open],
    [0, 0, false, 0],
  );
});

test('a goodbye is waited for as many ticks as it was given, and what began is never less', () => {
  const slave = createSlave(0);
  slave.sayFarewell({ running: [], begun: 0, sent: 0, error: undefined }, 3);
  assert.equal([slave.tickFarewell(), slave.tickFarewell(), slave.tickFarewell()], [false, false, true]);
  slave.noteBegun(4);
  slave.noteBegun(2);
  assert.is(slave.begun, 4);
});

test('it notes what its session has to send, and the tasks that go on with it', () => {
  const slave = createSlave(0);
  assert.equal([slave.needsFlush, slave.needsTick], [false, false]);
  slave.setNeedsFlush(true);
  assert.equal([slave.needsFlush, slave.needsTick], [true, false]);
  slave.setNeedsTick(true);
  slave.setNeedsFlush(false);
  assert.equal([slave.needsFlush, slave.needsTick], [false, true]);
  const [one, other] = [createTask(0, entry), createTask(1, entry)];
  for (const task of [one, other]) slave.goOnWith(task);
  slave.endGoingOn(one);
  assert.equal(numbers(slave.goingOn), [1]);
  slave.endAllGoingOn();
  assert.equal(slave.goingOn, []);
});

test.run();
