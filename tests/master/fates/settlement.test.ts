/** Each task's one fate: from results, forged and late ones too, and from the loss of slaves. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TaskPolicy } from '../../../src/algorithms/types.js';
import { UnrunnableError } from '../../../src/errors.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import type { Task } from '../../../src/master/model/task.js';
import type { Farewell } from '../../../src/wire/messages/messages.js';
import { createEntry, createSlave, Parts, WALL_CLOCK_MS } from '../parts.js';

const test = suite('master/settlement');

interface Loss {
  readonly what: string;
  readonly policy: TaskPolicy;
  /** Runs that failed before. */
  readonly failures: number;
  /** The slave's own word about it, if there is one. */
  readonly farewell?: Farewell;
  /** Of the task that had begun, and of one that waited there: the reason it is unrunnable, or that it is queued. */
  readonly begun: string;
  readonly waiting: string;
}

const losses: readonly Loss[] = [
  { what: 'retried by default', policy: {}, failures: 0, begun: 'suspect', waiting: 'queued' },
  { what: 'not retried', policy: { retry: false }, failures: 0, begun: 'slave-lost', waiting: 'slave-lost' },
  {
    what: 'out of attempts',
    policy: { maxAttempts: 2 },
    failures: 1,
    begun: 'max-attempts',
    waiting: 'max-attempts',
  },
  {
    what: 'not yet out of them',
    policy: { maxAttempts: 3 },
    failures: 1,
    begun: 'suspect',
    waiting: 'suspect',
  },
  {
    what: 'never run twice that may run once',
    policy: { maxAttempts: 1 },
    failures: 0,
    begun: 'max-attempts',
    waiting: 'max-attempts',
  },
  {
    what: 'run alone that has one run left',
    policy: { maxAttempts: 2 },
    failures: 0,
    begun: 'suspect',
    waiting: 'suspect',
  },
  {
    what: 'freed of blame that had not begun',
    policy: { maxAttempts: 1 },
    failures: 0,
    farewell: { running: [], begun: 0, sent: 0 },
    begun: 'queued',
    waiting: 'queued',
  },
  {
    what: 'charged that ran',
    policy: { maxAttempts: 2 },
    failures: 0,
    farewell: { running: [0], begun: 1, sent: 0 },
    begun: 'suspect',
    waiting: 'queued',
  },
  {
    what: 'never run twice that ran and may run once',
    policy: { maxAttempts: 1 },
    failures: 0,
    farewell: { running: [0], begun: 1, sent: 0 },
    begun: 'max-attempts',
    waiting: 'queued',
  },
  {
    what: 'unrunnable that ran and may not be run again',
    policy: { retry: false },
    failures: 0,
    farewell: { running: [0], begun: 1, sent: 0 },
    begun: 'slave-lost',
    waiting: 'slave-lost',
  },
];

test('of a slave that left, what ran is an attempt, what it had ended is doubtful, and the rest is nothing', () => {
  const parts = new Parts({ slaves: 0, taskGroup: 6 });
  const slave = createSlave(0, 3);
  parts.slaves.push(slave);
  const tasks = parts.submit(6, createEntry('slow', 1));
  parts.dispatch();
  parts.lose(slave, { farewell: { running: [1, 3], begun: 4, sent: 9, error: 'uncaught Error: no' } });
  assert.equal(
    tasks.map(({ failures, runs, suspect }) => [failures, runs, suspect]),
    [
      [0, 1, false],
      [1, 1, false],
      [0, 1, false],
      [1, 1, false],
      [0, 0, false],
      [0, 0, false],
    ],
  );
});

test('what ran alone on a slave that left is suspected, however many might have', () => {
  const parts = new Parts({ slaves: 0, taskGroup: 6 });
  const slave = createSlave(0, 3);
  parts.slaves.push(slave);
  const tasks = parts.submit(3, createEntry('slow', 1));
  parts.dispatch();
  parts.lose(slave, { farewell: { running: [1], begun: 2, sent: 9 } });
  assert.equal(
    tasks.map(({ suspect }) => suspect),
    [false, true, false],
  );
});

