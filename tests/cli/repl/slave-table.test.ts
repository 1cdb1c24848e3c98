/** The table of slaves: what audit events make of it, and how it is shown. */
import { inspect } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../../src/audit/events.js';
import { SlaveTable } from '../../../src/cli/repl/slave-table.js';

const tables = suite('SlaveTable');

const joined = (sid: string, pid: number): AuditEvent => ({
  type: 'slave-connecting',
  sid,
  host: 'vm',
  pid,
  memberId: 'm',
  kind: 'unordered',
});

function tableAfter(...events: readonly AuditEvent[]): SlaveTable {
  const table = new SlaveTable();
  for (const event of events) table.hear(event);
  return table;
}

tables('it follows a slave through its states, groups and counts', () => {
  const steps: readonly (readonly [AuditEvent, string])[] = [
    [joined('SLAVE-0', 7), 'connecting unordered 0 0'],
    [{ type: 'slave-idle', sid: 'SLAVE-0' }, 'idle unordered 0 0'],
    [{ type: 'tasks-sent', sid: 'SLAVE-0', count: 5 }, 'idle unordered 5 0'],
    [{ type: 'slave-busy', sid: 'SLAVE-0' }, 'busy unordered 5 0'],
    [{ type: 'results-received', sid: 'SLAVE-0', count: 2 }, 'busy unordered 3 2'],
    [{ type: 'tasks-recalled', sid: 'SLAVE-0', count: 1 }, 'busy unordered 2 2'],
    [{ type: 'slave-suspected', sid: 'SLAVE-0', evidence: '503' }, 'suspected unordered 2 2'],
    [{ type: 'suspicion-ended', sid: 'SLAVE-0', evidence: 'beat' }, 'busy unordered 2 2'],
    [{ type: 'slave-moved', sid: 'SLAVE-0', kind: 'ordered' }, 'busy ordered 2 2'],
    [{ type: 'slave-freed', sid: 'SLAVE-0' }, 'busy unordered 2 2'],
    [{ type: 'slave-idle', sid: 'SLAVE-9' }, 'busy unordered 2 2'],
    [{ type: 'slave-shutting-down', sid: 'SLAVE-0' }, 'shutting down unordered 2 2'],
  ];
  const table = new SlaveTable();
  for (const [event, expected] of steps) {
    table.hear(event);
    const { state, kind, tasks, results } = table.find('SLAVE-0') ?? {};
    assert.is(`${state} ${kind} ${tasks} ${results}`, expected, event.type);
  }
  for (const type of ['slave-lost', 'slave-left', 'slave-disconnected'] as const) {
    const gone = { type, sid: 'SLAVE-0', evidence: 'e', reason: 'r' } as AuditEvent;
    assert.is(tableAfter(joined('SLAVE-0', 7), gone).size, 0, type);
  }
});

tables('its rows are plain, and are shown as a table', () => {
  const table = tableAfter(joined('SLAVE-0', 7), joined('SLAVE-10', 12345), {
    type: 'slave-idle',
    sid: 'SLAVE-0',
  });
  assert.equal(
    table.rows.map(({ sid, pid }) => [sid, pid]),
    [
      ['SLAVE-0', 7],
      ['SLAVE-10', 12345],
    ],
  );
  assert.is(
    inspect(table.rows),
    [
      'slave     state       group      process   tasks  results',
      'SLAVE-0   idle        unordered  vm:7      0      0',
      'SLAVE-10  connecting  unordered  vm:12345  0      0',
    ].join('\n'),
  );
  assert.is(inspect(tableAfter().rows), 'no slaves');
});

tables.run();
