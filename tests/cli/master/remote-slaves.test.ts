/** Files and secrets that are sent to other machines for the slaves of a master, and what is not. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createMemoryTrail } from '../../../src/audit/memory-trail.js';
import type { Broker } from '../../../src/broker/start-broker.js';
import type { Configuration } from '../../../src/cli/flags/configuration.js';
import { parseFlags } from '../../../src/cli/flags/parse-command.js';
import { LateHost } from '../../../src/cli/master/late-host.js';
import { OtherMachines } from '../../../src/cli/master/other-machines.js';
import {
  FILES_OF_SERVER,
  remoteSlaveArguments,
  remoteSlaveFiles,
  remoteSlaveSecrets,
  waysOfMaster,
} from '../../../src/cli/master/remote-slaves.js';
import type { MachineFacts } from '../../../src/machines/machine-host.js';
import { certificateFile, keyFile, pem } from '../../support/tls-files.js';

const test = suite('slaves elsewhere');
const folder = mkdtempSync(join(tmpdir(), 'ts-mw-sent-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

function configurationOf(...args: readonly string[]) {
  const command = parseFlags(['--master', '--servers', 'h:1', ...args], {}, { env: {}, program: 'p.js' });
  if (command.kind !== 'run') throw new Error('it asks for something else');
  return command.configuration;
}

function argumentsOf(
  configuration: Configuration,
  ports: { readonly broker?: number; readonly data?: number },
  isSilent: boolean,
  filesFolder = FILES_OF_SERVER,
): string[] {
  return remoteSlaveArguments(configuration, { ports, filesFolder, isSilent });
}

test('slaves find their master at ports of their own machine, and get its flags as local ones do', () => {
  const given = configurationOf(
    '--member-id',
    'm',
    '--slave-concurrency',
    '3',
    '--audit-file',
    'm.log',
    '--',
    'x',
  );
  const args = argumentsOf(given, { broker: 4001, data: 4002 }, false);
  const expected =
    '--slave --master-host 127.0.0.1 --master-port 4001 --data-port 4002 --member-id m --connect-timeout 30 ' +
    '--audit-file /dev/null --slave-concurrency 3 -- x';
  assert.is(args.join(' '), expected);
});

test('their trail goes where the master has its own on standard error, and nowhere if it is silent', () => {
  const shown = configurationOf('--audit-file', '-');
  assert.ok(argumentsOf(shown, {}, false).join(' ').endsWith('--audit-file=-'));
  assert.ok(argumentsOf(shown, {}, true).join(' ').endsWith('--audit-file /dev/null'));
});

test('with a nats-server they dial it themselves, and have the files that it asks for', () => {
  const token = join(folder, 'token');
  writeFileSync(token, 'secret', { mode: 0o600 });
  const given = configurationOf(
    ...['--nats-url', 'tls://n:1', '--nats-token-file', token, '--tls-ca', certificateFile('ca')],
    ...['--tls-cert', certificateFile('client'), '--tls-key', keyFile('client')],
  );
  const args = argumentsOf(given, {}, true).join(' ');
  assert.match(args, /--nats-url tls:\/\/n:1 .*--tls-ca \.\.\/files\/tlsCa .*--tls-key \.\.\/files\/tlsKey/);
  assert.match(
    argumentsOf(given, {}, true, '/tmp/ts-mw-1/files').join(' '),
    /--tls-ca \/tmp\/ts-mw-1\/files\/tlsCa /,
  );
  assert.not.match(args, /secret|token/);
  assert.equal(Object.keys(remoteSlaveFiles(given)).sort(), ['tlsCa', 'tlsCert', 'tlsKey']);
  assert.is(remoteSlaveFiles(given).tlsCa, pem('ca'));
  assert.equal(waysOfMaster({ broker: undefined, dataPort: undefined }), {});
});

test("the key of the master's own broker is sent to nobody", () => {
  const given = configurationOf('--tls-cert', certificateFile('broker'), '--tls-key', keyFile('broker'));
  assert.equal(remoteSlaveFiles(given), {});
  assert.not.match(argumentsOf(given, { broker: 1 }, true).join(' '), /tls/);
});

test('secrets go by the environment, and only those that there are', () => {
  assert.equal(remoteSlaveSecrets({ urls: [], token: 't', tls: { certificate: 'c' } }), {
    TS_MW_TOKEN: 't',
    TS_MW_TLS_CERTIFICATE: 'c',
  });
  assert.equal(remoteSlaveSecrets({ urls: [] }), {});
});

test('the broker of a master that listens everywhere is dialled on loopback', () => {
  const ways = waysOfMaster({ broker: { host: '0.0.0.0', port: 7 }, dataPort: { port: 8 } });
  assert.equal(ways, { broker: { host: '127.0.0.1', port: 7 }, data: { host: '127.0.0.1', port: 8 } });
});

test('a machine is refused whose users could reach a broker that asks for no token, or that slaves cannot prove themselves to', () => {
  const others = new OtherMachines({
    program: 'p.js',
    algorithms: [],
    audit: createMemoryTrail(),
    isSilent: true,
  });
  const around = { broker: { host: '127.0.0.1', port: 7 } as Broker, dataPort: undefined, output: undefined };
  const open = { ...around, configuration: configurationOf(), address: { urls: [] } };
  const told =
    /no token, so all users of me@big could .*; name the machine in --farm FILE, or start the master with --res/;
  assert.throws(() => others.hostOf({ ssh: 'me@big' }, open), told);
  others.hostOf({ ssh: 'me@big' }, { ...open, address: { urls: [], token: 't' } });
  others.hostOf({ server: 'h:1' }, { ...open, broker: undefined });
  const tls = [
    '--tls-cert',
    certificateFile('broker'),
    '--tls-key',
    keyFile('broker'),
    '--tls-ca',
    certificateFile('ca'),
  ];
  const given = parseFlags(['--master', '--tls-verify', ...tls], {}, { env: {}, program: 'p.js' });
  const configuration = given.kind === 'run' ? given.configuration : configurationOf();
  assert.throws(() => others.hostOf({ server: 'h:1' }, { ...open, configuration }), /leave --tls-verify out/);
});

test('the way to a machine is made again if that failed, and its losses and slots are those of the machine', async () => {
  const signal = new AbortController().signal;
  const inner = { slots: 3, closed: 0, onLost: (_: string) => {}, onSlots: () => {} };
  let attempts = 0;
  const host = new LateHost(async () => {
    if (++attempts === 1) throw new Error('esbuild is not installed');
    return Object.assign(inner, {
      open: async () => ({ hostname: 'h' }) as MachineFacts,
      startSlave: () => ({ pid: 7, terminate() {}, kill() {} }),
      close: async () => void inner.closed++,
    });
  });
  const told: string[] = [];
  host.onLost = (reason) => told.push(reason);
  host.onSlots = () => told.push(`${host.slots} slots`);
  await host.close();
  await host.open(signal).then(
    () => assert.unreachable('it was opened'),
    (error: Error) => assert.is(error.message, 'esbuild is not installed'),
  );
  assert.is(host.slots, undefined);
  assert.is((await host.open(signal)).hostname, 'h');
  inner.onSlots();
  inner.onLost('cut');
  assert.equal(told, ['3 slots', 'cut']);
  assert.is(host.startSlave(() => {}).pid, 7);
  await host.open(signal);
  await host.close();
  assert.equal([attempts, inner.closed], [2, 1]);
});

test.run();