for (const { what, policy, failures, farewell, begun, waiting } of losses) {
  test(`a task is ${what} when its slave is lost`, () => {
    const parts = new Parts();
    const [slave] = parts.slaves as [SlaveRecord];
    const tasks = parts.submit(2, createEntry(), policy) as [Task, Task];
    for (const task of tasks) parts.fail(task, failures);
    parts.dispatch();
    parts.lose(slave, farewell && { farewell });
    const fates = parts.takeFates();
    const stateOf = (task: Task): string => {
      const fate = fates.find((fate) => fate.startsWith(`${task.number} `));
      if (fate !== undefined) return fate.slice(`${task.number} `.length);
      return task.suspect ? 'suspect' : task.state;
    };
    assert.equal(tasks.map(stateOf), [begun, waiting]);
    assert.equal(
      tasks.map((task) => task.failures - failures),
      [farewell?.running.length === 0 ? 0 : 1, 0],
    );
    assert.is(parts.jar.pending + fates.length, 2);
    assert.is(parts.jar.queued, parts.jar.pending);
  });
}

test('every task has likely begun that could be in an unsent message of results, or that a beat told of', () => {
  for (const [resultGroup, begun, suspects] of [
    ['auto', 0, 1],
    [3, 0, 3],
    [1, 2, 2],
  ] as const) {
    const parts = new Parts({ resultGroup });
    const [slave] = parts.slaves as [SlaveRecord];
    slave.setWindow(8);
    const tasks = parts.submit(5);
    parts.dispatch();
    slave.noteBegun(begun);
    parts.lose(slave);
    assert.is(tasks.filter(({ suspect }) => suspect).length, suspects);
  }
});

test('of a slave that runs several at once as many more may have begun; they run beside others once more', () => {
  const parts = new Parts({ slaves: 0 });
  const tasks = parts.submit(12);
  for (const [number, failures] of [
    [0, 1],
    [1, 2],
  ] as const) {
    const slave = createSlave(number, 4);
    parts.slaves.push(slave);
    parts.dispatch();
    assert.is(slave.outstanding, 8);
    parts.lose(slave);
    assert.equal(
      tasks.map((task) => task.failures),
      tasks.map((_task, at) => (at < 4 ? failures : 0)),
    );
    assert.equal(
      tasks.map((task) => task.runs),
      tasks.map((_task, at) => (at < 8 ? failures : 0)),
    );
    assert.is(tasks.filter(({ suspect }) => suspect).length, failures === 1 ? 0 : 8);
  }
  const order: number[] = [];
  for (let task = parts.jar.take(() => false); task; task = parts.jar.take(() => false))
    order.push(task.number);
  assert.equal(order, [8, 9, 10, 11]);
});

test('what had not left for the lost slave pays nothing, whatever its policy', () => {
  const parts = new Parts({ sends: false });
  const [slave] = parts.slaves as [SlaveRecord];
  const tasks = parts.submit(2, createEntry(), { maxAttempts: 1 });
  parts.dispatch();
  assert.is(slave.outstanding, 2);
  parts.lose(slave);
  for (const { runs, suspect, state } of tasks) assert.equal([runs, suspect, state], [0, false, 'queued']);
});

