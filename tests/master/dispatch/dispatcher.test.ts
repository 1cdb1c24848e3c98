/** Slaves that get tasks, which tasks, and slaves from which they are taken back. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { resolvePolicy } from '../../../src/algorithms/policy.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import { Task } from '../../../src/master/model/task.js';
import type { TaskGroup } from '../../../src/master/model/task-group.js';
import type { Body } from '../../../src/wire/messages/body.js';
import { parseTasks } from '../../../src/wire/messages/entries.js';
import { CREDIT_BYTES } from '../../../src/wire/messages/messages.js';
import { HEADER_BYTES } from '../../../src/wire/session/frame.js';
import { createEntry, createSlave, createTask, makeKind, numbersOf, Parts } from '../parts.js';

const test = suite('master/dispatcher');

test('slaves get groups in turn, two each at first, and more as results come', () => {
  const parts = new Parts({ slaves: 2, taskGroup: 2 });
  const [one, other] = parts.slaves as [SlaveRecord, SlaveRecord];
  parts.submit(20);
  const groups = parts.dispatch();
  assert.equal(
    groups.map((group) => [group.slave.number, ...numbersOf(group)]),
    [
      [0, 0, 1],
      [1, 2, 3],
      [0, 4, 5],
      [1, 6, 7],
    ],
  );
  assert.equal([one.outstanding, other.outstanding, parts.jar.queued], [4, 4, 12]);
  assert.equal(parts.dispatch(), []);
  parts.results(one, 0, [
    [0, 1],
    [1, 1],
  ]);
  assert.equal(parts.dispatch().map(numbersOf), [[8, 9]]);
});

test('a slave that ran dry while tasks were queued gets a wider window', () => {
  const parts = new Parts({ taskGroup: 1 });
  parts.submit(20);
  const [slave] = parts.slaves as [SlaveRecord];
  parts.dispatch();
  parts.results(slave, 0, [[0, 1]], true);
  assert.is(slave.window, 4);
  assert.is(parts.dispatch().length, 3);
});

test('a task may have more binaries than arguments fit a call', () => {
  const parts = new Parts();
  const raws = new Array<Uint8Array>(300_000).fill(new Uint8Array(0));
  const number = parts.jar.nextNumber();
  parts.jar.add(new Task(number, createEntry(), '0', raws, 1, resolvePolicy({}), undefined));
  assert.equal(parts.dispatch().map(numbersOf), [[number]]);
});

const unfit: readonly (readonly [string, (slave: SlaveRecord) => void])[] = [
  ['is suspected', (slave) => slave.beSuspected('silent for 5.0 s')],
  ['runs a suspect', (slave) => slave.runAlone()],
  ['is asked for tasks', (slave) => slave.commands.noteRecall({ id: 1, from: 0, to: 0 })],
  ['shuts down', (slave) => slave.machine.send('shutdown-sent')],
  ['is gone', (slave) => slave.machine.send('gone')],
  ['has no credit', (slave) => slave.session.post(Buffer.alloc(2 * 1024 * 1024))],
];
for (const [what, make] of unfit) {
  test(`a slave that ${what} gets no task`, () => {
    const parts = new Parts();
    make(parts.slaves[0] as SlaveRecord);
    parts.submit(1);
    assert.equal(parts.dispatch(), []);
    parts.slaves.push(createSlave(1));
    assert.is(parts.dispatch().length, 1);
  });
}

test('a slave that has not confirmed its welcome gets no task', () => {
  const parts = new Parts({ slaves: 0 });
  const slave = createSlave(0);
  Object.assign(slave, { machine: { state: 'connecting', send() {} } });
  parts.slaves.push(slave);
  parts.submit(1);
  assert.equal(parts.dispatch(), []);
});

/** Gives out a single task, and has its result at once; returns the slave. */
function runOne(parts: Parts, end: (slave: SlaveRecord, task: Task) => void): number | undefined {
  const [task] = parts.submit(1) as [Task];
  const [group] = parts.dispatch() as [TaskGroup];
  const { slave } = group;
  end(slave, task);
  return slave.number;
}

