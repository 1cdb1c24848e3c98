/** Second runs for tasks that take too long: which tasks get one, how many, and what both runs come to. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TaskPolicy } from '../../../src/algorithms/types.js';
import { Backups } from '../../../src/master/dispatch/backups.js';
import { nextLong } from '../../../src/master/dispatch/grouping.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import type { Task } from '../../../src/master/model/task.js';
import type { Farewell, Hello } from '../../../src/wire/messages/messages.js';
import { createEntry, createSlave, makeKind, Parts } from '../parts.js';

/** Seconds of a long run of the algorithm; half as much more is explained by it. */
const LONG = 2;
const LATE_MS = 3_001;

class Stage extends Parts {
  readonly backups: Backups;

  constructor({ isOn = true, slaves = 2 } = {}) {
    super({ taskGroup: 1, slaves });
    this.backups = new Backups({
      isOn,
      jar: this.jar,
      dispatcher: this.dispatcher,
      audit: { emit: (event) => void this.events.push(event) },
      setAside: (task, hasBegun) => this.settlement.setAside(task, hasBegun),
    });
  }

  /** A master that is not busy looks ten times per second. */
  look(now: number): void {
    this.backups.tick(this.slaves, now - 100);
    this.backups.tick(this.slaves, now);
  }

  /** As `number: slave after seconds, of at most expected`. */
  get told(): string[] {
    return this.events.flatMap((event) =>
      event.type === 'task-backed-up'
        ? `${event.taskId}: ${event.sid} ${event.seconds.toFixed(1)} of ${event.expected.toFixed(1)}`
        : [],
    );
  }

  /** Where a task's run is now. */
  placeOf(task: Task): string | undefined {
    return task.group?.slave.sid;
  }
}

/** Given to the first of two slaves at 0, of an algorithm with these times. */
function late(policy: TaskPolicy = {}, isOn = true, long: number | 'unknown' = LONG) {
  const stage = new Stage({ isOn });
  const [slow, idle] = stage.slaves as [SlaveRecord, SlaveRecord];
  const [task] = stage.submit(1, createEntry('work', long === 'unknown' ? undefined : long), policy) as [
    Task,
  ];
  stage.dispatch();
  assert.is(stage.placeOf(task), 'SLAVE-0');
  return { stage, slow, idle, task };
}

const it = suite('master/backups');

it('a task that takes longer than its algorithm explains is given to an idle slave too', () => {
  const { stage, slow, idle, task } = late();
  stage.look(LATE_MS - 1);
  assert.equal(stage.told, []);
  stage.look(LATE_MS);
  assert.equal(stage.told, ['TASK-0: SLAVE-0 3.0 of 3.0']);
  assert.equal([stage.placeOf(task), task.state, task.runningAttempt], ['SLAVE-1', 'running', 1]);
  assert.equal([slow.slots, slow.outstanding, idle.outstanding], [0, 0, 1]);
  assert.equal([task.runs, task.failures], [0, 0], 'it costs no attempt');
  stage.look(10 * LATE_MS);
  assert.is(stage.told.length, 1, 'a third run is never given');
});

it('the first result counts, whosever it is, and the other run is told to stop', () => {
  for (const first of [0, 1]) {
    const { stage, slow, idle } = late();
    stage.look(LATE_MS);
    stage.results(first === 0 ? slow : idle, first, [[0, 1]]);
    assert.equal(stage.takeFates(), ['0 ok']);
    assert.equal(stage.stopped, [`SLAVE-${1 - first}/0`]);
    stage.results(first === 0 ? idle : slow, 1 - first, [[0, 1]]);
    assert.equal(stage.takeFates(), []);
    assert.equal([slow.outstanding, slow.slots, idle.outstanding], [0, 1, 0]);
    assert.equal([slow.goingOn, stage.jar.pending], [[], 0]);
  }
});

for (const [what, policy, isOn] of [
  ['of a master without backup tasks', {}, false],
  ['whose policy says no', { backupTasks: false }, true],
  ['that is not to be run again', { retry: false }, true],
  ['that may have one run', { maxAttempts: 1 }, true],
] as const) {
  it(`a task ${what} gets no second run`, () => {
    const { stage } = late(policy, isOn);
    stage.look(10 * LATE_MS);
    assert.equal(stage.told, []);
  });
}

it('a policy may ask for it on a master without', () => {
  const { stage } = late({ backupTasks: true }, false);
  stage.look(LATE_MS);
  assert.is(stage.told.length, 1);
});