test('a task whose slave dies of it counts, though all results before it were lost on their way', () => {
  const parts = new Parts({ slaves: 0 });
  const join = (number: number): SlaveRecord => {
    const slave = createSlave(number);
    parts.slaves.push(slave);
    parts.dispatch();
    return slave;
  };
  const [innocent] = parts.submit(1) as [Task];
  const [poison] = parts.submit(1, createEntry(), { maxAttempts: 3 }) as [Task];
  parts.lose(join(0));
  assert.equal([innocent.suspect, innocent.attempt, poison.suspect, poison.attempt], [true, 2, false, 1]);
  const second = join(1);
  assert.ok(innocent.group?.slave === second && second.isAlone, 'the likelier one runs first, and alone');
  parts.results(second, 1, [[0, 2]]);
  parts.dispatch();
  parts.lose(second);
  assert.equal([poison.suspect, poison.attempt, poison.runs], [true, 2, 2]);
  parts.lose(join(2));
  assert.is(parts.fates.takeNext(undefined)?.taskId, innocent.id);
  const fate = parts.fates.takeNext(undefined);
  if (!(fate?.error instanceof UnrunnableError)) throw new Error('it has no history');
  const { reason, message, history } = fate.error;
  assert.equal([reason, fate.attempts], ['max-attempts', 3]);
  assert.match(message, /^2 runs, and perhaps 1 more, were begun/);
  assert.equal(
    history.map(({ sid, attempt, doubtful }) => [sid, attempt, doubtful]),
    [
      ['SLAVE-0', 1, true],
      ['SLAVE-1', 1, false],
      ['SLAVE-2', 2, false],
    ],
  );
  const where = { sid: 'SLAVE-1', host: 'h', pid: 1 };
  assert.equal(history[1], { ...where, attempt: 1, doubtful: false, evidence: 'test', at: WALL_CLOCK_MS });
  const audited = parts.events.find((event) => event.type === 'task-unrunnable');
  assert.equal(audited?.history[0], { sid: 'SLAVE-0', attempt: 1, evidence: 'perhaps not begun; test' });
});

test('groups that are done do not gather behind one that runs for long', () => {
  const parts = new Parts({ slaves: 0 });
  const slave = createSlave(0, 4);
  parts.slaves.push(slave);
  parts.submit(2_000);
  parts.dispatch();
  for (let number = 1; number < 2_000; number++) {
    parts.results(slave, 0, [[number, 1]]);
    parts.dispatch();
  }
  assert.equal([slave.outstanding, slave.groups.open], [1, 1]);
  assert.ok([...slave.groups].length < 100);
  parts.lose(slave);
  assert.is(parts.jar.queued, 1);
});

test('what was not begun comes back in its order', () => {
  const parts = new Parts({ taskGroup: 2 });
  const [slave] = parts.slaves as [SlaveRecord];
  parts.submit(6);
  parts.dispatch();
  parts.lose(slave);
  const order: number[] = [];
  for (let task = parts.jar.take(() => false); task; task = parts.jar.take(() => false))
    order.push(task.number);
  assert.equal(order, [2, 3, 4, 5]);
});

interface Arrival {
  readonly what: string;
  /** [task, attempt] and the session that the message says it was run in. */
  readonly run: readonly [number: number, attempt: number];
  readonly sid: number;
  readonly accepted: boolean;
}

/** TASK-0 was begun on SLAVE-0, which is lost, and runs again on SLAVE-1; the message comes from SLAVE-2. */
const arrivals: readonly Arrival[] = [
  { what: 'of an earlier session, by its run', run: [0, 1], sid: 0, accepted: true },
  { what: 'of an earlier session, by a run that was not its', run: [0, 2], sid: 0, accepted: false },
  { what: 'by a session that never had the task', run: [0, 1], sid: 2, accepted: false },
  { what: 'in the name of the session that runs it', run: [0, 2], sid: 1, accepted: false },
  { what: 'of a task that never was', run: [99, 1], sid: 0, accepted: false },
];
for (const { what, run, sid, accepted } of arrivals) {
  test(`a result ${what} is ${accepted ? 'taken once' : 'dropped'}`, () => {
    const parts = new Parts();
    const [first] = parts.slaves as [SlaveRecord];
    parts.submit(1);
    parts.dispatch();
    parts.lose(first);
    const [again, later] = [createSlave(1), createSlave(2)];
    for (let given = 0; given < 2; given++) later.takeIndex();
    parts.slaves.push(again);
    assert.is(parts.dispatch().length, 1);
    parts.results(later, sid, [run]);
    parts.results(later, sid, [run]);
    const dropped = parts.events.filter(({ type }) => type === 'result-dropped').length;
    assert.is(dropped, accepted ? 1 : 2);
    assert.equal(parts.takeFates(), accepted ? ['0 ok'] : []);
    assert.equal(parts.stopped, accepted ? ['SLAVE-1/0'] : []);
    assert.is(again.outstanding, accepted ? 0 : 1);
    parts.results(again, 1, [[0, 2]]);
    assert.equal(parts.takeFates(), accepted ? [] : ['0 ok']);
    assert.is(parts.jar.pending, 0);
  });
}