test('one task at a time stays with the slave that is awake, unless tasks take long or fail there', () => {
  for (const [micros, isError, stays] of [
    [999, false, true],
    [1_000, false, false],
    [10, true, false],
  ] as const) {
    const parts = new Parts({ slaves: 3 });
    const ran = [1, 2, 3, 4, 5, 6].map(() =>
      runOne(parts, (slave, { number, attempt }) => {
        if (isError) parts.error(slave, slave.number, number, attempt, 0, micros);
        else parts.results(slave, slave.number, [[number, attempt]], true, micros);
      }),
    );
    assert.equal(ran, stays ? [0, 0, 0, 0, 0, 0] : [0, 1, 2, 0, 1, 2], `${micros} µs, ${isError}`);
  }
});

test('several tasks at a time go to all slaves in turn, and one to another if the slave that is awake is busy', () => {
  const parts = new Parts({ slaves: 2, taskGroup: 1 });
  runOne(parts, (slave, { number, attempt }) =>
    parts.results(slave, slave.number, [[number, attempt]], true, 5),
  );
  parts.submit(2);
  assert.equal(
    parts.dispatch().map(({ slave }) => slave.number),
    [1, 0],
  );
  const next = new Parts({ slaves: 2, taskGroup: 1 });
  runOne(next, (slave, { number, attempt }) =>
    next.results(slave, slave.number, [[number, attempt]], true, 5),
  );
  next.submit(1);
  assert.is(next.dispatch()[0]?.slave.number, 0);
  next.submit(1);
  assert.is(next.dispatch()[0]?.slave.number, 1);
  next.dispatcher.removeFromLine(next.slaves[0] as SlaveRecord);
  next.submit(1);
  assert.is(next.dispatch()[0]?.slave.number, 1, 'the other one is gone');
});

test('tasks of an algorithm whose results nobody takes wait, and hold up no others', () => {
  const held = createEntry('held');
  const parts = new Parts({ isHeld: ({ algorithm }) => algorithm === held });
  parts.submit(3, held);
  parts.submit(1);
  assert.equal(parts.dispatch().map(numbersOf), [[3]]);
  assert.is(parts.jar.queued, 3);
});

/** A task whose arguments are said to have this size. */
function submitOfBytes(parts: Parts, bytes: number): void {
  const number = parts.jar.nextNumber();
  parts.jar.add(new Task(number, createEntry(), '0', [], bytes, resolvePolicy({}), undefined));
}

test('a group ends before a task that would make its message too large', () => {
  const parts = new Parts({ taskGroup: 100 });
  for (let count = 0; count < 4; count++) submitOfBytes(parts, 400 * 1024);
  assert.equal(parts.dispatch().map(numbersOf), [
    [0, 1],
    [2, 3],
  ]);
});

test('a suspect runs alone, on the first slave that is left to run empty', () => {
  const parts = new Parts({ slaves: 2 });
  const [one, other] = parts.slaves as [SlaveRecord, SlaveRecord];
  parts.submit(2);
  parts.dispatch();
  parts.submitSuspect();
  parts.submit(8);
  const first = parts.dispatch();
  assert.ok(!first.some((group) => numbersOf(group).includes(2)), 'both are busy');
  const reserved = first.some(({ slave }) => slave === one) ? other : one;
  assert.not(first.some(({ slave }) => slave === reserved));
  parts.results(reserved, reserved.number, [[reserved.number, 1]]);
  const [group] = parts.dispatch();
  assert.equal([group?.slave, ...numbersOf(group)], [reserved, 2]);
  assert.is(reserved.isAlone, true);
  assert.equal(parts.dispatch(), [], 'nothing beside a suspect');
  parts.results(reserved, reserved.number, [[2, 1]]);
  assert.is(reserved.isAlone, false);
  assert.ok(parts.dispatch().length > 0);
});

test('a suspect goes to a slave that runs nothing, whoever is kept for it', () => {
  const parts = new Parts({ slaves: 1 });
  const [busy] = parts.slaves as [SlaveRecord];
  parts.submit(1);
  parts.dispatch();
  parts.submitSuspect();
  assert.equal(parts.dispatch(), []);
  const idle = createSlave(1);
  parts.slaves.push(idle);
  const [group] = parts.dispatch();
  assert.equal([group?.slave, ...numbersOf(group)], [idle, 1]);
  parts.submit(1);
  assert.equal(
    parts.dispatch().map(({ slave }) => slave),
    [busy],
    'nobody is kept any more',
  );
});

