/** The command line: every flag right and wrong, defaults, the order of `--resource-file`, and what is passed on. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Configuration } from '../../../src/cli/flags/configuration.js';
import { helpText } from '../../../src/cli/flags/describe-flags.js';
import { shownFlag } from '../../../src/cli/flags/flag-row.js';
import { FIRST_ROWS, FLAG_ROWS } from '../../../src/cli/flags/flag-table.js';
import { parseFlags } from '../../../src/cli/flags/parse-command.js';
import type { Flags } from '../../../src/cli/flags/program-flags.js';
import { type ResourceFileOfMaster, slaveTarget } from '../../../src/cli/slave/slave-target.js';
import { FlagError } from '../../../src/errors.js';
import { createUserKey } from '../../../src/link/connection/nkeys.js';
import { NatsAccount } from '../../support/nats-accounts.js';
import { certificateFile, keyFile, pair, pem } from '../../support/tls-files.js';

type Env = Readonly<Record<string, string>>;

function run(argv: readonly string[], defaults: Flags = {}, env: Env = {}): Configuration {
  const command = parseFlags(argv, defaults, { env, program: '/nowhere/at/all/app.js' });
  if (command.kind !== 'run') throw new Error(`expected a run, got ${command.kind}`);
  return command.configuration;
}

function refusal(argv: readonly string[], defaults: Flags = {}, env: Env = {}): FlagError {
  try {
    run(argv, defaults, env);
  } catch (error) {
    if (error instanceof FlagError) return error;
    throw error;
  }
  throw new Error(`accepted: ${argv.join(' ')}`);
}

const folder = mkdtempSync(join(tmpdir(), 'mw-flags-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const token = file('token', 's3cret\n');
const openToken = file('open-token', 's3cret\n', 0o644);
const emptyToken = file('empty-token', ' \n');
const twoTokens = file('two-tokens', 'one\ntwo\n');
const creds = file('user.creds', new NatsAccount().createUser(() => ({ publish: [], subscribe: [] })).creds);
const [, jwtAlone = ''] = /^(.*?-----END NATS USER JWT-+)/s.exec(readFileSync(creds, 'utf8')) ?? [];
const seedlessCreds = file('seedless.creds', jwtAlone);
const { seed } = createUserKey();
const nkey = file('user.nk', `${seed}\n`);
const openNkey = file('open.nk', seed, 0o640);

const ca = certificateFile('ca');
const pairOf = (name: 'broker' | 'expired' | 'client'): string =>
  `--tls-cert ${certificateFile(name)} --tls-key ${keyFile(name)}`;
const tls = { cert: pem('broker'), key: pair('broker').key };
const tlsFiles = { certFile: certificateFile('broker'), keyFile: keyFile('broker') };

const flags = suite('flags');

flags('a refusal names a flag that is none of ours, but not what came with it', () => {
  const { message } = refusal(['--slave', 'word', '--resource-fil=secret']);
  assert.match(
    message,
    /^--slave: expected a way .*URL \(--resource-fil is not a flag of ts-mw; did you mean --resource-file\?\)$/,
  );
  assert.match(refusal(['--slave', '--x', '3']).message, /URL \(--x is not a flag of ts-mw\)$/);
  assert.not.match(refusal(['--slave', '-x', '3']).message, 'not a flag of ts-mw');
  assert.not.match(refusal(['--slave', '--', '--resource-fil']).message, 'not a flag of ts-mw');
});

flags('fills in every default', () => {
  const { warnings, argv, ...filled } = run(['--master']);
  assert.equal(filled, {
    role: 'master',
    memberId: 'default-member-id',
    masterHost: '127.0.0.1',
    masterPort: 0,
    resourceFile: undefined,
    resourceFileUpdateIntervalMs: 300_000,
    slaveTaskGroup: 'auto',
    slaveResultGroup: 'auto',
    auditFile: undefined,
    auditToStandardError: false,
    auditFormat: 'text',
    auditRotation: undefined,
    clientTimeoutMs: 30_000,
    connectTimeoutMs: 30_000,
    slaves: 0,
    servers: [],
    serverToken: undefined,
    farm: undefined,
    demand: undefined,
    slaveConcurrency: 1,
    shareCache: 512 * 1024 * 1024,
    slaveExecutable: undefined,
    nats: { urls: [] },
    tls: { verify: false },
    insecure: false,
    dataPort: undefined,
    maxMessageBytes: 256 * 1024 * 1024,
    allowVersionSkew: false,
    auditRuns: false,
    backupTasks: false,
    shareCopies: true,
    strict: false,
    progress: 'auto',
    forwardOutput: 'auto',
    dashboard: undefined,
    metrics: undefined,
    metricsFile: undefined,
    checkpoint: undefined,
    forSlaves: [],
    mistyped: [],
  });
  assert.equal([warnings, argv], [[], []]);
});

flags('is frozen all through', () => {
  const configuration = run(['--slave', '--resource-file', 'm.rsc', 'x']);
  const parts = [
    configuration,
    configuration.nats,
    configuration.nats.urls,
    configuration.argv,
    configuration.warnings,
    configuration.resourceFile,
    configuration.resourceFile?.overrides,
  ];
  for (const part of parts) assert.ok(Object.isFrozen(part));
});

const server = (host: string, port: number, encrypted: boolean) => ({ host, port, encrypted });
const SHOWN = { host: '127.0.0.1', port: 0, control: false, showValues: false };

const RIGHT: readonly (readonly [args: string, key: keyof Configuration, value: unknown])[] = [
  ['--master', 'role', 'master'],
  ['--slave --master-port 4', 'role', 'slave'],
  [
    '--master --master --resource-file a --resource-file b',
    'resourceFile',
    { path: 'b', overrides: {}, fallback: {} },
  ],
  ['--master --resource-file-update-interval 0.5', 'resourceFileUpdateIntervalMs', 500],
  ['--master --master-host 10.1.2.3', 'masterHost', '10.1.2.3'],
  ['--master --master-host head-1.example', 'masterHost', 'head-1.example'],
  ['--master --master-host [::1]', 'masterHost', '::1'],
  ['--master --master-host ::', 'masterHost', '::'],
  ['--master --master-port 0', 'masterPort', 0],
  ['--master --master-port 65535', 'masterPort', 65535],
  ['--master --master-port 1 --master-port=2', 'masterPort', 2],
  ['--master --member-id=--odd=one', 'memberId', '--odd=one'],
  ['--master --member-id=', 'memberId', ''],
  ['--master --member-id "quoted"', 'memberId', '"quoted"'],
  ['--master --member-id -5', 'memberId', '-5'],
  ['--master --slave-task-group auto', 'slaveTaskGroup', 'auto'],
  ['--master --slave-task-group 1000', 'slaveTaskGroup', 1000],
  ['--master --slave-result-group 1', 'slaveResultGroup', 1],
  ['--master --audit-file a.log', 'auditFile', 'a.log'],
  ['--master --audit-file -', 'auditFile', undefined],
  ['--master --audit-file -', 'auditToStandardError', true],
  ['--master --audit-file - --audit-file=a.log', 'auditToStandardError', false],
  ['--master --audit-format json', 'auditFormat', 'json'],
  ['--master --audit-file a --audit-max-size 4096', 'auditRotation', { maxBytes: 4096, keep: 5 }],
  [
    '--master --audit-file a --audit-max-size 2M --audit-keep 1',
    'auditRotation',
    { maxBytes: 2 << 20, keep: 1 },
  ],
  ['--master --audit-keep 3', 'auditRotation', undefined],
  ['--master --client-timeout 5', 'clientTimeoutMs', 5000],
  ['--master --client-timeout .5', 'clientTimeoutMs', 500],
  ['--slave --master-port 4 --connect-timeout 0', 'connectTimeoutMs', Number.POSITIVE_INFINITY],
  ['--slave --master-port 4 --connect-timeout 1.5', 'connectTimeoutMs', 1500],
  ['--master --slaves 0', 'slaves', 0],
  ['--master --slaves 1024', 'slaves', 1024],
  ['--master --max-slaves 8', 'slaves', 8],
  ['--master --max-slaves 5000', 'slaves', 1024],
  ['--master --max-slaves 8 --slaves 2', 'slaves', 2],
  ['--master --max-slaves 8 --farm f.yaml', 'slaves', 0],
  ['--master --farm f.yaml', 'farm', 'f.yaml'],
  ['--master --farm f.yaml', 'demand', undefined],
  ['--slave --master-port 4 --farm f.yaml --max-slaves 2', 'farm', undefined],
  ['--master --min-slaves 0 --slaves 2', 'demand', { minSlaves: 0, maxSlaves: null }],
  ['--master --min-slaves 2 --max-slaves 2', 'demand', { minSlaves: 2, maxSlaves: 2 }],
  [
    '--master --finish-within 1.5 --max-slaves 4',
    'demand',
    { minSlaves: 0, maxSlaves: 4, finishWithinMs: 1500 },
  ],
  ['--slave --master-port 4 --slave-concurrency 1000', 'slaveConcurrency', 1000],
  ['--master --slaves 1 --slave-concurrency 1', 'slaveConcurrency', 1],
  ['--slave --master-port 4 --share-cache 64m', 'shareCache', 64 * 1024 * 1024],
  ['--master --share-cache 2G', 'shareCache', 2 * 1024 * 1024 * 1024],
  ['--master --slave-executable ./go', 'slaveExecutable', './go'],
  ['--master --nats-url h:1 --nats-url=tls://i', 'nats', { urls: ['nats://h:1', 'tls://i:4222'] }],
  ['--master --nats-url NATS://h:1 --nats-url h:1/', 'nats', { urls: ['nats://h:1'] }],
  ['--master --nats-url [::1]:4', 'nats', { urls: ['nats://[::1]:4'] }],
  ['--master --nats-token t', 'nats', { urls: [], token: 't', tokenFrom: 'flag' }],
  [`--master --nats-token-file ${token}`, 'nats', { urls: [], token: 's3cret', tokenFrom: 'flag' }],
  [
    '--master --nats-url h:1 --nats-user u --nats-password p',
    'nats',
    { urls: ['nats://h:1'], user: 'u', password: 'p' },
  ],
  [`--master --nats-url h:1 --nats-creds ${creds}`, 'nats', { urls: ['nats://h:1'], creds }],
  [`--slave --nats-url h:1 --nats-nkey-file ${nkey}`, 'nats', { urls: ['nats://h:1'], nkeyFile: nkey }],
  [`--master ${pairOf('broker')}`, 'tls', { verify: false, ...tls, ...tlsFiles }],
  [
    `--master ${pairOf('broker')} --tls-ca ${ca} --tls-verify`,
    'tls',
    { verify: true, ca: pem('ca'), caFile: ca, ...tls, ...tlsFiles },
  ],
  [
    `--slave --master-port 4 --tls-ca ${ca} --tls-verify`,
    'tls',
    { verify: false, ca: pem('ca'), caFile: ca },
  ],
  [
    `--master --nats-url h:1 --nats-url tls://i --tls-ca ${ca}`,
    'nats',
    { urls: ['tls://h:1', 'tls://i:4222'] },
  ],
  [`--slave --nats-url nats://h:1 ${pairOf('client')}`, 'nats', { urls: ['tls://h:1'] }],
  ['--master --insecure', 'insecure', true],
  ['--master --max-message-size 65536', 'maxMessageBytes', 65536],
  ['--master --max-message-size 64k', 'maxMessageBytes', 65536],
  ['--master --max-message-size 2MB', 'maxMessageBytes', 2 * 1024 * 1024],
  ['--master --max-message-size 1g', 'maxMessageBytes', 1024 * 1024 * 1024],
  ['--master --allow-version-skew', 'allowVersionSkew', true],
  ['--master --strict', 'strict', true],
  ['--master --backup-tasks', 'backupTasks', true],
  ['--master --no-share-copies', 'shareCopies', false],
  ['--master --audit-runs', 'auditRuns', true],
  ['--master', 'dataPort', undefined],
  ['--master --data-port 5000', 'dataPort', 5000],
  ['--slave --master-port 1 --data-port 5000', 'dataPort', 5000],
  ['--master --no-data-port', 'dataPort', 'none'],
  ['--master --progress log', 'progress', 'log'],
  ['--master --forward-output off', 'forwardOutput', 'off'],
  ['--master --dashboard', 'dashboard', SHOWN],
  ['--master --dashboard 8787', 'dashboard', { ...SHOWN, port: 8787 }],
  ['--master --dashboard=0', 'dashboard', SHOWN],
  ['--master --dashboard [::1]:80', 'dashboard', { ...SHOWN, host: '::1', port: 80 }],
  [
    '--master --dashboard host:80 --dashboard-control',
    'dashboard',
    { ...SHOWN, host: 'host', port: 80, control: true },
  ],
  ['--master --dashboard file.txt --dashboard-show-values', 'dashboard', { ...SHOWN, showValues: true }],
  ['--master --metrics 9400', 'metrics', { host: '127.0.0.1', port: 9400 }],
  ['--master --metrics 0', 'metrics', { host: '127.0.0.1', port: 0 }],
  ['--master --metrics 0.0.0.0:1', 'metrics', { host: '0.0.0.0', port: 1 }],
  ['--master --metrics [::1]:1', 'metrics', { host: '::1', port: 1 }],
  ['--master --metrics-file a/b.prom', 'metricsFile', 'a/b.prom'],
  ['--master --servers h,[::1]:2', 'servers', [server('h', 11_111, true), server('::1', 2, false)]],
  [
    '--master --servers 127.0.0.1:1,tls://localhost:2 --servers 127.0.0.1:1 --servers h:3 --insecure',
    'servers',
    [server('127.0.0.1', 1, false), server('localhost', 2, true), server('h', 3, false)],
  ],
  [`--master --servers h --server-token-file ${token}`, 'serverToken', 's3cret'],
  [`--master --server-token-file ${token}`, 'serverToken', 's3cret'],
  [`--slave --master-port 1 --server-token-file ${token}`, 'serverToken', undefined],
  ['--slave --nats-url h:1 --no-data-port', 'dataPort', 'none'],
  ['--master --checkpoint results', 'checkpoint', 'results'],
  ['--slave --master-port 1 --checkpoint results', 'checkpoint', undefined],
];

for (const [args, key, value] of RIGHT) {
  flags(`takes ${args.replace(folder, '')}`, () => {
    // Objects go through JSON, which leaves out what is undefined
    const found = run(args.split(' '))[key];
    assert.equal(typeof found === 'object' ? JSON.parse(JSON.stringify(found)) : found, value);
  });
}

const WRONG: readonly (readonly [args: string, flag: string, part: string])[] = [
  ['', '--master', 'neither'],
  ['x --verbose', '--master', 'neither'],
  ['--master --slave', '--master', 'got --slave too'],
  ['--master=yes', '--master', 'takes no value'],
  ['--slave', '--slave', '--resource-file FILE'],
  ['--slave --master-host h', '--slave', '--master-port PORT'],
  ['--slave --master-port 4 --slaves 2', '--slaves', 'on a master only'],
  ['--slave --master-port 4 --slaves 0', '--slaves', 'on a master only'],
  ['--slave --master-port 4 --servers h', '--servers', 'on a master only'],
  [
    `--master --servers h --tls-verify --tls-ca ${ca} ${pairOf('broker')}`,
    '--tls-verify',
    'is not sent to them',
  ],
  ['--master --servers h:0', '--servers', 'expected HOST:PORT or tls://HOST:PORT'],
  ['--master --servers h,,i', '--servers', 'got ""'],
  ['--master --servers nats://h:1', '--servers', 'got "nats://h:1"'],
  [`--master --servers h --server-token-file ${twoTokens}`, '--server-token-file', 'several words'],
  ['--master --resource-file', '--resource-file', 'got nothing'],
  ['--master --resource-file=', '--resource-file', 'not empty'],
  ['--resource-file --master', '--resource-file', 'got --master'],
  ['--resource-file -- x', '--resource-file', 'got --'],
  ['--master --member-id --trials', '--member-id', '--member-id=VALUE'],
  ['--master --member-id --nats-token=hidden', '--member-id', 'got --nats-token'],
  [`--master --member-id ${'é'.repeat(151)}`, '--member-id', 'at most 300 bytes'],
  [`--slave --member-id ${'m'.repeat(1e6)}`, '--member-id', 'm"… (1000000 characters); type'],
  ['--master --member-id \u2028 --slaves \u2028\u001b[2J', '--slaves', '"\\u2028'],
  ['--master --resource-file-update-interval 0', '--resource-file-update-interval', 'above 0'],
  ['--master --resource-file-update-interval 1e3', '--resource-file-update-interval', '"1e3"'],
  ['--master --master-host h:1', '--master-host', 'without a port'],
  ['--master --master-host 300.1.1.1', '--master-host', '"300.1.1.1"'],
  ['--master --master-host a/b', '--master-host', '"a/b"'],
  ['--master --master-port 99999', '--master-port', '65535, got "99999"'],
  ['--master --master-port -1', '--master-port', '"-1"'],
  ['--master --master-port 4x', '--master-port', '"4x"'],
  ['--slave --master-port 0', '--master-port', 'from 1 to 65535'],
  ['--slave --master-port 0 --resource-file f', '--master-port', 'from 1 to 65535'],
  ['--master --slave-task-group 0', '--slave-task-group', 'got "0"; type --slave-task-group auto'],
  ['--master --slave-task-group -1', '--slave-task-group', '"-1"'],
  ['--master --slave-task-group 1.5', '--slave-task-group', '"1.5"'],
  ['--master --slave-result-group abc', '--slave-result-group', '"abc"'],
  ['--master --slave-result-group 99999999999999999999', '--slave-result-group', '"9'],
  ['--master --audit-file=', '--audit-file', 'not empty'],
  ['--master --audit-format xml', '--audit-format', 'text or json'],
  ['--master --client-timeout 0', '--client-timeout', 'above 0'],
  ['--master --client-timeout -3', '--client-timeout', '"-3"'],
  ['--master --client-timeout Infinity', '--client-timeout', '"Infinity"'],
  ['--master --client-timeout 9999999', '--client-timeout', '200000'],
  ['--slave --master-port 4 --connect-timeout -1', '--connect-timeout', 'forever'],
  ['--slave --master-port 4 --slave-concurrency 0', '--slave-concurrency', '1 to 1000'],
  ['--slave --master-port 4 --slave-concurrency 1001', '--slave-concurrency', '"1001"'],
  ['--slave --master-port 4 --share-cache 1k', '--share-cache', '1m to 64g'],
  ['--master --slave-concurrency many', '--slave-concurrency', '"many"'],
  ['--master --slaves 1025', '--slaves', '1024'],
  ['--master --farm=', '--farm', 'not empty'],
  ['--master --min-slaves few', '--min-slaves', '"few"'],
  ['--master --max-slaves 0', '--max-slaves', 'from 1 to 16384'],
  ['--master --min-slaves 3 --max-slaves 2', '--min-slaves', 'at most 2, the value of --max-slaves, got 3'],
  ['--master --finish-within 0', '--finish-within', 'above 0'],
  ['--master --slaves 2.5', '--slaves', '"2.5"'],
  ['--master --slave-executable=', '--slave-executable', 'not empty'],
  ['--master --nats-url nonsense', '--nats-url', '"nonsense"'],
  ['--master --nats-url http://h:1', '--nats-url', '"http://h:1"'],
  ['--master --nats-url h:0', '--nats-url', 'a port'],
  ['--master --nats-url nats://h:70000', '--nats-url', 'a port'],
  ['--master --nats-url nats://h/path', '--nats-url', 'path'],
  ['--master --nats-url a:1,b:2', '--nats-url', 'repeat it'],
  ['--master --nats-url nats://', '--nats-url', 'nats://HOST:PORT'],
  ['--master --nats-url 1.2.3:4', '--nats-url', '1.2.3'],
  ['--master --nats-url nats://u:hidden@h:1', '--nats-url', 'type --nats-url nats://h:1 --nats-user'],
  ['--master --nats-url nats://u:hidden@h:1/x', '--nats-url', 'nats://…@h:1/x'],
  ['--master --nats-url h:1 --master-port 4', '--master-port', 'got both'],
  ['--slave --master-host h --nats-url h:1', '--master-host', 'got both'],
  ['--master --nats-token hidden --nats-token-file f', '--nats-token-file', 'got --nats-token too'],
  ['--master --nats-token hidden --nats-user u', '--nats-user', 'one way'],
  [`--master --nats-user u --nats-password hidden --nats-creds ${creds}`, '--nats-creds', 'one way'],
  ['--master --nats-url h:1 --nats-user u', '--nats-user', '--nats-password too'],
  ['--master --nats-url h:1 --nats-password hidden', '--nats-password', '--nats-user too'],
  ['--master --nats-user u --nats-password hidden', '--nats-user', '--nats-url too'],
  [`--master --nats-creds ${creds}`, '--nats-creds', '--nats-url too'],
  ['--master --nats-token=', '--nats-token', 'not empty'],
  [`--master --nats-token-file ${folder}/none`, '--nats-token-file', 'there is no'],
  [`--master --nats-token-file ${folder}`, '--nats-token-file', 'directory'],
  [`--master --nats-token-file ${emptyToken}`, '--nats-token-file', 'empty'],
  [`--master --nats-token-file ${twoTokens}`, '--nats-token-file', 'several words'],
  [`--slave --nats-url h:1 --nats-creds ${folder}/none`, '--nats-creds', 'there is no'],
  [`--master --nats-nkey-file ${nkey}`, '--nats-nkey-file', '--nats-url too'],
  [`--slave --nats-url h:1 --nats-creds ${creds} --nats-nkey-file ${nkey}`, '--nats-nkey-file', 'one way'],
  [`--slave --nats-url h:1 --nats-nkey-file ${folder}/none`, '--nats-nkey-file', 'there is no'],
  [`--slave --nats-url h:1 --nats-nkey-file ${token}`, '--nats-nkey-file', 'seed of a user'],
  [`--master --tls-cert ${certificateFile('broker')}`, '--tls-cert', '--tls-key too'],
  [`--master --tls-key ${keyFile('broker')}`, '--tls-key', '--tls-cert too'],
  [
    `--master --tls-cert ${folder}/none --tls-key ${keyFile('broker')}`,
    '--tls-cert',
    `there is no ${folder}/none`,
  ],
  [`--master --tls-cert ${certificateFile('broker')} --tls-key ${folder}`, '--tls-key', 'directory'],
  [
    `--master --tls-cert ${token} --tls-key ${keyFile('broker')}`,
    '--tls-cert',
    `PEM in ${token}, it has none`,
  ],
  [
    `--master --tls-cert ${certificateFile('broker')} --tls-key ${token}`,
    '--tls-key',
    `in ${token}, it has none`,
  ],
  [
    `--master --tls-cert ${certificateFile('broker')} --tls-key ${keyFile('client')}`,
    '--tls-key',
    `${keyFile('client')} holds another one`,
  ],
  [
    `--master ${pairOf('expired')}`,
    '--tls-cert',
    `${certificateFile('expired')} expired on Jan  1 00:00:00 2021`,
  ],
  [`--slave --nats-url h:1 --tls-ca ${certificateFile('expired')}`, '--tls-ca', 'expired on'],
  [`--slave --nats-url h:1 --tls-ca ${token}`, '--tls-ca', 'it has none'],
  [`--master ${pairOf('broker')} --tls-verify`, '--tls-verify', 'expected --tls-ca FILE too'],
  [`--master --tls-ca ${ca} --tls-verify`, '--tls-verify', 'expected --tls-cert FILE'],
  [
    `--master --nats-url h:1 ${pairOf('client')} --tls-ca ${ca} --tls-verify`,
    '--tls-verify',
    'got --nats-url',
  ],
  [`--slave --nats-url h:1 --nats-creds ${token}`, '--nats-creds', `${token} does not say whose it is`],
  [`--slave --nats-url h:1 --nats-creds ${seedlessCreds}`, '--nats-creds', "not the user's seed"],
  ['--master --insecure=yes', '--insecure', 'takes no value'],
  ['--master --max-message-size 65535', '--max-message-size', '64k to 1g'],
  ['--master --max-message-size 2g', '--max-message-size', '"2g"'],
  ['--master --max-message-size 5t', '--max-message-size', '"5t"'],
  ['--master --max-message-size', '--max-message-size', 'got nothing'],
  ['--master --audit-file a --audit-max-size 4095', '--audit-max-size', '4k to 1024g'],
  ['--master --audit-max-size 1g', '--audit-max-size', 'expected --audit-file too'],
  ['--master --audit-file - --audit-max-size 1g', '--audit-max-size', 'expected --audit-file too'],
  ['--master --audit-file a --audit-keep 0', '--audit-keep', 'from 1 to 1000'],
  ['--master --allow-version-skew=1', '--allow-version-skew', 'takes no value'],
  ['--master --strict=1', '--strict', 'takes no value'],
  ['--master --dashboard 65536', '--dashboard', 'from 0 to 65535'],
  ['--master --dashboard=h', '--dashboard', 'HOST:PORT'],
  ['--master --dashboard :80', '--dashboard', 'HOST:PORT, got ":80"'],
  ['--master --dashboard 0.0.0.0', '--dashboard', 'HOST:PORT, got "0.0.0.0"'],
  ['--master --dashboard [::1]', '--dashboard', 'HOST:PORT'],
  ['--master --dashboard ::1:80', '--dashboard', 'HOST:PORT'],
  ['--master --dashboard localhost', '--dashboard', 'HOST:PORT'],
  ['--master --dashboard-control', '--dashboard-control', 'expected --dashboard too'],
  ['--master --dashboard-show-values', '--dashboard-show-values', 'expected --dashboard too'],
  ['--master --dashboard-control=1 --dashboard', '--dashboard-control', 'takes no value'],
  ['--master --metrics 65536', '--metrics', 'from 0 to 65535'],
  ['--master --metrics h', '--metrics', 'HOST:PORT'],
  ['--master --metrics ::1:80', '--metrics', 'HOST:PORT'],
  ['--master --metrics http://h:80', '--metrics', 'HOST:PORT'],
  ['--master --metrics :80', '--metrics', 'from 0 to 65535, or HOST:PORT'],
  ['--master --metrics-file x', '--metrics-file', 'ends in .prom'],
  ['--master --metrics-file .prom', '--metrics-file', 'ends in .prom'],
  ['--master --progress bar', '--progress', 'auto or line or log or off'],
  ['--master --no-share-copies=1', '--no-share-copies', 'takes no value'],
  ['--master --forward-output yes', '--forward-output', 'auto or on or off'],
  ['--master --backup-tasks=1', '--backup-tasks', 'takes no value'],
  ['--master --audit-runs=1', '--audit-runs', 'takes no value'],
  ['--master --data-port 0', '--data-port', 'from 1 to 65535'],
  ['--master --no-data-port=1', '--no-data-port', 'takes no value'],
  ['--master --data-port 1 --no-data-port', '--data-port', '--no-data-port, got both'],
  ['--master --data-port 4222 --master-port 4222', '--data-port', '--master-port, got 4222 for both'],
  ['--master --data-port 1 --nats-url h:1', '--data-port', 'expected the broker inside the master'],
  ['--master --checkpoint', '--checkpoint', 'got nothing'],
];

const empty = file('empty.pem', '');
const der = file('der', '');
writeFileSync(der, new X509Certificate(pem('broker')).raw);
const { key: plainKey } = pair('broker');
const derKey = file('der-key', '');
writeFileSync(derKey, createPrivateKey(plainKey).export({ format: 'der', type: 'pkcs8' }));
const passphrase = { format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hidden' } as const;
const encrypted = [
  file('encrypted8', String(createPrivateKey(plainKey).export({ ...passphrase, type: 'pkcs8' }))),
  file('encrypted1', String(createPrivateKey(plainKey).export({ ...passphrase, type: 'sec1' }))),
];
const request = file(
  'request',
  '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n',
);
const publicKey = file('public', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n');
const broken = file('broken', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
const WRONG_PEM: readonly (readonly [wanted: 'certificate' | 'key', path: string, part: string])[] = [
  ['certificate', empty, 'it is empty; name another file'],
  ['certificate', der, `it is binary (DER or PKCS#12); type openssl x509 -inform DER -in ${der} `],
  [
    'certificate',
    keyFile('broker'),
    'it holds a private key; name the certificate, and this file by --tls-key',
  ],
  ...encrypted.map((path) => ['certificate', path, 'a private key under a passphrase'] as const),
  ['certificate', request, 'it holds a request for a certificate'],
  ['certificate', publicKey, 'it holds a public key'],
  ['certificate', token, 'it has none, since it is not PEM'],
  ['key', empty, 'it is empty'],
  ['key', derKey, `it is binary (DER or PKCS#12); type openssl pkey -inform DER -in ${derKey} `],
  ['key', certificateFile('broker'), 'it holds a certificate; name its private key'],
  ...encrypted.map((path) => ['key', path, `under a passphrase; type openssl pkey -in ${path} `] as const),
  ['key', publicKey, 'it holds a public key'],
  ['key', token, 'it has none, since it is not PEM'],
];
for (const [wanted, path, part] of WRONG_PEM) {
  flags(`a ${wanted} is not ${path.slice(folder.length)}, and the file and a cure are named`, () => {
    const cases =
      wanted === 'key'
        ? [['--tls-key', '--master', '--tls-cert', certificateFile('broker'), '--tls-key', path]]
        : [
            ['--tls-cert', '--master', '--tls-cert', path, '--tls-key', keyFile('broker')],
            ['--tls-ca', '--slave', '--nats-url', 'h:1', '--tls-ca', path],
          ];
    for (const [flag, ...argv] of cases) {
      const error = refusal(argv);
      assert.is(error.flag, flag);
      assert.ok(error.message.includes(path) && error.message.includes(part), `${part}\n${error.message}`);
      assert.not.match(error.message, /hidden|MIG|MII/);
    }
  });
}

flags('a damaged certificate, and a path in the place of one, are refused', () => {
  const damaged = refusal(['--slave', '--nats-url', 'h:1', '--tls-ca', broken]);
  assert.match(
    damaged.message,
    /expected a certificate in PEM in .*broken, it holds one that cannot be read/,
  );
  const env = { TS_MW_TLS_CERTIFICATE: certificateFile('broker') };
  const { flag, message } = refusal(['--slave', '--nats-url', 'h:1'], {}, env);
  assert.is(flag, 'TS_MW_TLS_CERTIFICATE');
  assert.match(message, /expected the text of a certificate in PEM, not its path/);
});

for (const [args, flag, part] of WRONG) {
  flags(`refuses ${args.replaceAll(folder, '')}`, () => {
    const error = refusal(args === '' ? [] : args.split(' '));
    assert.is(error.flag, flag);
    assert.ok(error.message.startsWith(`${flag}: `), error.message);
    assert.ok(error.message.includes(part), error.message);
    assert.not.ok(/[\n\u2028]|hidden/.test(error.message), error.message);
  });
}

flags('has a right and a wrong example of every flag', () => {
  for (const { name, use } of FLAG_ROWS) {
    // These have tests of their own
    if (use.whom === 'typist') continue;
    assert.ok(
      RIGHT.some(([args]) => args.split(/[ =]/).includes(name)),
      name,
    );
    // A password has no wrong form, and a member id may be any text, but both may be missing
    assert.ok(
      WRONG.some(([args]) => args.split(/[ =]/).includes(name)),
      name,
    );
  }
});

flags('warns of files that others may read and of a short timeout', () => {
  const warnings = (...args: string[]) => run(['--master', ...args]).warnings;
  assert.equal(warnings('--nats-token-file', token, '--client-timeout', '3'), []);
  assert.match(warnings('--nats-token-file', openToken)[0] ?? '', /mode 644.*chmod 600/);
  const place = ['--nats-url', 'h:1', '--nats-nkey-file'];
  assert.equal(warnings(...place, nkey), []);
  assert.match(warnings(...place, openNkey)[0] ?? '', /^--nats-nkey-file: .*mode 640.*chmod 600/);
  assert.match(warnings('--client-timeout', '2')[0] ?? '', /^--client-timeout: /);
});

flags('warns of a key that others may read', () => {
  const open = file('open-key', tls.key, 0o644);
  const closed = file('closed-key', tls.key);
  const warnings = (key: string) =>
    run(['--master', '--tls-cert', certificateFile('broker'), '--tls-key', key]).warnings;
  assert.match(warnings(open)[0] ?? '', /^--tls-key: .*mode 644.*chmod 600/);
  assert.equal(warnings(closed), []);
});

flags('a slave trusts the certificate of its environment, else authorities of flags, else the file', () => {
  const trust = (args: string, env: Env = {}) => {
    const resource = { ...FILE, nats: { ...FILE.nats, certificate: 'of-file' } };
    const found = slaveTarget(run(['--slave', ...args.split(' ')], {}, env), resource);
    if (found.kind !== 'connect') throw new Error(found.kind);
    const { urls, tls } = found.broker;
    return [
      ...urls,
      tls?.certificate === pem('self') ? 'of-env' : tls?.certificate,
      tls?.ca === pem('ca') ? 'ca' : tls?.ca,
    ];
  };
  const url = 'tls://10.0.0.1:5000';
  assert.equal(trust('--resource-file f'), [url, 'of-file', undefined]);
  assert.equal(trust(`--resource-file f --tls-ca ${ca}`), [url, undefined, 'ca']);
  const env = { TS_MW_TLS_CERTIFICATE: pem('self') };
  assert.equal(trust(`--resource-file f --tls-ca ${ca}`, env), [url, 'of-env', undefined]);
  assert.equal(trust('--resource-file f --master-host h', env), ['tls://h:5000', 'of-env', undefined]);
});

flags('takes the token from a flag, else from the environment', () => {
  const env = { TS_MW_TOKEN: 'of-env' };
  assert.equal(run(['--master'], {}, env).nats, { urls: [], token: 'of-env', tokenFrom: 'environment' });
  assert.is(run(['--master', '--nats-token', 'typed'], {}, env).nats.token, 'typed');
  assert.is(run(['--master', '--nats-token-file', token], {}, env).nats.token, 's3cret');
  assert.is(run(['--master'], { natsToken: 'program' }, env).nats.token, 'program');
  assert.is(run(['--master'], {}, { TS_MW_TOKEN: '' }).nats.token, undefined);
  const user = ['--slave', '--nats-url', 'h:1', '--nats-user', 'u', '--nats-password', 'p'];
  assert.is(run(user, {}, env).nats.token, undefined);
});

flags('puts the command line above the defaults of the program', () => {
  const defaults: Flags = {
    master: true,
    slaves: 2,
    memberId: 'm',
    natsUrl: ['a:1', 'b:2'],
    clientTimeout: 7,
  };
  const alone = run([], defaults);
  assert.equal([alone.role, alone.slaves, alone.memberId], ['master', 2, 'm']);
  assert.equal([alone.nats.urls, alone.clientTimeoutMs], [['nats://a:1', 'nats://b:2'], 7000]);

  const typed = run(['--slave', '--member-id', 'n', '--nats-url', 'c:3'], defaults);
  assert.equal([typed.role, typed.slaves, typed.memberId], ['slave', 0, 'n']);
  assert.equal(typed.nats.urls, ['nats://c:3'], 'typed URLs replace those of the program');

  assert.is(run(['--master', '--master-port', '4'], defaults).nats.urls.length, 0);
  assert.is(run(['--nats-token', 't'], { master: true, natsTokenFile: '/none' }).nats.token, 't');
  assert.is(run([], { master: true, natsUrl: 'a:1' }).nats.urls[0], 'nats://a:1');
  assert.is(run(['--master'], { allowVersionSkew: false, slaves: undefined }).allowVersionSkew, false);
});

flags('judges the defaults of the program as it does the command line', () => {
  assert.is(refusal(['--master'], { slaves: 1.5 }).flag, '--slaves');
  assert.is(refusal([], { master: true, slave: true }).flag, '--master');
  assert.is(refusal(['--master'], { slavesNumber: 1 } as Flags).flag, '--slaves-number');
  assert.is(refusal(['--master'], { help: true } as Flags).flag, '--help');
  assert.is(refusal(['--master'], { master: 'yes' } as unknown as Flags).flag, '--master');
  assert.is(refusal(['--master'], { memberId: true } as unknown as Flags).flag, '--member-id');
});

function help(argv: readonly string[], columns?: number): string {
  const command = parseFlags(argv, {}, { env: {}, program: '/some/where/app.mjs', columns });
  if (command.kind !== 'help') throw new Error(command.kind);
  return helpText(command);
}

flags('answers --help all with every flag, whatever else is wrong', () => {
  for (const argv of [
    ['--help', 'all'],
    ['--slaves', 'x', '--help=all', '--version'],
    ['--help', '--help', 'all'],
  ]) {
    const text = help(argv);
    for (const row of FLAG_ROWS) {
      const { byDefault } = row;
      assert.ok(
        text.split('\n').some((line) => `${line} `.startsWith(`  ${shownFlag(row)} `)),
        row.name,
      );
      if (byDefault) assert.ok(text.includes(`[default: ${byDefault}]`), row.name);
    }
    for (const group of ['Role', 'Master', 'Slaves', 'Groups', 'Audit', 'Broker (NATS)', 'Timeouts']) {
      assert.ok(text.includes(`\n${group}:\n`), group);
    }
    assert.ok(text.startsWith('app --master'));
  }
});

flags('answers --help with the flags that people need first', () => {
  for (const argv of [['--help'], ['--slaves', 'x', '--help', '--version'], ['--member-id', '--help']]) {
    const shown = [...help(argv).matchAll(/^ {2}(--\S+)/gm)].map(([, name]) => name);
    assert.equal(
      shown,
      FIRST_ROWS.map(({ name }) => name),
    );
    assert.match(help(argv), new RegExp(`--help all shows ${FLAG_ROWS.length - FIRST_ROWS.length} more`));
  }
  assert.is(refusal(['--help=me']).flag, '--help');
});

flags('--help fits the terminal, and is 80 wide where there is none', () => {
  const widest = (text: string) => Math.max(...text.split('\n').map(({ length }) => length));
  const words = (text: string) => text.split(/\s+/).join(' ');
  for (const argv of [['--help'], ['--help', 'all']]) {
    for (const columns of [48, 60, 79, 80, 81, 100, 120]) {
      const text = help(argv, columns);
      assert.ok(widest(text) <= columns, `${columns}: ${text}`);
      assert.is(words(text), words(help(argv)), 'the words are the same');
    }
    assert.is(help(argv, undefined), help(argv, 80));
    assert.is(help(argv, 0), help(argv, 80));
    assert.is(help(argv, 1), help(argv, 48));
    assert.is(help(argv, 500), help(argv, 120));
  }
});

flags('leaves --help behind -- to the program', () => {
  assert.equal(run(['--master', '--', '--help', '--version']).argv, ['--help', '--version']);
});

flags('answers --version with the versions of the program and of ts-mw', () => {
  const own = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')).version;
  writeFileSync(join(folder, 'package.json'), '{"version":"3.2.1"}');
  const answer = (program: string) => parseFlags(['--version'], {}, { env: {}, program });
  assert.equal(answer(join(folder, 'bin', 'app.js')), {
    kind: 'version',
    text: `app 3.2.1 (ts-mw ${own})\n`,
  });
  assert.equal(answer('/nowhere/at/all/app.js'), { kind: 'version', text: `app (ts-mw ${own})\n` });
  writeFileSync(join(folder, 'package.json'), 'rubbish');
  assert.equal(answer(join(folder, 'app.js')), { kind: 'version', text: `app (ts-mw ${own})\n` });
});

flags('hands on what is not ours, in its order', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [
      '--master --trials 100 --verbose file.txt -- --slaves 3',
      ['--trials', '100', '--verbose', 'file.txt', '--slaves', '3'],
    ],
    ['-5 --master -x -1e5 -', ['-5', '-x', '-1e5', '-']],
    ['--master false --no-master', ['false', '--no-master']],
    ['--a=1 --master --a=2 --a 3', ['--a=1', '--a=2', '--a', '3']],
    ['--master -- a -- b', ['a', '--', 'b']],
    ['--master --slave-task --masterPort 5 --MASTER', ['--slave-task', '--masterPort', '5', '--MASTER']],
    ['--master --trials --slaves 3 7', ['--trials', '7']],
  ];
  for (const [args, expected] of cases) assert.equal(run(args.split(' ')).argv, expected, args);
});

const UNKNOWN = [
  ...[
    '-5',
    '-x',
    '-',
    '',
    'a b',
    '"q"',
    "'",
    '--x=1',
    '--x',
    '100',
    '---',
    '--=',
    '=',
    '--no-slave',
    '-member-id',
  ],
  ...[
    '--member-idx',
    '--memberId',
    '--master.port=1',
    '--__proto__',
    '--constructor=2',
    '--MASTER',
    '\n',
    'é',
  ],
];
const KNOWN: readonly (readonly string[])[] = [
  ...[
    ['--master'],
    ['--allow-version-skew'],
    ['--member-id', '-1'],
    ['--member-id=--x'],
    ['--member-id', 'b'],
  ],
  ...[
    ['--slaves', '3'],
    ['--slaves=4'],
    ['--client-timeout', '9'],
    ['--nats-url', 'h:1'],
    ['--nats-url=i:2'],
  ],
];

flags('keeps the arguments of 2,000 random command lines apart', () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const random = generator(seed);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
    const args = ['--master'];
    const rest: string[] = [];
    const urls = new Set<string>();
    let memberId = 'default-member-id';
    let slaves = 0;
    for (let length = Math.floor(random() * 12); length > 0; length--) {
      if (random() < 0.5) {
        const unknown = pick(UNKNOWN);
        args.push(unknown);
        rest.push(unknown);
        continue;
      }
      const known = pick(KNOWN);
      args.push(...known);
      const [, name, value = ''] = /^--([a-z-]+)[ =]?(.*)$/.exec(known.join(' ')) ?? [];
      if (name === 'member-id') memberId = value;
      if (name === 'slaves') slaves = Number(value);
      if (name === 'nats-url') urls.add(`nats://${value}`);
    }
    if (random() < 0.3) {
      const behind = [pick(UNKNOWN), ...pick(KNOWN), '--', '--slave'];
      args.push('--', ...behind);
      rest.push(...behind);
    }
    const found = run(args);
    const shown = `seed ${seed}: ${JSON.stringify(args)}`;
    assert.equal(found.argv, rest, shown);
    assert.equal([found.memberId, found.slaves, found.nats.urls], [memberId, slaves, [...urls]], shown);
  }
});

/** The same numbers from 0 to 1 for the same seed (a 32-bit xorshift). */
function generator(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const FILE: ResourceFileOfMaster = {
  'computation-status': 'in-progress',
  timestamp: '2026-01-02T03:04:05.000Z',
  'member-id': 'of-file',
  nats: { urls: ['nats://10.0.0.1:5000'], token: 'token-of-file' },
  'run-id': 'run-1',
};

/** The master that a slave is to join, as `urls member run token`. */
function target(args: string, resource?: ResourceFileOfMaster, env: Env = {}, defaults: Flags = {}): string {
  const found = slaveTarget(run(['--slave', ...args.split(' ')], defaults, env), resource);
  if (found.kind !== 'connect') return found.kind;
  const { broker, memberId, run: runId, warning } = found;
  return [broker.urls.join('+'), memberId, runId, broker.token, warning && 'warned'].join(' ').trim();
}

flags('follows CL-MW on what stands before and behind --resource-file', () => {
  const host = '--master-host h --master-port 7 --member-id m';
  assert.is(target('--resource-file f', FILE), 'nats://10.0.0.1:5000 of-file run-1 token-of-file');
  assert.is(target(`${host} --resource-file f`, FILE), 'nats://10.0.0.1:5000 of-file run-1 token-of-file');
  assert.is(target(`--resource-file f ${host}`, FILE), 'nats://h:7 m  token-of-file');
  assert.is(
    target('--resource-file f --master-port 7', FILE),
    'nats://10.0.0.1:7 of-file run-1 token-of-file',
  );
  assert.is(
    target('--master-port 6 --resource-file f --master-host ::1', FILE),
    'nats://[::1]:5000 of-file run-1 token-of-file',
  );
  assert.is(
    target('--resource-file f', FILE, {}, { masterHost: 'h', masterPort: 7, memberId: 'm' }),
    'nats://10.0.0.1:5000 of-file run-1 token-of-file',
    'defaults stand before it',
  );
  assert.is(
    target('--resource-file f --master-host h --resource-file g', FILE).split(' ')[0],
    'nats://10.0.0.1:5000',
  );
});

flags('ignores a missing resource file where host and port are given', () => {
  const host = '--master-host h --master-port 7 --member-id m';
  assert.is(target(`${host} --resource-file f`), 'nats://h:7 m   warned');
  assert.is(target(`--resource-file f ${host}`), 'nats://h:7 m   warned');
  assert.is(
    target('--master-port 7 --resource-file f --master-host h'),
    'nats://h:7 default-member-id   warned',
  );
  assert.is(target('--resource-file f --nats-url n:1'), 'nats://n:1 default-member-id   warned');
  for (const args of [
    '--resource-file f',
    '--resource-file f --master-port 7',
    '--master-host h --resource-file f',
  ]) {
    assert.is(target(args), 'missing', args);
  }
});

flags('goes without a resource file by host, port and URLs', () => {
  assert.is(target('--master-port 7'), 'nats://127.0.0.1:7 default-member-id');
  assert.is(target('--nats-url n:1 --nats-url tls://o --member-id m'), 'nats://n:1+tls://o:4222 m');
  const found = slaveTarget(run(['--slave', '--nats-url', 'tls://[::1]']), undefined);
  assert.equal(found.kind === 'connect' && [found.host, found.port], ['::1', 4222]);
});

flags('takes URLs and token from flags, then the environment, then the file', () => {
  const env = { TS_MW_TOKEN: 'of-env' };
  const start = 'nats://10.0.0.1:5000 of-file run-1';
  assert.is(target('--resource-file f', FILE, env), `${start} of-env`);
  assert.is(target('--nats-token typed --resource-file f', FILE, env), `${start} typed`);
  assert.is(target('--nats-user u --nats-password p --resource-file f', FILE), start);
  assert.is(target('--nats-url n:1 --resource-file f', FILE), 'nats://n:1 of-file run-1 token-of-file');
});

flags('reads a finished file as the end, and one without a broker as missing', () => {
  assert.is(target('--resource-file f', { ...FILE, 'computation-status': 'finished' }), 'finished');
  const bare = { ...FILE, nats: { urls: [] } };
  assert.is(target('--resource-file f', bare), 'missing');
  assert.is(target('--resource-file f --master-port 7', bare), 'missing');
  assert.is(target('--resource-file f --master-port 7 --master-host h', bare), 'nats://h:7 of-file run-1');
});

flags('a question about a trail is asked alone, of whatever program', () => {
  const ask = (...argv: string[]) => parseFlags(argv, { slaves: 2 }, { env: {}, program: 'app.js' });
  assert.equal(ask('--audit-verify', 'a'), { kind: 'verify', file: 'a' });
  assert.equal(ask('--audit-watch', 'a'), { kind: 'watch', file: 'a' });
  assert.equal(ask('--audit-report=a'), { kind: 'report', file: 'a', page: undefined, trace: undefined });
  assert.equal(ask('--html', 'p', '--audit-report', 'a'), {
    kind: 'report',
    file: 'a',
    page: 'p',
    trace: undefined,
  });
  assert.equal(ask('--audit-report', 'a', '--trace', 't'), {
    kind: 'report',
    file: 'a',
    page: undefined,
    trace: 't',
  });
  assert.equal(ask('--forecast', 'a'), { kind: 'forecast', file: 'a', slaves: undefined });
  assert.equal(ask('--forecast', 'a', '--slaves', '1,10,100'), {
    kind: 'forecast',
    file: 'a',
    slaves: [1, 10, 100],
  });
  for (const id of ['TASK-17', 'SLAVE-3'])
    assert.equal(ask('--why', id, '--audit-report', 'a'), { kind: 'why', file: 'a', id });
  for (const [argv, flag] of [
    [['--audit-verify'], '--audit-verify'],
    [['--audit-verify='], '--audit-verify'],
    [['--audit-report='], '--audit-report'],
    [['--audit-report', 'a', '--html'], '--html'],
    [['--audit-report', 'a', '--audit-verify', 'a'], '--audit-verify'],
    [['--audit-watch', 'a', '--audit-verify', 'a'], '--audit-watch'],
    [['--audit-report', 'a', '--why'], '--why'],
    [['--forecast', 'a', '--audit-verify', 'a'], '--forecast'],
    [['--forecast='], '--forecast'],
    [['--forecast', 'a', '--slaves', '1,0'], '--slaves'],
    [['--forecast', 'a', '--slaves', '1, 2'], '--slaves'],
    [['--forecast', 'a', '--slaves', '4097'], '--slaves'],
    [['--forecast', 'a', '--slaves', Array(21).fill(1).join()], '--slaves'],
    [['--audit-report', 'a', '--why='], '--why'],
    [['--audit-report', 'a', '--why', '17'], '--why'],
    [['--audit-report', 'a', '--why', 'TASK-1', '--html', 'p'], '--why'],
    [['--audit-report', 'a', '--why', 'TASK-1', '--trace', 't'], '--why'],
    [['--audit-report', 'a', '--trace='], '--trace'],
  ] as const) {
    assert.is(refusal(argv).flag, flag);
  }
  assert.is(refusal([], { master: true, auditVerify: 'a' } as Flags).flag, '--audit-verify');
});

flags("leaves a program's own --html, --trace and --why alone", () => {
  const { argv } = run(['--master', '--html', '--html=x', '--why', '--trace', '--', '--audit-report', 'x']);
  assert.equal(argv, ['--html', '--html=x', '--why', '--trace', '--audit-report', 'x']);
});

flags.run();
