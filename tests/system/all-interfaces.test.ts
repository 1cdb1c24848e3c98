/** Masters that listen on all interfaces: slaves that may join, and what slaves are told. Slaves come by loopback. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { until, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('all interfaces');

const ANY = ['--master-host', '0.0.0.0', '--insecure'];

test('a master beyond loopback that no slave could have the token of is refused', () =>
  withPrograms(async ({ start }) => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1']) {
      const master = start('lives.js', [
        '--master',
        '--insecure',
        '--master-host',
        host,
        '--',
        'squares',
        '1',
      ]);
      assert.is(await master.code(), 255);
      const told = `--master-host: slaves elsewhere need a token to reach ${host}; give --nats-token-file`;
      assert.is(master.err.filter((line) => line.startsWith(told)).length, 1, master.report());
      assert.is(master.count(/^ +at /), 0, 'a stack was printed');
    }
  }));

test.long('slaves join with the token only, local ones among them', () =>
  withPrograms(async ({ start, folder }) => {
    const token = join(folder, 'token');
    writeFileSync(token, 'a-token-of-some-length\n', { mode: 0o600 });
    const flags = ['--nats-token-file', token];
    const master = start('lives.js', ['--master', ...ANY, ...flags, '--', 'pausing']);
    const [, port = ''] = await master.waitForLine(/BROKER READY embedded nats:\/\/0\.0\.0\.0:(\d+)$/);
    const there = ['--slave', '--master-host', '127.0.0.1', '--master-port', port];
    const stranger = start('worker.js', [...there, '--connect-timeout', '4']);
    assert.is(await stranger.code(), 255, stranger.report());
    await master.waitForLine(/BROKER AUTH FAILED /);
    assert.is(master.count(/:connecting/), 0);
    const slave = start('worker.js', [...there, ...flags]);
    await slave.waitForLine(/MASTER -> ID SLAVE-0/);
    await master.waitForLine(/^pausing begins$/);
    master.kill('SIGTERM');
    assert.is(await master.code(), 143);
    assert.is(await slave.code(), 0, slave.report());

    const withLocals = start('lives.js', [
      '--master',
      ...ANY,
      ...flags,
      '--slaves',
      '2',
      '--',
      'squares',
      '50',
    ]);
    assert.is(await withLocals.code(), 0, withLocals.report());
    assert.equal(
      withLocals.out.filter((line) => line.startsWith('sum')),
      ['sum 40425'],
    );
  }),
);

test('the resource file has a token, and addresses that one can connect to', () =>
  withPrograms(async ({ start, folder }) => {
    const file = join(folder, 'm.rsc');
    const master = start('lives.js', ['--master', ...ANY, '--resource-file', file, '--', 'squares', '50']);
    await until('the file is there', () => existsSync(file));
    const { nats } = JSON.parse(readFileSync(file, 'utf8')) as { nats: { urls: string[]; token: string } };
    assert.ok(nats.token.length >= 32);
    assert.ok(nats.urls.length > 0);
    for (const url of nats.urls) assert.match(url, /^nats:\/\/(?!0\.0\.0\.0)[\d.]+:\d+$/);
    const [, port = ''] = /:(\d+)$/.exec(nats.urls[0] ?? '') ?? [];
    const place = ['--master-host', '127.0.0.1', '--master-port', port];
    const slave = start('worker.js', ['--slave', '--resource-file', file, ...place]);
    assert.is(await master.code(), 0, master.report());
    assert.is(await slave.code(), 0, slave.report());
  }));

test.run();