test('a suspect goes elsewhere when the slave kept for it is lost', () => {
  const parts = new Parts({ slaves: 1 });
  const [one] = parts.slaves as [SlaveRecord];
  parts.submit(1);
  parts.dispatch();
  parts.submitSuspect();
  assert.equal(parts.dispatch(), []);
  parts.lose(one);
  parts.slaves.push(createSlave(1));
  assert.equal(parts.dispatch().map(numbersOf), [[1]]);
});

test('a slave that is gone is not kept in line, nor are the others moved', () => {
  const parts = new Parts({ slaves: 3, taskGroup: 1 });
  const [, middle] = parts.slaves as [SlaveRecord, SlaveRecord, SlaveRecord];
  parts.lose(middle);
  assert.is(middle.isInLine, false);
  parts.submit(2);
  assert.equal(
    parts.dispatch().map(({ slave }) => slave.number),
    [0, 2],
  );
});

test('unstarted tasks are asked from the fullest slave once another idles and nothing is queued', () => {
  const parts = new Parts({ slaves: 1, taskGroup: 4 });
  const [full] = parts.slaves as [SlaveRecord];
  parts.submit(8);
  parts.dispatch(1_000);
  const idle = createSlave(1);
  const { dispatcher } = parts;
  const table: readonly (readonly [string, readonly SlaveRecord[], number, SlaveRecord | undefined])[] = [
    ['nobody idles', [full], 9_000, undefined],
    ['the tasks have only just gone out', [full, idle], 1_019, undefined],
    ['one idles', [full, idle], 1_200, full],
  ];
  for (const [what, slaves, now, expected] of table)
    assert.is(dispatcher.chooseRecall(slaves, now), expected, what);
  idle.beSuspected('silent for 5.0 s');
  assert.is(dispatcher.chooseRecall([full, idle], 9_000), undefined, 'who is suspected gets nothing');
  idle.beCleared();
  full.commands.noteRecall({ id: 1, from: 0, to: 8 });
  assert.is(dispatcher.chooseRecall([full, idle], 9_000), undefined, 'one recall at a time');
  full.commands.endRecall();
  parts.submit(1);
  assert.is(dispatcher.chooseRecall([full, idle], 9_000), undefined, 'there is work in the jar');
});

test('a slave that has begun all it has is asked no more, though its results make it look the fullest', () => {
  const parts = new Parts({ slaves: 2, taskGroup: 4 });
  const [full, other] = parts.slaves as [SlaveRecord, SlaveRecord];
  parts.submit(12);
  parts.dispatch();
  assert.equal([full.outstanding, other.outstanding], [8, 4]);
  const slaves = [full, other, createSlave(2)];
  const { dispatcher } = parts;
  const answered = (takenFrom: number): SlaveRecord | undefined => {
    full.commands.noteRecall({ id: 1, from: 4, to: 8 });
    full.commands.endRecall(takenFrom);
    return dispatcher.chooseRecall(slaves, 9_000);
  };
  assert.is(answered(4), full, 'those before may not have begun');
  assert.is(answered(8), other);
  parts.submit(1);
  full.judgeFilling();
  dispatcher.giveAlone(full, parts.jar.take(() => false) as Task, 0);
  assert.is(dispatcher.chooseRecall(slaves, 9_000), full, 'it has got one more');
  assert.is(answered(6), full, 'the answer is about those that it had before');
});

