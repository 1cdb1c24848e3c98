/** The resource file between masters and slaves: its life, bad ones, and flags on either side of it. */
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditEvent, type EmbeddedMaster, master } from 'ts-mw';
import * as assert from 'uvu/assert';
import { square } from '../programs/algorithms.js';
import { overEachBroker, overEachBrokerAtLength } from '../support/each-broker.js';
import { programPath, type RunningProgram, until, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('resource file');

function read(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}

overEachBroker(
  test,
  'it is in progress while the master runs, and finished when its algorithm is',
  async ({ args, url }, { start, folder }) => {
    const file = join(folder, 'm.rsc');
    const program = start('lives.js', [
      ...['--master', '--resource-file', file, '--resource-file-update-interval', '1', '--member-id', 'm'],
      ...['--slave-executable', '/opt/app', ...args, '--', 'squares', '50'],
    ]);
    await until('it is there', () => existsSync(file));
    const first = read(file);
    assert.is(first['computation-status'], 'in-progress');
    assert.equal(
      [first['member-id'], first['update-interval'], first['slave-executable']],
      ['m', 1, '/opt/app'],
    );
    assert.equal(first['slave-arguments'], ['--slave', '--resource-file', file]);
    const nats = first.nats as { urls: string[]; token?: string };
    if (url === undefined) {
      assert.match(nats.urls[0] ?? '', /^nats:\/\/127\.0\.0\.1:\d+$/);
      assert.ok((nats.token ?? '').length >= 32);
    } else assert.equal(nats, { urls: [url] });
    assert.is(statSync(file).mode & 0o777, 0o600);
    await until('it is written again', () => read(file).timestamp !== first.timestamp);
    const slave = start('lives.js', ['--slave', '--resource-file', file]);
    assert.is(await program.code(), 0, program.report());
    assert.is(await slave.code(), 0, slave.report());
    const last = read(file);
    assert.is(last['computation-status'], 'finished');
    assert.is(last['run-id'], first['run-id']);
    assert.is(statSync(file).mode & 0o777, 0o600);

    const late = start('lives.js', ['--slave', '--resource-file', file]);
    assert.is(await late.code(), 0, late.report());
    await late.waitForLine(
      new RegExp(`RESFILE Computation finished at ${last.timestamp}, run ${last['run-id']}: "${file}"$`),
    );
    await late.waitForLine(/FINI COMPUTATION-FINISHED "m"$/);
    assert.is(late.count(/CONNECT/), 0);
  },
);

test.long('it stays in progress when the master algorithm throws, or its master is killed', () =>
  withPrograms(async ({ start, folder }) => {
    const file = join(folder, 'm.rsc');
    const thrown = start('endings.js', [
      '--master',
      '--slaves',
      '1',
      '--resource-file',
      file,
      '--',
      'throws',
    ]);
    assert.is(await thrown.code(), 255);
    assert.is(read(file)['computation-status'], 'in-progress');
    const first = read(file)['run-id'];
    const killed = start('endings.js', ['--master', '--resource-file', file]);
    await until('it is of the new run', () => read(file)['run-id'] !== first);
    killed.kill('SIGKILL');
    await killed.ended();
    assert.is(read(file)['computation-status'], 'in-progress');
  }),
);

const BAD: readonly (readonly [text: string | Buffer, complaint: RegExp])[] = [
  ['', /is empty$/],
  ['rubbish', /is not JSON$/],
  [Buffer.from([0, 1, 2, 3]), /is binary, not text$/],
  ['{"computation-status": "in-prog', /is half-written: its JSON has no end$/],
  ['{"name": "ts-mw"}', /is foreign: the key "computation-status" is missing$/],
];

test.long('a bad one is named for what it is, and tried until --connect-timeout', () =>
  withPrograms(async ({ start, folder }) => {
    const slaves = BAD.map(([text, complaint], index) => {
      const file = join(folder, `bad-${index}`);
      writeFileSync(file, text);
      return {
        slave: start('worker.js', ['--slave', '--resource-file', file, '--connect-timeout', '1']),
        complaint,
      };
    });
    const missing = join(folder, 'missing');
    slaves.push({
      slave: start('worker.js', ['--slave', '--resource-file', missing, '--connect-timeout', '1']),
      complaint: /is missing; start the master with it, or type --master-host and --master-port$/,
    });
    for (const { slave, complaint } of slaves) {
      assert.is(await slave.code(), 255, slave.report());
      assert.is(slave.count(new RegExp(`RESFILE WARNING: .*${complaint.source}`)), 1, slave.report());
      assert.is(slave.count(/^ +at /), 0);
    }
  }),
);

overEachBrokerAtLength(
  test,
  'a slave goes on trying, and joins when a good one appears',
  async ({ flags }, { start, folder }) => {
    const file = join(folder, 'm.rsc');
    const good = join(folder, 'good.rsc');
    writeFileSync(file, 'rubbish');
    const slave = start('worker.js', ['--slave', '--resource-file', file]);
    await slave.waitForLine(/is not JSON$/);
    writeFileSync(file, '{"computation-status":');
    await slave.waitForLine(/is half-written/);
    await using mw = await master({ ...flags, resourceFile: good });
    copyFileSync(good, file);
    assert.is(await mw.run(() => square.future(4)), 16);
    await mw.stop();
    assert.is(await slave.code(), 0, slave.report());
  },
);

// On a shared broker the new master may hear of the old run before the slave reads the file again, and refuses it.
test.long('a slave follows the file to a master that was started again', () =>
  withPrograms(async ({ start, folder }) => {
    const file = join(folder, 'm.rsc');
    const gone = await master({ resourceFile: file });
    const saved = readFileSync(file);
    await gone.stop();
    writeFileSync(file, saved);
    const slave = start('worker.js', ['--slave', '--resource-file', file]);
    await slave.waitForLine(/CONNECT REFUSED/);
    await using mw = await master({ resourceFile: file });
    assert.is(await mw.run(() => square.future(5)), 25);
    await mw.stop();
    assert.is(await slave.code(), 0, slave.report());
  }),
);

/** Flags around `--resource-file FILE` of a master of member `m`, and what becomes of the slave. */
const ORDERS: readonly (readonly [before: readonly string[], behind: readonly string[], said: RegExp])[] = [
  [['--member-id', 'x'], [], /MASTER -> ID SLAVE-/],
  [['--master-host', '127.0.0.9', '--master-port', '1'], [], /MASTER -> ID SLAVE-/],
  [[], ['--member-id', 'x'], /REFUSED its member id is "x", the master's is "m"/],
  [[], ['--master-port', '1'], /CONNECT REFUSED nats:\/\/127\.0\.0\.1:1 /],
  [[], ['--master-host', '127.0.0.9'], /CONNECT REFUSED nats:\/\/127\.0\.0\.9:\d+ /],
  [['--member-id', 'x'], ['--member-id', 'm'], /MASTER -> ID SLAVE-/],
];

test.long('flags before it give way to the file, flags behind it win over the file', () =>
  withPrograms(async ({ start, folder }) => {
    const file = join(folder, 'm.rsc');
    await withMaster({ resourceFile: file }, async (mw) => {
      const slaves = ORDERS.map(([before, behind, said]) => ({
        slave: start('worker.js', [
          ...['--slave', ...before, '--resource-file', file, ...behind],
          ...['--connect-timeout', '60'],
        ]),
        said,
      }));
      for (const { slave, said } of slaves) {
        await slave.waitForLine(said);
        // It looks into the file once more, which must not say yet that all is finished.
        if (said.source.startsWith('REFUSED')) assert.is(await slave.code(), 255, slave.report());
      }
      await mw.stop();
      await Promise.all(slaves.map(({ slave, said }) => expectEnd(slave, said)));
    });
  }),
);

test.long('where there is none, host and port do, with a warning', () =>
  withPrograms(async ({ start, folder }) => {
    const file = join(folder, 'missing');
    await withMaster({}, async (mw) => {
      const place = [
        '--master-host',
        '127.0.0.1',
        '--master-port',
        String(mw.masterPort),
        '--member-id',
        'm',
      ];
      const before = start('worker.js', ['--slave', ...place, '--resource-file', file]);
      const behind = start('worker.js', ['--slave', '--resource-file', file, ...place]);
      for (const slave of [before, behind]) {
        await slave.waitForLine(/MASTER -> ID SLAVE-/);
        assert.is(slave.count(/RESFILE WARNING: resource file .*missing is missing and is ignored$/), 1);
      }
      await mw.stop();
      for (const slave of [before, behind]) assert.is(await slave.code(), 0, slave.report());
    });
  }),
);

test.long('local slaves are given what they need without it', () =>
  withPrograms(async ({ folder }) => {
    const events: AuditEvent[] = [];
    const file = join(folder, 'm.rsc');
    const options = { slaves: 1, program: programPath('worker.js'), auditFile: join(folder, 'audit') };
    await withMaster(
      { ...options, resourceFile: file, onAudit: (event) => events.push(event) },
      async (mw) => {
        assert.is(await mw.run(() => square.future(6)), 36);
        assert.is(events.filter(({ type }) => type === 'auth-failed').length, 0);
      },
    );
  }),
);

async function expectEnd(slave: RunningProgram, said: RegExp): Promise<void> {
  // Those that look in the wrong place read the file again and again, and at last that all is finished.
  assert.is(await slave.code(), said.source.startsWith('REFUSED') ? 255 : 0, slave.report());
}

async function withMaster(
  options: Parameters<typeof master>[0],
  body: (mw: EmbeddedMaster) => Promise<void>,
): Promise<void> {
  const mw = await master({ ...options, memberId: 'm' });
  try {
    await body(mw);
  } finally {
    await mw.stop();
  }
}

test.run();
