/** Which tasks a master asks back, and what it learns from what is acknowledged. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silentAudit } from '../../../src/audit/memory-trail.js';
import type { MasterPorts } from '../../../src/master/model/master-ports.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import type { Task } from '../../../src/master/model/task.js';
import { SlaveCommands } from '../../../src/master/slaves/slave-commands.js';
import type { Command } from '../../../src/wire/messages/messages.js';
import { Parts } from '../parts.js';

const test = suite('master/commands');

function create(): { parts: Parts; slave: SlaveRecord; commands: SlaveCommands; sent: Command[] } {
  const parts = new Parts({ taskGroup: 9 });
  const [slave] = parts.slaves as [SlaveRecord];
  const sent: Command[] = [];
  const ports = { command: (_slave: SlaveRecord, _id: number, body: Command) => sent.push(body) };
  return { parts, slave, commands: new SlaveCommands(ports as unknown as MasterPorts, silentAudit), sent };
}

test('it asks back half of what is left, again and again, until one is left to run', () => {
  const { parts, slave, commands, sent } = create();
  parts.submit(9);
  parts.dispatch();
  while (slave.unstarted > 0) {
    commands.recallHalf(slave);
    const command = sent.at(-1);
    if (command?.command !== 'recall' || !slave.commands.recalling) throw new Error('that is no recall');
    const { id } = slave.commands.recalling;
    commands.takeAcknowledgement(slave, { id, from: command.from }, parts.settlement);
  }
  assert.equal(
    sent.map((command) => command.command === 'recall' && command.from),
    [5, 3, 2, 1],
  );
  assert.is(parts.jar.queued, 8);
});

test('a cancelled run that goes on is noted, and does not count as one that the slave keeps', () => {
  const { parts, slave, commands, sent } = create();
  const [first] = parts.submit(2) as [Task];
  parts.dispatch();
  parts.settlement.giveUp(first, 'cancelled', 'test');
  commands.cancel(slave, first.number, 0);
  commands.takeAcknowledgement(slave, { id: 1, found: 'running' }, parts.settlement);
  assert.equal(slave.lingering, [{ number: first.number, index: 0 }]);
  assert.equal([slave.unstarted, slave.begun], [1, 1]);
  commands.recallAll(slave);
  assert.equal(sent.at(-1), { command: 'recall', from: 0, to: 2 });
});

test('a run that was cancelled is over once it is told so, or runs older than all that run', () => {
  const { slave } = create();
  for (const index of [3, 5, 9]) slave.noteLingering({ number: index, index });
  slave.endLingering(({ number }) => number === 5);
  assert.equal(
    slave.lingering.map(({ index }) => index),
    [3, 9],
  );
});

test('a cancelled task that had not begun, or has ended, holds nobody up', () => {
  for (const found of ['waiting', 'gone'] as const) {
    const { parts, slave, commands } = create();
    const [first] = parts.submit(1) as [Task];
    parts.dispatch();
    commands.cancel(slave, first.number, 0);
    commands.takeAcknowledgement(slave, { id: 1, found }, parts.settlement);
    assert.equal([slave.lingering, slave.commands.takeCancel(1)], [[], undefined]);
  }
});

test('it asks all back that has not begun, up to the next task, unless it has asked, and only if there is any', () => {
  const { parts, slave, commands, sent } = create();
  commands.recallAll(slave);
  parts.submit(1);
  parts.dispatch();
  commands.recallAll(slave);
  assert.equal(sent, [], 'the only one may run');
  const { parts: two, slave: other, commands: others, sent: told } = create();
  two.submit(2);
  two.dispatch();
  others.recallAll(other);
  others.recallAll(other);
  assert.equal(told, [{ command: 'recall', from: 0, to: 2 }]);
  assert.equal(other.commands.recalling, { id: 1, from: 0, to: 2, isAll: true });
});

test('a kill asks all back that has not begun, at the latest once an earlier recall is answered, and once', () => {
  const { parts, slave, commands, sent } = create();
  const [first] = parts.submit(5) as [Task];
  parts.dispatch();
  commands.recallHalf(slave);
  parts.settlement.giveUp(first, 'killed', 'test');
  commands.kill(slave, first.number, 0, 500);
  const kill = { command: 'cancel', index: 0, kill: { task: first.number, afterMs: 500 } } as const;
  assert.equal(sent, [{ command: 'recall', from: 3, to: 5 }, kill]);
  commands.takeAcknowledgement(slave, { id: 1, from: 3 }, parts.settlement);
  assert.equal(sent.at(-1), { command: 'recall', from: 0, to: 5 });
  commands.takeAcknowledgement(slave, { id: 3, from: 5 }, parts.settlement);
  assert.equal([sent.length, slave.outstanding], [3, 2], 'they have begun after all');
  commands.takeAcknowledgement(slave, { id: 2, found: 'running' }, parts.settlement);
  assert.equal(slave.lingering, [{ number: 0, index: 0, killAfterMs: 500 }], 'it is noted once');
});

test('it asks one task back, unless it has asked for others', () => {
  const { parts, slave, commands, sent } = create();
  const tasks = parts.submit(3);
  parts.dispatch();
  commands.recallOne(slave, tasks[1] as Task);
  commands.recallOne(slave, tasks[2] as Task);
  assert.equal(sent, [{ command: 'recall', from: 1, to: 2 }]);
  commands.takeAcknowledgement(slave, { id: 1, from: 1 }, parts.settlement);
  assert.equal([slave.outstanding, parts.jar.queued, slave.commands.recalling], [2, 1, undefined]);
});

test('an answer to another command, or one that tells of no task, takes nothing back', () => {
  const { parts, slave, commands } = create();
  parts.submit(3);
  parts.dispatch();
  commands.recallAll(slave);
  commands.takeAcknowledgement(slave, { id: 2, from: 0 }, parts.settlement);
  assert.equal([slave.outstanding, slave.commands.recalling?.id], [3, 1]);
  commands.takeAcknowledgement(slave, { id: 1 }, parts.settlement);
  assert.equal([slave.outstanding, slave.commands.recalling], [3, undefined]);
});

test('nothing is asked back of a slave that has nothing', () => {
  const { slave, commands, sent } = create();
  commands.recallHalf(slave);
  assert.equal([sent, slave.commands.recalling], [[], undefined]);
});

test('a slave that is told to stop shuts down, and has acknowledged that when it answers it alone', () => {
  const { parts, slave, commands, sent } = create();
  const [first] = parts.submit(1) as [Task];
  parts.dispatch();
  commands.cancel(slave, first.number, 0);
  assert.not(slave.commands.shutdownAcknowledged);
  commands.shutdown(slave);
  assert.equal(sent, [{ command: 'cancel', index: 0 }, { command: 'shutdown' }]);
  assert.is(slave.machine.state, 'shutting-down');
  commands.takeAcknowledgement(slave, { id: 1 }, parts.settlement);
  assert.not(slave.commands.shutdownAcknowledged);
  commands.takeAcknowledgement(slave, { id: 2 }, parts.settlement);
  assert.ok(slave.commands.shutdownAcknowledged);
});

test.run();