test('a slave on which a cancelled run goes on gets nothing more, and gives back all that waits there', () => {
  const parts = new Parts({ slaves: 2, taskGroup: 1 });
  const [stuck, other] = parts.slaves as [SlaveRecord, SlaveRecord];
  parts.submit(3);
  parts.dispatch();
  assert.equal([stuck.outstanding, other.outstanding], [2, 1]);
  const [first] = stuck.groups.oldest?.tasks ?? [];
  assert.ok(first);
  parts.settlement.giveUp(first, 'cancelled', 'test');
  stuck.noteLingering({ number: first.number, index: 0 });
  parts.results(other, 1, [[1, 1]]);
  assert.is(parts.dispatcher.chooseRecall(parts.slaves, 1_000), stuck, 'one task is enough');
  parts.settlement.takeBack(stuck, 1, 2);
  assert.equal(
    parts.dispatch(1_000).map((group) => group.slave),
    [other],
  );
  assert.is(parts.dispatcher.chooseRecall(parts.slaves, 2_000), undefined, 'the stuck one is not idle');
  parts.results(stuck, 0, [[first.number, 1]]);
  assert.equal(stuck.lingering, []);
  parts.submit(4);
  assert.ok(parts.dispatch(2_000).some((group) => group.slave === stuck));
});

test('a slave that runs several at once gets twice as many long tasks, and is idle while it could run more', () => {
  const parts = new Parts({ slaves: 1 });
  const [alone] = parts.slaves as [SlaveRecord];
  const many = createSlave(1, 10);
  parts.slaves.push(many);
  const long = createEntry('long', 60);
  parts.submit(40, long);
  parts.dispatch();
  assert.equal([alone.outstanding, many.outstanding], [2, 20]);
  assert.is(many.unstarted, 10);
  parts.results(
    many,
    1,
    many
      .openTasks()
      .slice(0, 9)
      .map(({ number }) => [number, 1] as const),
  );
  parts.dispatch();
  assert.is(many.outstanding, 11, 'it waits until half of its window is free');
  const [next] = many.openTasks();
  parts.results(many, 1, [[next?.number ?? -1, 1]]);
  parts.dispatch();
  assert.is(many.outstanding, 20);
  while (many.outstanding > 9) {
    parts.results(many, 1, [[many.openTasks()[0]?.number ?? -1, 1]]);
    parts.dispatch();
  }
  assert.equal([parts.jar.queued, alone.outstanding], [0, 2]);
  assert.is(parts.dispatcher.chooseRecall(parts.slaves, 9_000), alone, 'the other could run its second task');
  many.noteLingering({ number: 99, index: 0 });
  assert.is(parts.dispatcher.chooseRecall(parts.slaves, 9_000), undefined, 'a cancelled run has the slot');
});

test('only a slave that runs several at once is told which tasks are ordered', () => {
  for (const [concurrency, ordered] of [
    [1, false],
    [2, true],
  ] as const) {
    const parts = new Parts({ slaves: 0 });
    const slave = createSlave(0, concurrency);
    makeKind(slave, 'intermingle');
    parts.slaves.push(slave);
    const texts: string[] = [];
    const post = slave.session.post.bind(slave.session);
    slave.session.post = (body) => {
      texts.push(String((body as Body).text));
      post(body);
    };
    const task = createTask(parts.jar.nextNumber(), createEntry());
    task.addressTo(slave);
    parts.jar.add(task);
    parts.submit(1);
    parts.dispatch();
    assert.equal(
      texts.map((text) => parseTasks(JSON.parse(text)).ordered),
      [ordered, false],
    );
  }
});

/** The bodies that are posted to the slave's session. */
function listen(slave: SlaveRecord): Body[] {
  const bodies: Body[] = [];
  const post = slave.session.post.bind(slave.session);
  slave.session.post = (body) => {
    bodies.push(body as Body);
    post(body);
  };
  return bodies;
}

test('a message has the binaries of its tasks in their order, were it one alone', () => {
  const parts = new Parts({ taskGroup: 3 });
  const [slave] = parts.slaves as [SlaveRecord];
  const bodies = listen(slave);
  const bytes = [[1], [], [2, 3]].map((values) => values.map((value) => new Uint8Array([value])));
  for (const raws of bytes) {
    const number = parts.jar.nextNumber();
    parts.jar.add(new Task(number, createEntry(), '0', raws, 1, resolvePolicy({}), undefined));
  }
  parts.submit(1);
  parts.dispatch();
  assert.equal(
    bodies.map(({ raws }) => raws.map(([value]) => value)),
    [[1, 2, 3], []],
  );
});

