/** How the table of slaves is shown. */
import { inspect } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SlaveId } from '../../../src/algorithms/types.js';
import type { AuditEvent } from '../../../src/audit/events.js';
import { slaveTable } from '../../../src/cli/repl/slave-table.js';
import { Picture } from '../../../src/picture/picture.js';

const tables = suite('slave table');

const START_MS = 1_000;

function joined(number: number): AuditEvent {
  const process = { host: 'vm', pid: number + 7, memberId: 'm' };
  return { type: 'slave-connecting', sid: `SLAVE-${number}`, ...process, kind: 'unordered' };
}

tables('its rows are plain, and are shown as a table', () => {
  const picture = new Picture();
  const events: readonly AuditEvent[] = [
    joined(0),
    { type: 'slave-idle', sid: 'SLAVE-0' },
    { type: 'results-received', sid: 'SLAVE-0', count: 5 },
    { type: 'results-received', sid: 'SLAVE-0', count: 7 },
    { type: 'slave-moved', sid: 'SLAVE-0', kind: 'ordered' },
    joined(10),
    { type: 'slave-suspected', sid: 'SLAVE-10', evidence: 'silent for 5.0 s' },
    joined(11),
    { type: 'slave-moved', sid: 'SLAVE-11', kind: 'ordered' },
    { type: 'slave-freed', sid: 'SLAVE-11' },
  ];
  for (const event of events) picture.take(event, START_MS);
  const views = [0, 10, 11].map((number) => {
    const sid: SlaveId = `SLAVE-${number}`;
    return { sid, host: 'vm', pid: number === 0 ? 7 : 12_345, tasks: number };
  });
  const table = slaveTable(picture, views);
  assert.equal(table[0], {
    ...{ sid: 'SLAVE-0', state: 'idle', kind: 'ordered', host: 'vm', pid: 7, tasks: 0, results: 12 },
  });
  assert.is(
    inspect(table),
    [
      'slave     state       group      process   tasks  results',
      'SLAVE-0   idle        ordered    vm:7      0      12',
      'SLAVE-10  suspected   unordered  vm:12345  10     0',
      'SLAVE-11  connecting  unordered  vm:12345  11     0',
    ].join('\n'),
  );
  assert.is(inspect(slaveTable(picture, [])), 'no slaves');
});

tables.run();
