/** A task's knowledge of its runs: which failed, which may still end, and what it may be blamed for. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { noteGiven } from '../../../src/master/model/given-run.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import { SubmissionPlaces } from '../../../src/master/model/submission-places.js';
import type { Task } from '../../../src/master/model/task.js';
import type { TaskGroup } from '../../../src/master/model/task-group.js';
import { createEntry, createSlave, createTask, Parts, WALL_CLOCK_MS } from '../parts.js';

const test = suite('master/task');

function running(): { task: Task; slave: SlaveRecord } {
  const parts = new Parts();
  const [task] = parts.submit(1) as [Task];
  parts.dispatch(7);
  return { task, slave: parts.slaves[0] as SlaveRecord };
}

test('a run that came to nothing is an attempt; a doubtful one is a run alone', () => {
  const task = createTask(3, createEntry());
  const slave = createSlave(4);
  assert.equal([task.id, task.runs, task.failures, task.attempt], ['TASK-3', 0, 0, 1]);
  const first = task.noteRun(slave, 'exit code 1', WALL_CLOCK_MS, false);
  assert.equal(first, {
    sid: 'SLAVE-4',
    host: 'h',
    pid: 4,
    attempt: 1,
    doubtful: false,
    evidence: 'exit code 1',
    at: WALL_CLOCK_MS,
  });
  assert.equal([task.runs, task.failures, task.attempt], [1, 1, 2]);
  task.noteRun(slave, 'silent', 0, true);
  assert.equal([task.runs, task.failures, task.attempt], [2, 1, 2]);
  assert.equal(task.history?.length, 2);
});

test('what a run was charged with can be taken back once, and with the last one the suspicion', () => {
  const { task, slave } = running();
  task.markSuspect();
  const run = noteGiven(task);
  task.takeBackCharge(run);
  assert.equal([task.failures, task.suspect], [0, true], 'it was charged with nothing');
  run.charge = task.noteRun(slave, 'a', 0, false);
  const other = task.noteRun(slave, 'b', 0, true);
  task.takeBackCharge(run);
  assert.equal([task.failures, task.runs, task.suspect, run.charge], [0, 1, true, undefined]);
  task.takeBackCharge(run);
  assert.is(task.failures, 0);
  run.charge = other;
  task.takeBackCharge(run);
  assert.equal([task.failures, task.runs, task.suspect], [0, 0, false]);
});

test('a run that was given is noted once, and found by its session and attempt', () => {
  const { task, slave } = running();
  const run = noteGiven(task);
  assert.equal(
    [run.sid, run.index, run.attempt, run.sentAt, run.charge, run.goesOn],
    [slave.number, 0, 1, 7, undefined, undefined],
  );
  assert.is(noteGiven(task), run);
  assert.is(task.given?.length, 1);
  assert.is(task.givenRun(slave.number, 1), run);
  assert.is(task.givenRun(slave.number, 2), undefined);
  assert.is(task.givenRun(slave.number + 1, 1), undefined);
  task.toResumed(task.group as TaskGroup, 5, 1);
  const second = noteGiven(task);
  assert.is.not(second, run);
  assert.is(task.givenRun(slave.number, 1), second, 'the newest of those that are alike');
});

test('a group of a run that goes on is noted as what it was given as', () => {
  const { task, slave } = running();
  const run = { ...noteGiven(task), sid: 77, attempt: 4 };
  const { group } = task;
  task.toResumed({ ...(group as TaskGroup), run }, 0, 4);
  assert.is(noteGiven(task), run);
  assert.ok(task.runsAs(77, 4));
  assert.not(task.runsAs(77, 3));
  assert.not(task.runsAs(slave.number, 4));
});

test('what runs is told by its slave and attempt', () => {
  const { task, slave } = running();
  assert.ok(task.runsAs(slave.number, 1));
  assert.not(task.runsAs(slave.number, 2));
  assert.not(task.runsAs(slave.number + 1, 1));
  task.leaveGroup();
  assert.not(task.runsAs(slave.number, 1));
});

test('errors about it say where it was submitted', () => {
  const entry = createEntry('work');
  const task = createTask(5, entry);
  assert.equal(task.identity, { taskId: 'TASK-5', algorithm: 'work', submittedAt: undefined });
  entry.places.note(5, 'main.js:3:1');
  assert.is(task.identity.submittedAt, 'main.js:3:1');
});

test('a place is known of the very task, else the few that there are, else none', () => {
  const places = new SubmissionPlaces();
  assert.is(places.of(0), undefined);
  places.note(0, 'a');
  places.note(1, 'b');
  places.note(2, 'a');
  assert.equal(
    [0, 1, 2, 9].map((number) => places.of(number)),
    ['a', 'b', 'a', 'a or b'],
  );
  for (let number = 3; number < 9; number++) places.note(number, `more ${number}`);
  assert.match(places.of(100) ?? '', /^a or b or more 3 or .* or more 8$/);
  places.note(9, 'the ninth');
  assert.equal([places.of(9), places.of(100), places.of(8)], [undefined, undefined, 'more 8']);
});

test('of the first thousand and twenty-four tasks the very place is kept', () => {
  const places = new SubmissionPlaces();
  places.note(0, 'a');
  for (let number = 1; number <= 1_024; number++) places.note(number, 'b');
  assert.equal([places.of(1_023), places.of(1_024)], ['b', 'a or b']);
});

test.run();