test('a message has the time limits of those of its tasks that have one, in milliseconds', () => {
  const parts = new Parts({ taskGroup: 3 });
  const [slave] = parts.slaves as [SlaveRecord];
  const bodies = listen(slave);
  const work = createEntry();
  for (const policy of [{}, { timeoutSeconds: 1.5 }, { timeoutSeconds: 0.2 }, {}])
    parts.submit(1, work, policy);
  parts.dispatch();
  assert.equal(
    bodies.map(({ text }) => parseTasks(JSON.parse(String(text))).limits),
    [
      [
        [1, 1_500],
        [2, 200],
      ],
      undefined,
    ],
  );
});

test('a slave is told after how many results to send, where that is fixed', () => {
  for (const [resultGroup, grouping] of [
    ['auto', 0],
    [7, 7],
  ] as const) {
    const parts = new Parts({ resultGroup });
    const [slave] = parts.slaves as [SlaveRecord];
    const bodies = listen(slave);
    parts.submit(1);
    parts.dispatch();
    assert.is(parseTasks(JSON.parse(String(bodies[0]?.text))).grouping, grouping);
  }
});

const unready: readonly (readonly [string, (slave: SlaveRecord) => void])[] = [
  ['is suspected', (slave) => slave.beSuspected('silent for 5.0 s')],
  ['is ended for a task that did not stop', (slave) => slave.noteOverdue(0)],
  [
    'has said goodbye',
    (slave) => slave.sayFarewell({ running: [], begun: 0, sent: 0, error: undefined }, 10),
  ],
  ['shuts down', (slave) => slave.machine.send('shutdown-sent')],
  ['takes ordered tasks only', (slave) => makeKind(slave, 'ordered')],
];
for (const [what, make] of unready) {
  test(`no tasks are asked back for, or from, a slave that ${what}`, () => {
    const parts = new Parts({ taskGroup: 4 });
    const [full] = parts.slaves as [SlaveRecord];
    parts.submit(8);
    parts.dispatch();
    const [idle, other] = [createSlave(1), createSlave(2)];
    const { dispatcher } = parts;
    make(idle);
    assert.is(dispatcher.chooseRecall([full, idle], 9_000), undefined);
    assert.is(dispatcher.chooseRecall([full, idle, other], 9_000), full);
    make(full);
    assert.is(dispatcher.chooseRecall([full, other], 9_000), undefined);
  });
}

test('tasks are asked from the slave that could give back most, ordered ones not counted', () => {
  const parts = new Parts({ slaves: 3, taskGroup: 2 });
  const [one, two, three] = parts.slaves as [SlaveRecord, SlaveRecord, SlaveRecord];
  parts.submit(12);
  parts.dispatch();
  const idle = createSlave(9);
  const choose = (...slaves: SlaveRecord[]) => parts.dispatcher.chooseRecall([...slaves, idle], 9_000);
  assert.is(choose(one, two, three), one, 'the first of equals');
  parts.settlement.giveUp(one.openTasks()[3] as Task, 'cancelled', 'test');
  assert.is(choose(one, two, three), two);
  assert.is(choose(three, one), three);
  Object.defineProperty(two, 'orderedOutstanding', { value: 2 });
  assert.is(choose(two, one), one);
});

test('a slave that runs a suspect beside free places does not idle, wherever it stands', () => {
  const parts = new Parts({ taskGroup: 4 });
  const [full] = parts.slaves as [SlaveRecord];
  parts.submit(8);
  parts.dispatch();
  const alone = createSlave(1, 4);
  parts.submitSuspect();
  parts.slaves.push(alone);
  parts.dispatch();
  assert.ok(alone.isAlone && alone.outstanding === 1);
  assert.is(parts.dispatcher.chooseRecall([full, alone], 9_000), undefined);
  const idle = createSlave(2);
  assert.is(parts.dispatcher.chooseRecall([idle, full, alone], 9_000), full);
});

test('a slave has no room while 64 KB wait in its session, and has at that', () => {
  for (const [bytes, given] of [
    [64 * 1024, 1],
    [64 * 1024 + 1, 0],
  ] as const) {
    const parts = new Parts({ sends: false });
    const [slave] = parts.slaves as [SlaveRecord];
    slave.session.post(Buffer.alloc(bytes - HEADER_BYTES));
    assert.is(slave.session.waitingBytes, bytes);
    parts.submit(1);
    assert.is(parts.dispatch().length, given);
  }
});

