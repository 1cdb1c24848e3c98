/** Machines from their first attempt on, and the pages that are there only where the program has what they show. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../src/audit/events.js';
import { DashboardModel } from '../../src/dashboard/model/dashboard-model.js';
import { machinesPage } from '../../src/dashboard/pages/machines-page.js';
import { optionalPages } from '../../src/dashboard/pages/optional-pages.js';
import { warningsOf } from '../../src/dashboard/pages/warnings.js';
import { joining } from '../picture/joining.js';

const test = suite('dashboard machines page');

const START_MS = 1_790_000_000_000;

function modelOf(...events: readonly AuditEvent[]): DashboardModel {
  const model = new DashboardModel();
  for (const event of events) model.take(event, START_MS);
  return model;
}

const moved = (machine: string, state: string, reason?: string, againSeconds?: number): AuditEvent => ({
  type: 'machine-state',
  machine,
  state,
  reason,
  againSeconds,
});

test('a machine is seen before a slave joins from it: its state, its own words, and why it is refused', () => {
  const facts = { hostname: 'n1', platform: 'linux', node: '20.11.1', cores: 8, memoryBytes: 5e9 };
  const model = modelOf(
    moved('far', 'starting'),
    moved('big', 'starting'),
    { type: 'machine-reached', machine: 'big', ...facts, clockOffsetMs: 3 },
    moved('big', 'validating'),
    { type: 'machine-granted', machine: 'big', slots: 2, wanted: 4 },
    { type: 'machine-slave-started', machine: 'big', index: 0, pid: 7 },
    moved('odd', 'failing', 'its validation refused it: no GPU', 60),
    moved('bad', 'failing', 'it cannot be reached', 1),
    moved('bad', 'given-up', 'it cannot be reached'),
  );
  const { farm, rows } = machinesPage(model, START_MS + 20_000);
  assert.equal(
    farm.map(({ name, state, reason, againSeconds }) => [name, state, reason, againSeconds]),
    [
      ['bad', 'given-up', 'it cannot be reached', undefined],
      ['odd', 'failing', 'its validation refused it: no GPU', 40],
      ['big', 'validating', '', undefined],
      ['far', 'starting', '', undefined],
    ],
  );
  const [, , big] = farm;
  assert.equal(
    [big?.hostname, big?.platform, big?.cores, big?.slots, big?.processes, big?.seconds],
    ['n1', 'linux, Node 20.11.1', 8, '2 of 4', 1, 20],
  );
  assert.equal(rows, []);
  const warnings = warningsOf(model, START_MS).filter(({ page }) => page === 'machines');
  assert.equal(
    warnings.map(({ level, text }) => `${level}: ${text}`),
    [
      'bad: 1 machine is given up, such as bad: it cannot be reached',
      'warning: 1 machine fails and is tried again, such as odd: its validation refused it: no GPU',
    ],
  );
  for (const event of [
    moved('odd', 'starting'),
    moved('odd', 'ready'),
    { type: 'machine-slave-ended', machine: 'big', index: 0, pid: 7, how: 'exited with code 3' } as const,
  ])
    model.take(event, START_MS + 30_000);
  const later = machinesPage(model, START_MS + 30_000).farm;
  const find = (name: string) => later.find((row) => row.name === name);
  assert.equal([find('odd')?.state, find('odd')?.reason, find('odd')?.seconds], ['ready', '', 0]);
  assert.is(find('big')?.processes, 0);
});

test('500 machines are kept, and those that are over make room for others', () => {
  const names = Array.from({ length: 501 }, (_, number) => `m${number}`);
  const model = modelOf(...names.map((name) => moved(name, 'starting')));
  const first = machinesPage(model, START_MS);
  assert.equal([first.farm.length, first.unseen], [500, 1]);
  model.take(moved('m7', 'gone'), START_MS);
  model.take(moved('m500', 'starting'), START_MS);
  const farm = machinesPage(model, START_MS).farm.map(({ name }) => name);
  assert.equal([farm.length, farm.includes('m7'), farm.includes('m500')], [500, false, true]);
});

test('another master begins anew, and a slave that writes to the same trail does not', () => {
  const init = (role: 'master' | 'slave'): AuditEvent => ({ type: 'init', role, memberId: 'm' });
  const model = modelOf(moved('big', 'starting'), init('slave'));
  assert.is(model.machines.size, 1);
  model.take(init('master'), START_MS);
  assert.is(model.machines.size, 0);
});

test('machines, shared values and threads have a page where the program has them', () => {
  const none = { machines: false, shared: false, threads: false };
  assert.equal(optionalPages(modelOf(joining(0, 'here'), joining(1, 'here'))), none);
  assert.equal(optionalPages(modelOf(joining(0, 'here'), joining(1, 'there'))), { ...none, machines: true });
  assert.equal(optionalPages(modelOf(moved('big', 'starting'))), { ...none, machines: true });
  const model = modelOf({ type: 'share-sent', sid: 'SLAVE-0', key: 'k', bytes: 1 });
  assert.equal(optionalPages(model), { ...none, shared: true });
  model.threadCount = 1;
  assert.equal(optionalPages(model), { ...none, shared: true, threads: true });
});

test.run();
