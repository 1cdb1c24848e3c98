/** The moves of slaves as the program wants groups of them, and its news of slaves that came and went. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SlaveKind } from '../../../src/audit/events.js';
import { silentAudit } from '../../../src/audit/memory-trail.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import { Allocation } from '../../../src/master/slaves/allocation.js';
import { Roster } from '../../../src/master/slaves/roster.js';
import { SlaveGroups } from '../../../src/master/slaves/slave-groups.js';
import { createEntry, createSlave, createTask, makeKind } from '../parts.js';

/** Gives a slave `count` tasks. */
function occupy(slave: SlaveRecord, count: number): void {
  const tasks = Array.from({ length: count }, (_, number) => createTask(number, createEntry()));
  const group = {
    slave,
    tasks,
    firstIndex: 0,
    sentAt: 0,
    message: 1,
    open: count,
    next: undefined,
    run: undefined,
  };
  slave.give(group, 0);
}

class Stage {
  readonly allocation = new Allocation();
  readonly roster = new Roster();
  readonly log: string[] = [];
  readonly groups = new SlaveGroups({
    allocation: this.allocation,
    roster: this.roster,
    clearMailbox: ({ sid }, reason, message) => this.log.push(`clear ${sid} ${reason}: ${message}`),
    audit: { ...silentAudit, emit: (event) => this.log.push(Object.values(event).join(' ')) },
    onDrafted: ({ sid }) => this.log.push(`drafted ${sid}`),
    onMoved: ({ sid, kind }) => this.log.push(`moved ${sid} ${kind}`),
    onRetired: ({ sid }) => this.log.push(`retired ${sid}`),
  });

  join(number: number, outstanding = 0): SlaveRecord {
    const slave = createSlave(number);
    makeKind(slave, this.allocation.join());
    if (outstanding > 0) occupy(slave, outstanding);
    this.roster.add(slave);
    this.groups.onJoined(slave);
    return slave;
  }

  leave(slave: SlaveRecord): void {
    this.roster.remove(slave, { how: 'left', evidence: 'test' });
    this.allocation.leave(slave);
    this.groups.onGone(slave, 'silent');
  }

  takeLog(): string[] {
    return this.log.splice(0);
  }
}

const test = suite('master/slave-groups');
const came = (sid: number, kind: SlaveKind) => ({ sid: `SLAVE-${sid}`, kind });

test('a slave that joins a group that lacks it is told of, an unordered one is not', () => {
  const stage = new Stage();
  stage.groups.allocate(1, 'ordered');
  stage.groups.allocate(1, 'intermingle');
  for (const number of [0, 1, 2]) stage.join(number);
  assert.is(stage.groups.numConnected, 2);
  assert.equal(stage.groups.takeConnected(), [came(0, 'ordered'), came(1, 'intermingle')]);
  assert.equal([stage.groups.numConnected, stage.groups.takeConnected(), stage.takeLog()], [0, [], []]);
});

test('an idle slave moves at once to a group that wants it; a busy one once it runs nothing', () => {
  const stage = new Stage();
  const [idle, busy] = [stage.join(0), stage.join(1, 2)];
  stage.groups.allocate(1, 'ordered');
  assert.equal([idle.kind, busy.kind], ['ordered', 'unordered']);
  assert.equal(stage.takeLog(), ['slave-moved SLAVE-0 ordered', 'moved SLAVE-0 ordered']);
  stage.groups.allocate(1, 'intermingle');
  assert.equal(
    [busy.kind, busy.draftedFor, stage.takeLog()],
    ['unordered', 'intermingle', ['drafted SLAVE-1']],
  );
  assert.not(stage.groups.onIdle(busy), 'it still runs something');
  busy.releaseAll();
  assert.ok(stage.groups.onIdle(busy));
  assert.not(stage.groups.onIdle(busy));
  assert.equal(stage.takeLog(), ['slave-moved SLAVE-1 intermingle', 'moved SLAVE-1 intermingle']);
  assert.equal(stage.groups.takeConnected(), [came(0, 'ordered'), came(1, 'intermingle')]);
});

test('a slave that does not work is not drafted', () => {
  const stage = new Stage();
  const ending = stage.join(0);
  ending.machine.send('shutdown-sent');
  stage.groups.allocate(1, 'ordered');
  assert.equal([ending.kind, ending.draftedFor, stage.takeLog()], ['unordered', undefined, []]);
  assert.is(stage.groups.slavesNeeded, 1);
});

test('when an ordered slave goes, it is told of and another takes its place', () => {
  const stage = new Stage();
  stage.groups.allocate(1, 'ordered');
  const [ordered, other] = [stage.join(0), stage.join(1)];
  stage.groups.takeConnected();
  stage.leave(ordered);
  assert.is(stage.groups.numDisconnected, 1);
  assert.equal(stage.groups.takeDisconnected(), [came(0, 'ordered')]);
  assert.equal([stage.groups.numDisconnected, stage.groups.takeDisconnected()], [0, []]);
  assert.equal([other.kind, stage.groups.takeConnected()], ['ordered', [came(1, 'ordered')]]);
  stage.groups.deallocate(1, 'ordered');
  const unordered = stage.join(2);
  stage.leave(unordered);
  assert.equal(stage.groups.takeDisconnected(), []);
});

