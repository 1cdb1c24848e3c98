/** Ordered tasks in the pure master: their order, their slaves, and what their policy says of a loss. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TaskPolicy } from '../../src/algorithms/types.js';
import type { SlaveRecord } from '../../src/master/slave-record.js';
import type { Task } from '../../src/master/task.js';
import { createEntry, createTask, Parts } from './parts.js';

const test = suite('ordered tasks');

/** Addresses tasks to a slave, as the core does. */
function address(parts: Parts, slave: SlaveRecord, count: number, policy: TaskPolicy = {}): Task[] {
  const entry = createEntry();
  return Array.from({ length: count }, () => {
    const task = createTask(parts.jar.nextNumber(), entry, { sid: slave.sid, ...policy });
    task.addressee = slave;
    parts.jar.add(task);
    return task;
  });
}

const numbers = (parts: Parts, slave: SlaveRecord): number[] =>
  parts.given
    .filter((group) => group.slave === slave)
    .flatMap(({ tasks }) => tasks.map((task) => task.number));

test('they run on their slave, in the order of their submission, before unordered ones', () => {
  const parts = new Parts({ slaves: 3, taskGroup: 2 });
  const [ordered, intermingle, unordered] = parts.slaves as [SlaveRecord, SlaveRecord, SlaveRecord];
  ordered.kind = 'ordered';
  intermingle.kind = 'intermingle';
  parts.submit(4);
  address(parts, ordered, 3);
  address(parts, intermingle, 3);
  parts.dispatch();
  assert.equal(numbers(parts, ordered), [4, 5, 6]);
  assert.equal(numbers(parts, intermingle).slice(0, 3), [7, 8, 9]);
  assert.equal(numbers(parts, unordered), [0, 1, 2, 3]);
});

test('those taken back wait at the front of their mailbox, in order', () => {
  const parts = new Parts({ slaves: 1, taskGroup: 4 });
  const [slave] = parts.slaves as [SlaveRecord];
  slave.kind = 'ordered';
  const tasks = address(parts, slave, 4);
  parts.dispatch();
  const later = address(parts, slave, 1);
  parts.settlement.takeBack(slave, 1, 4);
  assert.equal([...slave.mailbox], [...tasks.slice(1), ...later]);
  assert.is(slave.orderedOutstanding, 1);
});

interface Row {
  readonly was: 'running' | 'queued';
  readonly when: 'lost' | 'freed';
  readonly policy: TaskPolicy;
  readonly becomes: 'unordered' | 'slave-lost' | 'slave-freed' | 'runs on';
}

const DO_IT = { doItAnyway: true };
const rows: readonly Row[] = [
  { was: 'running', when: 'lost', policy: {}, becomes: 'slave-lost' },
  { was: 'running', when: 'lost', policy: DO_IT, becomes: 'unordered' },
  { was: 'running', when: 'lost', policy: { retry: false }, becomes: 'slave-lost' },
  { was: 'running', when: 'lost', policy: { retry: false, ...DO_IT }, becomes: 'slave-lost' },
  { was: 'queued', when: 'lost', policy: {}, becomes: 'slave-lost' },
  { was: 'queued', when: 'lost', policy: DO_IT, becomes: 'unordered' },
  { was: 'queued', when: 'lost', policy: { retry: false }, becomes: 'slave-lost' },
  { was: 'queued', when: 'lost', policy: { retry: false, ...DO_IT }, becomes: 'slave-lost' },
  { was: 'running', when: 'freed', policy: {}, becomes: 'runs on' },
  { was: 'running', when: 'freed', policy: DO_IT, becomes: 'runs on' },
  { was: 'running', when: 'freed', policy: { retry: false }, becomes: 'runs on' },
  { was: 'running', when: 'freed', policy: { retry: false, ...DO_IT }, becomes: 'runs on' },
  { was: 'queued', when: 'freed', policy: {}, becomes: 'slave-freed' },
  { was: 'queued', when: 'freed', policy: DO_IT, becomes: 'unordered' },
  { was: 'queued', when: 'freed', policy: { retry: false }, becomes: 'slave-freed' },
  { was: 'queued', when: 'freed', policy: { retry: false, ...DO_IT }, becomes: 'slave-freed' },
];

for (const { was, when, policy, becomes } of rows) {
  test(`${was}, slave ${when}, ${JSON.stringify(policy)}: ${becomes}`, () => {
    const parts = new Parts({ slaves: 1 });
    const [slave] = parts.slaves as [SlaveRecord];
    slave.kind = 'ordered';
    const [task] = address(parts, slave, 1, policy) as [Task];
    if (was === 'running') parts.dispatch();
    if (when === 'lost') parts.lose(slave);
    else parts.settlement.clearMailbox(slave, 'slave-freed', 'it was freed');
    const fate = parts.box.takeNext(undefined);
    if (becomes === 'runs on') {
      assert.equal([task.group?.slave, fate], [slave, undefined]);
    } else if (becomes === 'unordered') {
      assert.equal([task.addressee, task.state, fate], [undefined, 'queued', undefined]);
      assert.is(parts.jar.queued, 1);
    } else {
      assert.equal([fate?.status, fate?.reason, parts.jar.pending], ['unrunnable', becomes, 0]);
    }
  });
}

test.run();
