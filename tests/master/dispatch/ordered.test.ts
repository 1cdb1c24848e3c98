/** Ordered tasks in the pure master: their order, their slaves, and what their policy says of a loss. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TaskPolicy } from '../../../src/algorithms/types.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import type { Task } from '../../../src/master/model/task.js';
import { createEntry, createTask, makeKind, Parts } from '../parts.js';

const test = suite('ordered tasks');

/** Addresses tasks to a slave, as the core does. */
function address(parts: Parts, slave: SlaveRecord, count: number, policy: TaskPolicy = {}): Task[] {
  const entry = createEntry();
  return Array.from({ length: count }, () => {
    const task = createTask(parts.jar.nextNumber(), entry, { sid: slave.sid, ...policy });
    task.addressTo(slave);
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
  makeKind(ordered, 'ordered');
  makeKind(intermingle, 'intermingle');
  parts.submit(4);
  address(parts, ordered, 3);
  address(parts, intermingle, 3);
  parts.dispatch();
  assert.equal(numbers(parts, ordered), [4, 5, 6]);
  assert.equal(numbers(parts, intermingle).slice(0, 3), [7, 8, 9]);
  assert.equal(numbers(parts, unordered), [0, 1, 2, 3]);
});

test('a mailbox stays in the order of submission, whatever the priorities', () => {
  const parts = new Parts({ slaves: 1, taskGroup: 2 });
  const [slave] = parts.slaves as [SlaveRecord];
  makeKind(slave, 'ordered');
  for (const priority of [0, 9, -9, 5]) address(parts, slave, 1, { priority });
  parts.dispatch();
  assert.equal(numbers(parts, slave), [0, 1, 2, 3]);
});

test('those taken back wait at the front of their mailbox, in order', () => {
  const parts = new Parts({ slaves: 1, taskGroup: 4 });
  const [slave] = parts.slaves as [SlaveRecord];
  makeKind(slave, 'ordered');
  const tasks = address(parts, slave, 4);
  parts.dispatch();
  const later = address(parts, slave, 1);
  parts.settlement.takeBack(slave, 1, 4);
  assert.equal([...slave.mailbox], [...tasks.slice(1), ...later]);
  assert.is(slave.orderedOutstanding, 1);
});

interface Row {
  readonly sid: boolean;
  readonly was: 'running' | 'queued';
  readonly when: 'lost' | 'freed';
  /** With which policy: neither, only `doItAnyway`, only `retry: false`, or both. */
  readonly becomes: readonly [plain: End, doIt: End, noRetry: End, both: End];
}

type End = 'unordered' | 'slave-lost' | 'slave-freed' | 'runs on' | 'waits';

const rows: readonly Row[] = [
  {
    sid: true,
    was: 'running',
    when: 'lost',
    becomes: ['slave-lost', 'unordered', 'slave-lost', 'slave-lost'],
  },
  {
    sid: true,
    was: 'queued',
    when: 'lost',
    becomes: ['slave-lost', 'unordered', 'slave-lost', 'slave-lost'],
  },
  { sid: true, was: 'running', when: 'freed', becomes: ['runs on', 'runs on', 'runs on', 'runs on'] },
  {
    sid: true,
    was: 'queued',
    when: 'freed',
    becomes: ['slave-freed', 'unordered', 'slave-freed', 'slave-freed'],
  },
  // Without a sid `doItAnyway` says nothing (CL-MW forces it), and what is queued belongs to no slave.
  {
    sid: false,
    was: 'running',
    when: 'lost',
    becomes: ['unordered', 'unordered', 'slave-lost', 'slave-lost'],
  },
  { sid: false, was: 'queued', when: 'lost', becomes: ['waits', 'waits', 'waits', 'waits'] },
  { sid: false, was: 'running', when: 'freed', becomes: ['runs on', 'runs on', 'runs on', 'runs on'] },
  { sid: false, was: 'queued', when: 'freed', becomes: ['waits', 'waits', 'waits', 'waits'] },
];

const POLICIES: readonly TaskPolicy[] = [
  {},
  { doItAnyway: true },
  { retry: false },
  { retry: false, doItAnyway: true },
];

/** The end of the only task, as the master's parts tell it after the slave went. */
function endOf(
  { sid, was, when }: Row,
  policy: TaskPolicy,
): { task: Task; parts: Parts; slave: SlaveRecord } {
  const parts = new Parts({ slaves: 1 });
  const [slave] = parts.slaves as [SlaveRecord];
  makeKind(slave, 'intermingle');
  const [task] = (sid ? address(parts, slave, 1, policy) : parts.submit(1, createEntry(), policy)) as [Task];
  if (was === 'running') parts.dispatch();
  if (when === 'lost') parts.lose(slave);
  else parts.settlement.reclaimer.clearMailbox(slave, 'slave-freed', 'it was freed');
  return { task, parts, slave };
}

for (const row of rows) {
  for (const [at, policy] of POLICIES.entries()) {
    const becomes = row.becomes[at] as End;
    const { sid, was, when } = row;
    test(`${sid ? 'with a sid' : 'without'}, ${was}, slave ${when}, ${JSON.stringify(policy)}: ${becomes}`, () => {
      const { task, parts, slave } = endOf(row, policy);
      const fate = parts.fates.takeNext(undefined);
      if (becomes === 'runs on') {
        assert.equal([task.group?.slave, fate], [slave, undefined]);
      } else if (becomes === 'unordered' || becomes === 'waits') {
        assert.equal([task.addressee, task.state, fate], [undefined, 'queued', undefined]);
        // Only what ran on the slave that was lost may be to blame for it.
        assert.equal([parts.jar.queued, task.suspect], [1, was === 'running']);
      } else {
        assert.equal([fate?.status, fate?.reason, parts.jar.pending], ['unrunnable', becomes, 0]);
      }
    });
  }
}

test.run();
