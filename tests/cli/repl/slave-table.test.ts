/** How the table of slaves is shown. */
import { inspect } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { slaveTable } from '../../../src/cli/repl/slave-table.js';
import type { SlaveView } from '../../../src/master/slaves/slave-view.js';

const tables = suite('slave table');

const idle: SlaveView = {
  sid: 'SLAVE-0',
  state: 'idle',
  kind: 'unordered',
  host: 'vm',
  pid: 7,
  tasks: 0,
  results: 12,
};

tables('its rows are plain, and are shown as a table', () => {
  const slaves = [idle, { ...idle, sid: 'SLAVE-10', state: 'connecting', pid: 12345, results: 0 }] as const;
  const table = slaveTable(slaves);
  assert.equal([...table], slaves);
  assert.is(
    inspect(table),
    [
      'slave     state       group      process   tasks  results',
      'SLAVE-0   idle        unordered  vm:7      0      12',
      'SLAVE-10  connecting  unordered  vm:12345  0      0',
    ].join('\n'),
  );
  assert.is(inspect(slaveTable([])), 'no slaves');
});

tables.run();
