/** What a slave's sentinel says, where it changes what its master does with it. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silentAudit } from '../../../src/audit/memory-trail.js';
import { SlaveInput } from '../../../src/master/core/slave-input.js';
import type { MasterPorts } from '../../../src/master/model/master-ports.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import { Allocation } from '../../../src/master/slaves/allocation.js';
import type { Sessions } from '../../../src/master/slaves/sessions.js';
import { SlaveCommands } from '../../../src/master/slaves/slave-commands.js';
import { SlaveGroups } from '../../../src/master/slaves/slave-groups.js';
import { makeKind, Parts } from '../parts.js';

const test = suite('master/slave-side');

test('a freed slave moves when all that it had was taken back, though it sends no frame any more', () => {
  const parts = new Parts();
  const { settlement, comebacks, dispatcher } = parts;
  const [slave] = parts.slaves as [SlaveRecord];
  const audit = silentAudit;
  const sent: number[] = [];
  const commands = new SlaveCommands(
    { command: (_slave, id) => sent.push(id) } as Partial<MasterPorts> as MasterPorts,
    audit,
  );
  const roster = { findByNonce: () => slave, findByNumber: () => slave };
  const sessions = { roster, wake() {} } as unknown as Sessions;
  const allocation = new Allocation();
  allocation.allocate(1, 'intermingle');
  makeKind(slave, allocation.join());
  const groups = new SlaveGroups({
    allocation,
    roster: sessions.roster,
    clearMailbox: (slave, reason, message) => settlement.reclaimer.clearMailbox(slave, reason, message),
    audit,
    onDrafted: (drafted) => commands.recallAll(drafted),
    onMoved: () => {},
  });
  const side = new SlaveInput({
    sessions,
    settlement,
    comebacks,
    dispatcher,
    commands,
    groups,
    audit,
    onNews() {},
  });
  parts.submit(2);
  parts.dispatch();
  assert.ok(groups.free(slave.number));
  assert.equal([slave.kind, slave.draftedFor], ['intermingle', 'unordered']);
  commands.recallAll(slave);
  const { nonce } = slave;
  side.takeSentinelEvent({ type: 'acknowledged', nonce, id: sent[0] as number, from: 0 }, 0);
  assert.equal([slave.kind, slave.draftedFor, slave.outstanding], ['unordered', undefined, 0]);
});

test.run();
