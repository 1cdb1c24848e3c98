/** Each task's one fate: from results, forged and late ones too, and from the loss of slaves. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TaskPolicy } from '../../src/algorithms/types.js';
import type { SlaveRecord } from '../../src/master/slave-record.js';
import type { Task } from '../../src/master/task.js';
import { createEntry, createSlave, Parts } from './parts.js';

const test = suite('master/settlement');

interface Loss {
  readonly what: string;
  readonly policy: TaskPolicy;
  /** Runs that came to nothing before. */
  readonly failures: number;
  readonly blameless?: boolean;
  /** Of the task that had begun, and of one that had not: the reason it is unrunnable, or that it is queued. */
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
    waiting: 'queued',
  },
  {
    what: 'not yet out of them',
    policy: { maxAttempts: 3 },
    failures: 1,
    begun: 'suspect',
    waiting: 'queued',
  },
  {
    what: 'freed of blame',
    policy: { maxAttempts: 1 },
    failures: 0,
    blameless: true,
    begun: 'queued',
    waiting: 'queued',
  },
];

for (const { what, policy, failures, blameless = false, begun, waiting } of losses) {
  test(`a task is ${what} when its slave is lost`, () => {
    const parts = new Parts();
    const [slave] = parts.slaves as [SlaveRecord];
    const tasks = parts.submit(2, createEntry(), policy) as [Task, Task];
    for (const task of tasks) task.failures = failures;
    parts.dispatch();
    parts.lose(slave, blameless);
    const fates = parts.fates();
    const stateOf = (task: Task): string => {
      const fate = fates.find((fate) => fate.startsWith(`${task.number} `));
      if (fate !== undefined) return fate.slice(`${task.number} `.length);
      return task.suspect ? 'suspect' : task.state;
    };
    assert.equal(tasks.map(stateOf), [begun, waiting]);
    assert.equal(
      tasks.map((task) => task.failures - failures),
      [blameless ? 0 : 1, 0],
    );
    assert.is(parts.jar.pending + fates.length, 2);
    assert.is(parts.jar.queued, parts.jar.pending);
  });
}

test('every task may have begun that could be in an unsent message of results, or that a beat told of', () => {
  for (const [resultGroup, begun, suspects] of [
    ['auto', 0, 1],
    [3, 0, 3],
    [1, 2, 2],
  ] as const) {
    const parts = new Parts({ resultGroup });
    const [slave] = parts.slaves as [SlaveRecord];
    slave.window = 8;
    const tasks = parts.submit(5);
    parts.dispatch();
    slave.begun = begun;
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
    assert.is(tasks.filter(({ suspect }) => suspect).length, failures === 1 ? 0 : 4);
  }
  const order: number[] = [];
  for (let task = parts.jar.take(() => false); task; task = parts.jar.take(() => false))
    order.push(task.number);
  assert.equal(order, [4, 5, 6, 7, 8, 9, 10, 11]);
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
  assert.equal([slave.outstanding, slave.openGroups], [1, 1]);
  assert.ok(slave.groups.length < 100);
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
    later.nextIndex = 2;
    parts.slaves.push(again);
    assert.is(parts.dispatch().length, 1);
    parts.results(later, sid, [run]);
    parts.results(later, sid, [run]);
    const dropped = parts.events.filter(({ type }) => type === 'result-dropped').length;
    assert.is(dropped, accepted ? 1 : 2);
    assert.equal(parts.fates(), accepted ? ['0 ok'] : []);
    assert.equal(parts.stopped, accepted ? ['SLAVE-1/0'] : []);
    assert.is(again.outstanding, accepted ? 0 : 1);
    parts.results(again, 1, [[0, 2]]);
    assert.equal(parts.fates(), accepted ? [] : ['0 ok']);
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
  assert.equal(parts.fates(), ['0 ok']);
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
  assert.equal(parts.fates(), [], 'a slave from which it was taken cannot have run it');
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
  assert.equal(parts.fates(), ['1 cancelled', '0 cancelled']);
  const [slave] = parts.slaves as [SlaveRecord];
  assert.equal([slave.outstanding, slave.groups.length], [0, 0]);
});

test.run();