test('a freed slave loses its mail, moves, and is not taken for its group again', () => {
  const stage = new Stage();
  stage.groups.allocate(2, 'ordered');
  const [idle, busy] = [stage.join(0), stage.join(1)];
  occupy(busy, 1);
  stage.takeLog();
  assert.ok(stage.groups.free(0));
  assert.equal(stage.takeLog(), [
    'clear SLAVE-0 slave-freed: SLAVE-0 was freed',
    'slave-freed SLAVE-0',
    'moved SLAVE-0 unordered',
  ]);
  assert.is(idle.kind, 'unordered');
  assert.ok(stage.groups.free(1));
  assert.equal(stage.takeLog(), ['clear SLAVE-1 slave-freed: SLAVE-1 was freed']);
  assert.equal([busy.kind, busy.draftedFor], ['ordered', 'unordered']);
  for (const number of [0, 1, 7]) assert.not(stage.groups.free(number), `${number}`);
  assert.is(stage.groups.slavesNeeded, 0);
});

test('of comings that nobody asks for the newest hundred thousand are kept', () => {
  const stage = new Stage();
  const slave = createSlave(5);
  makeKind(slave, 'ordered');
  for (let count = 0; count < 100_000; count++) stage.groups.onJoined(slave);
  const last = createSlave(6);
  makeKind(last, 'ordered');
  assert.is(stage.groups.numConnected, 100_000);
  stage.groups.onJoined(last);
  assert.is(stage.groups.numConnected, 100_000);
  assert.equal(stage.groups.takeConnected().at(-1), came(6, 'ordered'));
});

test("a slave on trial is nobody's, until its trial ends and it gets its group", () => {
  const stage = new Stage();
  stage.groups.allocate(1, 'ordered');
  const [slave, lost] = [createSlave(0), createSlave(1)];
  for (const one of [slave, lost]) {
    makeKind(one, 'ordered');
    stage.roster.add(one);
    stage.allocation.beginTrial(one);
    stage.groups.onJoined(one);
  }
  assert.equal([stage.groups.slavesNeeded, stage.groups.numConnected], [1, 0]);
  assert.not(stage.groups.onIdle(slave));
  assert.equal([slave.takesOrdered, slave.takesUnordered], [false, false]);
  assert.not(stage.groups.free(0), 'nobody has it');
  stage.leave(lost);
  assert.equal([stage.groups.slavesNeeded, stage.groups.numDisconnected], [1, 0]);
  stage.groups.endTrial(slave);
  assert.equal([stage.groups.slavesNeeded, stage.groups.takeConnected()], [0, [came(0, 'ordered')]]);
  stage.groups.endTrial(slave);
  stage.leave(slave);
  assert.equal([stage.groups.slavesNeeded, stage.groups.takeDisconnected()], [1, [came(0, 'ordered')]]);
});

test('a slave whose trial ends where no group lacks one is unordered once it runs nothing', () => {
  const stage = new Stage();
  const slave = createSlave(0);
  makeKind(slave, 'ordered');
  stage.roster.add(slave);
  stage.allocation.beginTrial(slave);
  stage.groups.onJoined(slave);
  occupy(slave, 1);
  stage.groups.endTrial(slave);
  assert.equal([slave.kind, slave.takesUnordered, slave.takesOrdered], ['ordered', false, false]);
  slave.releaseAll();
  assert.ok(stage.groups.onIdle(slave));
  assert.equal([slave.kind, slave.takesUnordered], ['unordered', true]);
  assert.equal(stage.takeLog(), ['slave-freed SLAVE-0', 'moved SLAVE-0 unordered']);
});

test('a slave that retires takes nothing more, and leaves when it runs nothing', () => {
  const stage = new Stage();
  const [idle, busy] = [stage.join(0), stage.join(1, 2)];
  assert.equal([stage.groups.isDispensable(idle), stage.groups.isDispensable(busy)], [true, false]);
  stage.groups.retire(idle);
  assert.not(stage.groups.isDispensable(idle));
  stage.groups.retire(busy);
  stage.groups.retire(busy);
  assert.equal([busy.takesUnordered, busy.takesOrdered], [false, false]);
  assert.equal(stage.takeLog(), [
    'clear SLAVE-0 slave-freed: SLAVE-0 was retired',
    'retired SLAVE-0',
    'clear SLAVE-1 slave-freed: SLAVE-1 was retired',
    'drafted SLAVE-1',
  ]);
  assert.not(stage.groups.onIdle(busy));
  busy.releaseAll();
  assert.ok(stage.groups.onIdle(busy));
  assert.equal(stage.takeLog(), ['retired SLAVE-1']);
  for (const slave of [idle, busy]) stage.leave(slave);
  stage.groups.allocate(1, 'ordered');
  assert.is(stage.groups.slavesNeeded, 1);
});

test('an ordered slave that retires leaves its group, which wants another one', () => {
  const stage = new Stage();
  stage.groups.allocate(1, 'ordered');
  const slave = stage.join(0);
  assert.not(stage.groups.isDispensable(slave), 'the program has it');
  stage.groups.retire(slave);
  assert.is(stage.groups.slavesNeeded, 0, 'it is still there');
  stage.leave(slave);
  assert.equal(stage.groups.takeDisconnected(), [came(0, 'ordered')]);
  assert.is(stage.groups.slavesNeeded, 1);
});

test.run();