test('a slave that is gone gets nothing of what was addressed to it', () => {
  const parts = new Parts();
  const [slave] = parts.slaves as [SlaveRecord];
  makeKind(slave, 'intermingle');
  const task = createTask(parts.jar.nextNumber(), createEntry());
  task.addressTo(slave);
  parts.jar.add(task);
  parts.dispatcher.lineUp(slave);
  parts.dispatcher.removeFromLine(slave);
  parts.dispatcher.dispatch(1, 0);
  assert.is(slave.outstanding, 0);
  parts.dispatcher.lineUp(slave);
  parts.dispatcher.dispatch(1, 0);
  assert.is(slave.outstanding, 1);
});

test('an ordered task goes out before the others that its slave would run', () => {
  const parts = new Parts({ taskGroup: 1 });
  const [slave] = parts.slaves as [SlaveRecord];
  makeKind(slave, 'intermingle');
  parts.submit(3);
  const task = createTask(parts.jar.nextNumber(), createEntry());
  task.addressTo(slave);
  parts.jar.add(task);
  assert.equal(parts.dispatch().map(numbersOf), [[3], [0]]);
  assert.is(slave.orderedOutstanding, 1);
});

test('a slave stands in line once, however often it is lined up, and only if it works for all', () => {
  const parts = new Parts({ slaves: 2, taskGroup: 1 });
  const [one, other] = parts.slaves as [SlaveRecord, SlaveRecord];
  for (let time = 0; time < 3; time++) parts.dispatcher.lineUp(one);
  assert.ok(one.isInLine && other.isInLine);
  parts.submit(4);
  assert.equal(
    parts.dispatch().map(({ slave, message }) => [slave.number, message]),
    [
      [0, 1],
      [1, 1],
      [0, 2],
      [1, 2],
    ],
  );
  const [ending, ordered] = [createSlave(2), createSlave(3)];
  ending.machine.send('shutdown-sent');
  makeKind(ordered, 'ordered');
  for (const slave of [ending, ordered]) {
    parts.dispatcher.lineUp(slave);
    assert.not(slave.isInLine);
  }
});

test('a slave is kept for a suspect though others leave the line', () => {
  const parts = new Parts({ slaves: 3, taskGroup: 1 });
  const [, , last] = parts.slaves as [SlaveRecord, SlaveRecord, SlaveRecord];
  parts.submit(3);
  parts.dispatch();
  parts.submitSuspect();
  assert.equal(parts.dispatch(), []);
  parts.submit(6);
  const given = parts.dispatch();
  const kept = parts.slaves.find((slave) => !given.some((group) => group.slave === slave)) as SlaveRecord;
  const gone = kept === last ? (parts.slaves[0] as SlaveRecord) : last;
  parts.dispatcher.removeFromLine(gone);
  parts.results(kept, kept.number, [[kept.openTasks()[0]?.number ?? -1, 1]]);
  const [group] = parts.dispatch();
  assert.equal([group?.slave, ...numbersOf(group)], [kept, 3]);
});

test('a wide window that the last task has not filled is filled again when half of it is free', () => {
  const parts = new Parts({ taskGroup: 1 });
  const [slave] = parts.slaves as [SlaveRecord];
  slave.setWindow(8);
  parts.submit(5);
  assert.is(parts.dispatch().length, 5);
  parts.submit(4);
  assert.is(parts.dispatch().length, 0);
  parts.results(slave, 0, [[0, 1]]);
  slave.setWindow(8);
  assert.is(parts.dispatch().length, 4);
});

test('a group has as many bytes as its message may, with those around each task', () => {
  for (const [more, expected] of [
    [0, [[0, 1]]],
    [1, [[0], [1]]],
  ] as const) {
    const parts = new Parts({ taskGroup: 2 });
    submitOfBytes(parts, 1_000);
    submitOfBytes(parts, CREDIT_BYTES - 128 - 1_000 - 2 * 32 + more);
    assert.equal(parts.dispatch().map(numbersOf), expected);
  }
});

test.run();
