/** The audit trail of whole runs: its sequence, both forms, reopening, and destinations that refuse it. */
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditEvent } from 'ts-mw';
import * as assert from 'uvu/assert';
import { readTrailFile } from '../../src/audit/read/read-trail.js';
import { overEachBroker } from '../support/each-broker.js';
import { type Programs, until, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('audit');

interface Trails {
  readonly master: readonly AuditEvent[];
  readonly slave: readonly AuditEvent[];
}

/** A master of ten tasks, in one group, and one slave; each with a trail in a file of its own. */
async function live(
  format: 'text' | 'json',
  args: readonly string[],
  { start, folder }: Programs,
): Promise<Trails> {
  const path = (name: string): string => join(folder, `${name}.${format}`);
  const audit = (name: string): string[] => ['--audit-file', path(name), '--audit-format', format];
  const file = path('resource');
  const groups = ['--slave-task-group', '10', '--slave-result-group', '10'];
  const master = start('lives.js', [
    ...['--master', '--resource-file', file, '--member-id', 'my member', ...groups],
    ...[...audit('master'), ...args, '--', 'squares', '10'],
  ]);
  await until('the resource file is there', () => read(file).includes('in-progress'));
  const slave = start('lives.js', ['--slave', '--resource-file', file, ...audit('slave')]);
  assert.is(await master.code(), 0, master.report());
  assert.is(await slave.code(), 0, slave.report());
  assert.equal(master.out, ['sum 285']);
  const others = [...master.err, ...slave.err].filter((line) => !/^mw \d\d:\d\d:\d\d /.test(line));
  assert.equal([...others, ...slave.out], [], 'the trail is in the files, and beside it there are notices');
  return { master: await readTrail(path('master')), slave: await readTrail(path('slave')) };
}

async function readTrail(path: string): Promise<AuditEvent[]> {
  const reader = readTrailFile(path);
  const events: AuditEvent[] = [];
  for await (const { event } of reader) events.push(event);
  assert.equal([reader.foreign, reader.torn], [0, false], read(path));
  return events;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Their place is not certain: told when a second is over or nothing pends, or when a slave has dialled. */
const ELSEWHERE = ['tasks-submitted', 'tasks-settled', 'slave-computed', 'data-port-taken', 'data-port-lost'];

/** CL-MW's words for a normal life, without host, port and what differs from broker to broker. */
const MASTER_LIFE = [
  'NEW-CLIENT -> H:P',
  'SLAVE-0 H:P -> ["my member"] :connecting [:unordered]',
  'SLAVE-0 -> :idle',
  'SLAVE-0 <- 10 tasks',
  'SLAVE-0 -> :busy',
  'SLAVE-0 -> 10 results',
  'SLAVE-0 -> :idle',
  'RESFILE Generated resource file: "F"',
  'SLAVE-0 <- TRY-SHUTDOWN',
  'SLAVE-0 -> :shutting-down',
  'SLAVE-0 -> :disconnected',
  'FINI SHUTDOWN "my member"',
];

const SLAVE_LIFE = [
  'VERSION ts-mw: Version V',
  'INIT SLAVE "default-member-id"',
  'SLAVE Using default slave algorithm.',
  'RESFILE Loading resource file: "F"',
  'BROKER <- CONNECTED TO nats://H:P',
  'MASTER <- CONNECTED TO nats://H:P',
  'MASTER -> ID SLAVE-0',
  'MASTER -> 10 tasks (10 grouping)',
  'MASTER <- 10 results',
  'MASTER -> SHUTDOWN',
  'FINI MASTER-SHUTDOWN "my member"',
];

overEachBroker(test, 'it tells a normal life as CL-MW does', async ({ args }, programs) => {
  await live('text', args, programs);
  const lines = (name: string): string[] =>
    read(join(programs.folder, `${name}.text`))
      .trimEnd()
      .split('\n')
      .map((line) => {
        assert.match(line, /^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d \[A\] \S/);
        return line
          .slice('11/04/2010 21:43:59 [A] '.length)
          .replace(/"\/.*"/, '"F"')
          .replace(/Version .*/, 'Version V')
          .replace(/(?<=nats:\/\/|NEW-CLIENT -> |SLAVE-0 )[^\s/]+:\d+/, 'H:P');
      });
  const ofMaster = lines('master').filter((line) => !/^EOF -> |^TASKS | COMPUTED | DATA-PORT /.test(line));
  assert.equal(ofMaster.slice(ofMaster.indexOf('NEW-CLIENT -> H:P')), MASTER_LIFE);
  assert.equal(ofMaster.slice(0, 2), ['VERSION ts-mw: Version V', 'INIT MASTER "my member"']);
  for (const line of ['MASTER READY nats://H:P', 'RESFILE Generated resource file: "F"']) {
    assert.ok(ofMaster.indexOf(line) < ofMaster.indexOf('NEW-CLIENT -> H:P'), line);
  }
  const ofSlave = lines('slave').filter((line) => !line.includes(' DATA-PORT '));
  assert.equal(ofSlave, SLAVE_LIFE);
});

test.long('both forms have the same events', () =>
  withPrograms(async (programs) => {
    const text = await live('text', [], programs);
    const json = await live('json', [], programs);
    const types = (events: readonly AuditEvent[]): string[] =>
      events
        .map(({ type }) => type)
        .filter((type) => type !== 'broker-client-closed' && !ELSEWHERE.includes(type));
    assert.equal(types(json.master), types(text.master));
    assert.equal(types(json.slave), types(text.slave));
    const [line = ''] = read(join(programs.folder, 'master.json')).split('\n');
    assert.match(line, /^\{.*"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/);
  }),
);

test('SIGHUP opens the file anew, on a master and on a slave', () =>
  withPrograms(async ({ start, folder }) => {
    const path = (name: string): string => join(folder, name);
    const file = path('m.rsc');
    const master = start('lives.js', [
      '--master',
      '--resource-file',
      file,
      '--audit-file',
      path('master'),
      '--',
      'idle',
    ]);
    await until('the resource file is there', () => read(file).includes('in-progress'));
    const slave = start('lives.js', ['--slave', '--resource-file', file, '--audit-file', path('slave')]);
    await master.waitForLine(/^idle begins$/);
    for (const [name, program] of [
      ['master', master],
      ['slave', slave],
    ] as const) {
      renameSync(path(name), path(`${name}.old`));
      program.kill('SIGHUP');
      await until(`${name} has reopened`, () => read(path(name)).includes('AUDIT REOPENED'));
    }
    master.kill('SIGTERM');
    assert.is(await master.code(), 143);
    assert.is(await slave.code(), 0);
    for (const name of ['master', 'slave']) {
      assert.match(read(path(name)), /FINI /);
      assert.not.match(read(path(`${name}.old`)), /FINI |REOPENED/);
      assert.match(read(path(`${name}.old`)), /VERSION /);
    }
  }));

test.long('a full disk, a closed pipe and no standard error at all stop no computation', () =>
  withPrograms(async ({ start }) => {
    const args = ['--master', '--slaves', '1'];
    const full = start('lives.js', [...args, '--audit-file', '/dev/full', '--', 'squares', '2000']);
    const closed = start('lives.js', [...args, '--slave-task-group', '1', '--', 'squares', '2000']);
    closed.child.stderr?.destroy();
    const nowhere = start('lives.js', [...args, '--', 'squares', '2000'], { stderr: 'ignore' });
    for (const program of [full, closed, nowhere]) {
      assert.is(await program.code(), 0, program.report());
      assert.equal(program.out, ['sum 2664667000']);
    }
  }),
);

test.run();
