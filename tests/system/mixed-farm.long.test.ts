/** A farm with machines of all kinds: its own, one of a server, and two by ssh, of which one is cut off and one is unfit. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { programPath, until, withPrograms } from '../support/programs.js';
import { NO_SSHD, SshMachines } from '../support/sshd.js';

const test = suite('a farm of all kinds');
const SERVER_TOKEN = { TS_MW_SERVER_TOKEN: 'token of the test' };
const ALL = /: 16 from local server ssh$/;

async function everyKind(all: SshMachines): Promise<void> {
  await withPrograms(async ({ start, folder }) => {
    const server = start(
      'lib/ts-mw.js',
      ['server', '--port', '0', '--slots', '1', '--folder', join(folder, 's')],
      { env: SERVER_TOKEN },
    );
    const [, port] = await server.waitForLine(/SERVER READY 127\.0\.0\.1:(\d+) .* 1 slots$/);
    const reached = await all.start('reached');
    await all.start('unfit');
    const temporary = all.path('temporary');
    mkdirSync(temporary);
    const variables = { TMPDIR: temporary, TS_MW_TEST_MARK: process.env.TS_MW_TEST_MARK };
    const bySsh = { slots: 1, node: process.execPath, validate: 'lent.fit' };
    const farm = join(folder, 'farm.json');
    writeFileSync(
      farm,
      JSON.stringify([
        { local: true, name: 'own', slots: 1, env: { MACHINE: 'local' } },
        { server: `127.0.0.1:${port}`, env: { MACHINE: 'server' }, validate: 'lent.fit' },
        { ssh: 'reached', ...bySsh, env: { ...variables, MACHINE: 'ssh' } },
        { ssh: 'unfit', ...bySsh, env: { ...variables, MACHINE: 'unfit' }, program: programPath('lent.js') },
      ]),
    );
    const env = { ...SERVER_TOKEN, PATH: `${all.folder}${delimiter}${process.env.PATH}` };
    const args = ['--master', '--farm', farm];
    const master = start('lent.js', [...args, '--audit-file', '-'], { env });
    await master.waitForLine(ALL);
    await master.waitForLine(
      /MACHINE "unfit" -> :failing .*: its validation refused it: it has no compiler$/,
    );

    for (const pid of reached.connections()) process.kill(pid, 'SIGKILL');
    await master.waitForLine(/MACHINE "reached" -> :failing again in 1\.0 s: the connection was cut/);
    await master.waitForLine(/: 16 from local server$/);
    await master.waitForLine(/MACHINE "reached" -> :ready$/, undefined, 2);
    const before = master.count(ALL);
    await master.waitForLine(ALL, undefined, before + 1);
    assert.is(master.count(/ from .*unfit/), 0, 'no task ran there');
    assert.is(master.count(/PROGRAM BUNDLED/), 1);
    assert.is(master.count(/MACHINE "127\.0\.0\.1:\d+" SLOTS 1 of 1$/), 1);
    master.kill('SIGTERM');
    assert.is(await master.code(), 143, master.report());
    await server.waitForLine(/LEASE-1 ENDED after .*: its master has left/);
    await until('machines are left as they were', () => readdirSync(temporary).length === 0);

    const check = start('lent.js', [...args, '--farm-check'], { env });
    assert.is(await check.code(), 1, check.report());
    assert.equal(
      check.out.slice(1).map((line) => line.replace(/ {2,}.* {2,}/, ' … ').replace(`${port}`, 'PORT')),
      [
        'own … runs',
        '127.0.0.1:PORT … runs',
        'reached … runs',
        'unfit … fails',
        '',
        'unfit: its validation refused it: it has no compiler',
      ],
      check.report(),
    );
    assert.equal(check.err, []);
    server.kill('SIGTERM');
    await server.ended();
    await until('machines are left as they were', () => readdirSync(temporary).length === 0);
  });
}

if (NO_SSHD !== undefined) {
  test.skip(`all kinds of machines work in one farm: ${NO_SSHD}`, () => {});
} else {
  const all = new SshMachines();
  test.after(() => all.stop());
  test('all kinds of machines work in one farm, and one that is cut off comes back', () => everyKind(all));
}

test.run();