test('a late result of a queued task is taken, and the task not given out again', () => {
  const parts = new Parts();
  const [slave] = parts.slaves as [SlaveRecord];
  parts.submit(1);
  parts.dispatch();
  parts.lose(slave);
  const later = createSlave(1);
  parts.slaves.push(later);
  parts.results(later, 0, [[0, 1]]);
  assert.equal(parts.takeFates(), ['0 ok']);
  assert.equal(parts.dispatch(), []);
  assert.equal([parts.jar.queued, parts.jar.pending], [0, 0]);
});

test('tasks are taken back from a living slave without blame, and are not its any more', () => {
  const parts = new Parts({ taskGroup: 4 });
  const [slave] = parts.slaves as [SlaveRecord];
  const tasks = parts.submit(4);
  parts.dispatch();
  parts.settlement.takeBack(slave, 2, 4);
  assert.equal([slave.outstanding, parts.jar.queued], [2, 2]);
  assert.equal(
    tasks.map(({ failures, suspect, state }) => [failures, suspect, state]),
    [
      [0, false, 'running'],
      [0, false, 'running'],
      [0, false, 'queued'],
      [0, false, 'queued'],
    ],
  );
  parts.results(slave, 0, [[2, 1]]);
  assert.equal(parts.takeFates(), [], 'a slave from which it was taken cannot have run it');
});

test('a running task that is cancelled is stopped where it runs', () => {
  const parts = new Parts();
  parts.submit(2);
  parts.dispatch();
  for (const number of [1, 0]) {
    const task = parts.jar.find(number) as Task;
    parts.settlement.giveUp(task, 'cancelled', 'test');
  }
  assert.equal(parts.stopped, ['SLAVE-0/1', 'SLAVE-0/0']);
  assert.equal(parts.takeFates(), ['1 cancelled', '0 cancelled']);
  const [slave] = parts.slaves as [SlaveRecord];
  assert.equal([slave.outstanding, [...slave.groups].length], [0, 0]);
});

test('an observer hears when first runs began, from the times that results state', () => {
  const began: string[] = [];
  const watch = {
    submitted: () => {},
    began: (number: number, at: number) => began.push(`${number} at ${at}`),
  };
  const parts = new Parts({ taskGroup: 4 });
  const [slave] = parts.slaves as [SlaveRecord];
  parts.submit(6);
  parts.dispatch(100);
  parts.results(slave, 0, [[0, 1]], false, 1_000, 110);
  assert.equal(began, [], 'nobody listens');
  parts.settlement.watchRuns(watch);
  parts.results(
    slave,
    0,
    [
      [1, 1],
      [2, 1],
    ],
    false,
    10_000,
    150,
  );
  assert.equal(began.splice(0), ['2 at 140', '1 at 130'], 'one after another');
  parts.results(slave, 0, [[1, 1]], false, 1_000, 160);
  parts.results(slave, 0, [[3, 2]], false, 1_000, 160);
  assert.equal(began, [], 'neither twice, nor of another attempt');
  parts.results(slave, 0, [[3, 1]], false, 900_000, 170);
  assert.equal(began.splice(0), ['3 at 100'], 'not before it was given');

  const others = new Parts({ taskGroup: 2, slaves: 0 });
  const besides = createSlave(1, 2);
  others.slaves.push(besides);
  others.settlement.watchRuns(watch);
  others.submit(2);
  others.dispatch(200);
  others.results(
    besides,
    1,
    [
      [0, 1],
      [1, 1],
    ],
    false,
    10_000,
    250,
  );
  assert.equal(began, ['1 at 240', '0 at 240'], 'side by side');
});

test.run();