it('nothing is known of an algorithm without results, and little is explained by a fast one', () => {
  const unknown = late({}, true, 'unknown');
  unknown.stage.look(10 * LATE_MS);
  assert.equal(unknown.stage.told, []);
  const fast = late({}, true, 0.000_1);
  fast.stage.look(200);
  assert.equal(fast.stage.told, []);
  fast.stage.look(201);
  assert.is(fast.stage.told.length, 1);
});

it('an ordered task is never run elsewhere', () => {
  const { stage, slow } = late();
  makeKind(slow, 'intermingle');
  const [ordered] = stage.submit(1, createEntry('work', LONG), { sid: slow.sid, doItAnyway: true }) as [Task];
  stage.look(LATE_MS);
  stage.slaves.push(createSlave(2));
  stage.dispatch(LATE_MS);
  stage.look(10 * LATE_MS);
  assert.not(stage.told.some((line) => line.startsWith(ordered.id)));
});

it('all runs together are never more than its policy allows', () => {
  const { stage, slow, idle, task } = late({ maxAttempts: 2 });
  stage.look(LATE_MS);
  stage.lose(slow);
  assert.equal([task.runs, task.failures], [1, 1], 'the loss of its slave is an attempt');
  stage.lose(idle);
  assert.equal(stage.takeFates(), ['0 max-attempts']);
  const again = late({ maxAttempts: 2 });
  again.stage.fail(again.task, 1);
  again.stage.look(LATE_MS);
  assert.equal(again.stage.told, []);
});

it('a lost slave that comes back and never began the first run is held against no task', () => {
  const { stage, slow, task } = late();
  stage.look(LATE_MS);
  stage.lose(slow);
  assert.is(task.runs, 1);
  const back = createSlave(2);
  stage.comebacks.take(back, { previous: slow.number, begun: 0, runs: [] } as Partial<Hello> as Hello);
  assert.is(task.runs, 0);
});

it('when the second run is lost, the first is its run again', () => {
  const { stage, slow, idle, task } = late();
  stage.look(LATE_MS);
  stage.lose(idle);
  assert.equal([stage.placeOf(task), task.runs, slow.slots, slow.outstanding], ['SLAVE-0', 1, 1, 1]);
  stage.results(slow, 0, [[0, 1]]);
  assert.equal([stage.takeFates(), stage.stopped], [['0 ok'], []]);
});

it('a first run that fails is an attempt, and the second goes on', () => {
  const { stage, slow, idle, task } = late({ retryErrors: true, maxAttempts: 3 });
  stage.look(LATE_MS);
  stage.error(slow, 0, 0, 1);
  assert.equal([stage.placeOf(task), task.runs, slow.slots], ['SLAVE-1', 1, 1]);
  stage.error(idle, 1, 0, 1);
  assert.equal([task.state, task.runs, task.attempt], ['queued', 2, 3]);
  const without = late();
  without.stage.look(LATE_MS);
  without.stage.error(without.slow, 0, 0, 1);
  assert.equal(without.stage.takeFates(), ['0 error'], 'an error is a result where errors are not retried');
});

it('a first run that did not stop in time is an attempt, whose slave is ended for it', () => {
  const { stage, slow, task } = late({ timeoutSeconds: 10 });
  stage.look(LATE_MS);
  stage.settlement.takeOverdue(slow, 5, LATE_MS);
  assert.is(task.runs, 0);
  stage.settlement.takeOverdue(slow, 0, LATE_MS);
  assert.equal([task.runs, stage.placeOf(task), slow.goingOn], [1, 'SLAVE-1', []]);
  stage.lose(slow);
  assert.is(task.runs, 1, 'once');
});

it('a slave that leaves says whether it had begun the run', () => {
  const leave = (running: readonly number[], begun: number): readonly number[] => {
    const { stage, slow, task } = late();
    stage.look(LATE_MS);
    const farewell: Farewell = { running, begun, sent: 0, error: undefined };
    stage.lose(slow, { farewell });
    return [task.runs, task.failures];
  };
  assert.equal(
    [leave([0], 1), leave([], 1), leave([], 0)],
    [
      [1, 1],
      [1, 0],
      [0, 0],
    ],
  );
});

it('the worst come first, as far as slaves are idle and a tenth of all tasks allows', () => {
  const stage = new Stage({ slaves: 4 });
  const entries = [createEntry('short', 1), createEntry('long', LONG), createEntry('shorter', 0.5)];
  for (const entry of entries) stage.submit(1, entry);
  stage.dispatch();
  stage.look(10 * LATE_MS);
  assert.equal(stage.told, ['TASK-2: SLAVE-2 30.0 of 0.8']);
  for (const slave of [4, 5].map((number) => createSlave(number))) stage.slaves.push(slave);
  stage.look(11 * LATE_MS);
  assert.is(stage.told.length, 1, 'of three tasks, one');
  while (stage.jar.numbersGiven < 11) stage.jar.nextNumber();
  stage.look(12 * LATE_MS);
  assert.equal(stage.told.slice(1), ['TASK-0: SLAVE-0 36.0 of 1.5']);
});

