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
  assert.is(slave.unstarted, 1);
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

test.run();