it('a slave with a place that is free gets no second run of its own task', () => {
  const stage = new Stage({ slaves: 0 });
  stage.slaves.push(createSlave(0, 2));
  stage.submit(1, createEntry('work', LONG));
  stage.dispatch();
  stage.look(LATE_MS);
  assert.equal(stage.told, []);
});

it('what a slave has not begun is asked back first, and run elsewhere if there is no answer', () => {
  const stage = new Stage({ slaves: 1 });
  const [slow] = stage.slaves as [SlaveRecord];
  const entry = createEntry('work', LONG);
  stage.submit(2, entry);
  stage.dispatch();
  while (stage.jar.numbersGiven < 20) stage.jar.nextNumber();
  for (const number of [1, 2]) stage.slaves.push(createSlave(number));
  stage.look(2 * LATE_MS);
  assert.equal(stage.told, ['TASK-0: SLAVE-0 6.0 of 3.0']);
  slow.commands.noteRecall({ id: 1, from: 0, to: 2 });
  stage.look(2 * LATE_MS - 2);
  assert.is(stage.told.length, 1, 'it would begin after the first');
  stage.look(2 * LATE_MS);
  assert.equal(stage.told.slice(1), ['TASK-1: SLAVE-0 6.0 of 6.0']);
});

it('a first run that is taken back before it begins is none', () => {
  const { stage, slow, idle, task } = late();
  stage.look(LATE_MS);
  stage.settlement.takeBack(slow, 1, 5);
  assert.equal([slow.goingOn, slow.slots], [[task], 0]);
  stage.settlement.takeBack(slow, 0, 5);
  assert.equal([slow.goingOn, slow.slots, stage.placeOf(task)], [[], 1, 'SLAVE-1']);
  stage.lose(idle);
  assert.equal([task.state, task.runs], ['queued', 1], 'nobody has it any more');
});

it('a slave is late since its last results', () => {
  const { stage, slow } = late();
  slow.noteResults(2_000, false);
  stage.look(LATE_MS);
  assert.equal(stage.told, []);
  stage.look(2_000 + LATE_MS);
  assert.is(stage.told.length, 1);
});

it('while tasks wait in the jar there is no second run, nor right after the master was busy', () => {
  const { stage } = late();
  stage.submit(1, createEntry());
  stage.look(LATE_MS);
  assert.equal(stage.told, []);
  stage.dispatch(LATE_MS);
  stage.slaves.push(createSlave(2));
  stage.backups.tick(stage.slaves, LATE_MS + 5_000);
  assert.equal(stage.told, [], 'its results may lie unread');
  stage.backups.tick(stage.slaves, LATE_MS + 5_100);
  assert.is(stage.told.length, 1);
});

it('a slave that is leaving, doomed, or not unordered neither gives nor takes', () => {
  const leaving = late();
  leaving.slow.sayFarewell({ running: [0], begun: 1, sent: 0, error: undefined }, 5);
  const doomed = late();
  doomed.slow.noteOverdue(0);
  const ordered = late();
  makeKind(ordered.idle, 'ordered');
  const suspected = late();
  suspected.idle.beSuspected('silent for 5.0 s');
  for (const { stage } of [leaving, doomed, ordered, suspected]) {
    stage.look(10 * LATE_MS);
    assert.equal(stage.told, []);
  }
});

it('the long time of an algorithm is one that about one run in twenty exceeds', () => {
  assert.is(nextLong(undefined, 3), 3);
  assert.is(nextLong(3, 3), 3);
  const times = Array.from({ length: 2_000 }, (_, run) => 1 + ((run * 7_919) % 1_000) / 1_000);
  const long = times.reduce<number | undefined>(nextLong, undefined) as number;
  assert.ok(long > 1.85 && long <= 2, String(long));
  const slowOnes = Array.from({ length: 2_000 }, (_, run) => (run % 60 === 0 ? 10 : 1));
  assert.ok((slowOnes.reduce<number | undefined>(nextLong, undefined) as number) < 1.2);
  let afterNone: number | undefined;
  for (let run = 0; run < 200_000; run++) afterNone = nextLong(afterNone, 0);
  assert.is(afterNone, 1e-6);
  for (let run = 0; run < 200; run++) afterNone = nextLong(afterNone, 2);
  assert.is(afterNone, 2, 'it grows again');
});

it.run();
