/**
 * The share of a slave in its master's flags, in each way to start it: the arguments that are made for it go
 * through the parser again, and say what the same flag says to a slave that is given it by hand.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { batchFile } from '../../../src/cli/batch/print-batch.js';
import { BATCH_SYSTEMS, type BatchSystem } from '../../../src/cli/flags/batch-systems.js';
import type { Configuration } from '../../../src/cli/flags/configuration.js';
import type { FlagKey, PassedOn } from '../../../src/cli/flags/flag-row.js';
import { FLAG_ROWS } from '../../../src/cli/flags/flag-table.js';
import { type ParsedCommand, parseFlags } from '../../../src/cli/flags/parse-command.js';
import { joinCommand } from '../../../src/cli/master/join-command.js';
import { localSlaveArguments } from '../../../src/cli/master/local-slaves.js';
import { slaveSecrets } from '../../../src/cli/master/spawn-slave.js';
import { describeRun } from '../../../src/cli/resource-file/open-resource-file.js';
import { type ResourceFileOfMaster, slaveTarget } from '../../../src/cli/slave/slave-target.js';
import { createUserKey } from '../../../src/link/connection/nkeys.js';
import type { BrokerAddress } from '../../../src/link/ports.js';
import { NatsAccount } from '../../support/nats-accounts.js';
import { jobs, manifests, slaveCommandIn } from '../../support/submit-files.js';
import { certificateFile, keyFile } from '../../support/tls-files.js';

const passing = suite('flags of a master that its slaves get');

const folder = mkdtempSync(join(tmpdir(), 'ts-mw-passed-on-'));
passing.after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

const program = join(folder, 'app.js');
const token = file('token', 's3cret');
const creds = file('a.creds', new NatsAccount().createUser(() => ({ publish: [], subscribe: [] })).creds);
const nkey = file('a.nk', createUserKey().seed);
const pair = ['--tls-cert', certificateFile('client'), '--tls-key', keyFile('client')];

interface Sample {
  readonly flag: readonly string[];
  /** The arguments that it needs beside it, on master and slave alike. */
  readonly beside?: readonly string[];
  /** The secret that the environment has of a slave or master to which it is given by hand. */
  readonly env?: Readonly<Record<string, string>>;
}

const external = ['--nats-url', 'tls://h:1'];

/** Of each flag that slaves get: no value is the default. */
const SAMPLES: { readonly [K in FlagKey]?: Sample } = {
  memberId: { flag: ['--member-id=-m 7'] },
  resourceFile: { flag: ['--resource-file', 'm.rsc'] },
  masterHost: { flag: ['--master-host', '127.0.0.2'] },
  masterPort: { flag: ['--master-port', '4600'] },
  slaveConcurrency: { flag: ['--slave-concurrency', '7'] },
  shareCache: { flag: ['--share-cache', '64m'] },
  auditFile: { flag: ['--audit-file', 'a.log'] },
  auditFormat: { flag: ['--audit-format', 'json'] },
  auditMaxSize: { flag: ['--audit-max-size', '64k'], beside: ['--audit-file', 'a.log'] },
  auditKeep: { flag: ['--audit-keep', '9'], beside: ['--audit-file', 'a.log', '--audit-max-size', '64k'] },
  natsUrl: { flag: [...external, '--nats-url', 'tls://i:2'] },
  natsToken: { flag: ['--nats-token', 's3cret'] },
  natsTokenFile: { flag: ['--nats-token-file', token], beside: external },
  natsUser: { flag: ['--nats-user=-u'], beside: external, env: { TS_MW_NATS_PASSWORD: 'p' } },
  natsPassword: { flag: ['--nats-user', 'u', '--nats-password', 'p'], beside: external },
  natsCreds: { flag: ['--nats-creds', creds], beside: external },
  natsNkeyFile: { flag: ['--nats-nkey-file', nkey], beside: external },
  tlsCert: { flag: pair, beside: external },
  tlsKey: { flag: pair, beside: external },
  tlsCa: { flag: ['--tls-ca', certificateFile('ca')], beside: external },
  insecure: { flag: ['--insecure'] },
  clientTimeout: { flag: ['--client-timeout', '7.5'] },
  connectTimeout: { flag: ['--connect-timeout', '0'] },
};

type Way = '--slaves' | BatchSystem | 'overseer' | 'join command';
const WAYS: readonly Way[] = ['--slaves', ...BATCH_SYSTEMS, 'overseer', 'join command'];

const everywhere = (way: Way): boolean => WAYS.includes(way);
const byTsMw = (way: Way): boolean => way !== 'overseer' && way !== 'join command';

/** In which ways; what a slave does not get is as if its master had not been given it. */
const GETS: Readonly<Record<PassedOn, (way: Way, key: FlagKey) => boolean>> = {
  role: everywhere,
  // The broker of the master, as it is reached from the same machine, is all that a local slave needs
  place: (way, key) => key !== 'resourceFile' || way !== '--slaves',
  'as-given': everywhere,
  'unless-typed': (way) => way !== 'join command',
  trail: byTsMw,
  // The resource file has the token and the authorities
  proof: (way, key) => way !== 'overseer' || key === 'natsTokenFile' || key === 'tlsCa',
  secret: (way, key) => way !== 'overseer' || key === 'natsToken',
};

function parse(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): ParsedCommand {
  return parseFlags(argv, {}, { env, program });
}

function configurationOf(argv: readonly string[], env: Readonly<Record<string, string | undefined>> = {}) {
  const command = parse(argv, env);
  if (command.kind !== 'run') throw new Error(command.kind);
  return command.configuration;
}

/** All that a slave goes by, in one level. Files by what is in them, since a pod has them elsewhere. */
function sight(configuration: Configuration, resourceFile?: ResourceFileOfMaster) {
  const target = slaveTarget(configuration, resourceFile);
  if (target.kind !== 'connect') throw new Error(target.kind);
  const { urls, token, user, password, creds, nkeyFile, tls, insecure } = target.broker;
  const content = (path: string | undefined) => (path === undefined ? undefined : readFileSync(path, 'utf8'));
  return {
    role: configuration.role,
    memberId: target.memberId,
    hosts: urls.map((url) => new URL(url).hostname),
    ports: urls.map((url) => new URL(url).port),
    resourceFile: configuration.resourceFile?.path,
    token,
    user,
    password,
    creds: content(creds),
    nkey: content(nkeyFile),
    ca: tls?.ca,
    cert: tls?.cert,
    key: tls?.key,
    insecure,
    clientTimeoutMs: configuration.clientTimeoutMs,
    connectTimeoutMs: configuration.connectTimeoutMs,
    concurrency: configuration.slaveConcurrency,
    shareCache: configuration.shareCache,
    auditFile: configuration.auditFile,
    auditFormat: configuration.auditFormat,
    auditMaxBytes: configuration.auditRotation?.maxBytes,
    auditKeep: configuration.auditRotation?.keep,
  };
}

type Sight = ReturnType<typeof sight>;

/** The changes by the flag to a slave that is given it by hand. */
function changedBy({ flag, beside = [], env }: Sample): Partial<Sight> {
  const seen = (argv: readonly string[], secrets?: Sample['env']) => {
    const place = argv.includes('--nats-url') ? [] : ['--master-host', '127.0.0.1', '--master-port', '4567'];
    return sight(configurationOf(['--slave', ...place, ...argv], secrets));
  };
  const by = seen([...beside, ...flag], env);
  const without = seen(beside);
  return Object.fromEntries(
    Object.entries(by).filter(([name, value]) => {
      const other = without[name as keyof Sight];
      return JSON.stringify(value) !== JSON.stringify(other);
    }),
  );
}

/** The part of a master that its slaves are told of. */
function masterOf(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const configuration = configurationOf(['--master', ...argv], env);
  const { nats, tls, insecure, masterHost, masterPort } = configuration;
  const own = { host: masterHost, port: masterPort || 4567 };
  const broker = nats.urls.length > 0 ? undefined : own;
  const urls = broker === undefined ? nats.urls : [`nats://${own.host}:${own.port}`];
  const address: BrokerAddress = { ...nats, urls, tls, insecure };
  const resourceFile = (command: Configuration) =>
    describeRun(
      { configuration: command, run: 'r', master: { slavesNeeded: 0 }, broker, address, program },
      'in-progress',
    );
  return { configuration, broker, address, resourceFile };
}

/** A slave of a master with this command line; undefined where the way refuses it. */
function slaveOf(way: Way, { flag, beside = [], env = {} }: Sample): Sight {
  const argv = [...beside, ...flag];
  switch (way) {
    case '--slaves': {
      const { configuration, broker, address } = masterOf(argv, env);
      return sight(configurationOf(localSlaveArguments(configuration, broker), slaveSecrets(address)));
    }
    case 'overseer': {
      const named = argv.includes('--resource-file') ? argv : [...argv, '--resource-file', 'm.rsc'];
      const { configuration, resourceFile } = masterOf(named, env);
      const written = resourceFile(configuration);
      return sight(configurationOf(written['slave-arguments']), written);
    }
    case 'join command': {
      const { configuration, broker, resourceFile } = masterOf(argv, env);
      const line = joinCommand({ configuration, program, broker, directory: folder });
      const words = line
        .slice(line.indexOf('--slave'))
        .replaceAll(`'`, '')
        .split(/ (?=--)/);
      // A file that people put in the place of FILE
      const named = words.map((word) => {
        const [name = ''] = word.split(' ');
        const files = { '--nats-token-file': token, '--tls-cert': pair[1], '--tls-key': pair[3] };
        const own = files[name as keyof typeof files];
        return word.endsWith(' FILE') && own !== undefined ? `${name} ${own}` : word;
      });
      const split = named.flatMap((word) => (word.includes('=') ? [word] : word.split(' ')));
      const isWritten = configuration.resourceFile !== undefined;
      const secrets = { ...env, TS_MW_NATS_PASSWORD: configuration.nats.password };
      return sight(configurationOf(split, secrets), isWritten ? resourceFile(configuration) : undefined);
    }
    default:
      return slaveOfBatch(way, argv, env);
  }
}

function printed(system: BatchSystem, argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  // Pods and slots are on other machines, to which a broker inside the master is open
  const open = argv.includes('--nats-url') ? [] : ['--insecure'];
  const command = parse(['--master', '--print-batch', system, ...open, ...argv], env);
  if (command.kind !== 'print-batch') throw new Error(command.kind);
  return { ...command, text: batchFile({ ...command, program, directory: folder }) };
}

const slaveWords = (words: readonly string[]): string[] => words.slice(words.indexOf('--slave'));

function slaveOfBatch(system: BatchSystem, argv: readonly string[], env: Readonly<Record<string, string>>) {
  const { text, configuration } = printed(system, argv, env);
  const words = slaveWords(slaveCommandIn(system, text));
  if (system !== 'kubernetes') {
    const { resourceFile } = masterOf(argv, env);
    return sight(configurationOf(words, env), resourceFile(configuration));
  }
  const documents = manifests(text);
  const data = documents.find(({ kind }) => kind === 'Secret')?.stringData ?? {};
  for (const [name, content] of Object.entries(data)) file(name, content);
  const variables = jobs(documents)[1]?.env?.map(({ name }) => [name, data[name]]) ?? [];
  const here = words.map((word) => word.replace('/run/secrets/ts-mw', folder));
  return sight(configurationOf(here, Object.fromEntries(variables)));
}

/** Where a slave gets something else than what its master was given, and why. */
function otherwise(way: Way, key: FlagKey): Partial<Sight> | undefined {
  // Beside the file of its master
  if (key === 'auditFile') return { auditFile: 'a.log.slaves' };
  // One that finds no master has outlived it
  if (key === 'connectTimeout' && way === '--slaves') return { connectTimeoutMs: 30_000 };
  if (key === 'masterHost' && way === 'kubernetes') return { hosts: ['app-master'] };
  if (key === 'resourceFile') {
    if (way === 'join command') return { resourceFile: 'm.rsc' };
    const path = resolve(way === 'overseer' ? process.cwd() : folder, 'm.rsc');
    return { resourceFile: way === 'kubernetes' ? `/run/ts-mw/${basename(path)}` : path };
  }
  return undefined;
}

const pick = (seen: Sight, names: readonly string[]): Partial<Sight> =>
  Object.fromEntries(Object.entries(seen).filter(([name]) => names.includes(name)));

for (const { key, name, use } of FLAG_ROWS) {
  const { passedOn } = use;
  if (typeof passedOn !== 'string' || passedOn === 'role') continue;
  const sample = SAMPLES[key as FlagKey];
  for (const way of WAYS) {
    passing(`${name} by ${way}`, () => {
      if (sample === undefined) throw new Error(`name a sample of ${name}, a flag that slaves get`);
      const changed = changedBy(sample);
      assert.ok(Object.keys(changed).length > 0, 'the sample is not what a slave does without it');
      const isSystem = way !== '--slaves' && way !== 'overseer' && way !== 'join command';
      if (passedOn === 'secret' && isSystem && way !== 'kubernetes') {
        const argv = [...(sample.beside ?? []), ...sample.flag];
        assert.throws(() => printed(way, argv), new RegExp(`^${name}: expected no \\w+ in a submit file`));
        return;
      }
      const gets = GETS[passedOn](way, key as FlagKey);
      const seen = slaveOf(way, sample);
      const without = slaveOf(way, { ...sample, flag: [] });
      const names = Object.keys(changed);
      const expected = gets ? (otherwise(way, key as FlagKey) ?? changed) : pick(without, names);
      assert.is(seen.role, 'slave');
      assert.equal(pick(seen, Object.keys(expected)), expected);
    });
  }
}

passing('of no flag there is a sample that slaves do not get', () => {
  const wanted = FLAG_ROWS.filter(
    ({ use: { passedOn } }) => typeof passedOn === 'string' && passedOn !== 'role',
  );
  assert.equal(Object.keys(SAMPLES).sort(), wanted.map(({ key }) => key).sort());
});

passing('what slaves do not get has a reason', () => {
  for (const { name, use } of FLAG_ROWS) {
    if (typeof use.passedOn === 'object') assert.ok(use.passedOn.never.length > 8, name);
  }
});

passing('what a program gives itself, and its arguments, as what is typed', () => {
  const defaults = { slaveConcurrency: 3, auditFormat: 'json', clientTimeout: 9, insecure: true } as const;
  const typed = ['--master', '--resource-file', 'm.rsc'];
  const own = ['--', '-x', 'y z', '--insecure'];
  const command = parseFlags([...typed, ...own], defaults, { env: {}, program });
  if (command.kind !== 'run') throw new Error(command.kind);
  const { broker, resourceFile } = masterOf(typed);
  const overseers = resourceFile(command.configuration)['slave-arguments'];
  const lists = [
    localSlaveArguments(command.configuration, broker),
    overseers,
    ...BATCH_SYSTEMS.map((system) => {
      const printing = parseFlags([...typed, '--print-batch', system, ...own], defaults, {
        env: {},
        program,
      });
      if (printing.kind !== 'print-batch') throw new Error(printing.kind);
      const text = batchFile({ ...printing, program, directory: folder });
      return slaveWords(slaveCommandIn(system, text));
    }),
  ];
  assert.is(lists.length, 2 + BATCH_SYSTEMS.length);
  for (const words of lists) {
    const slave = configurationOf(words);
    assert.equal([slave.slaveConcurrency, slave.auditFormat, slave.clientTimeoutMs], [3, 'json', 9_000]);
    // An overseer may put flags behind, which would then be the program's
    assert.equal(slave.argv, words === overseers ? [] : own.slice(1));
  }
});

passing('an audit file that is a device or a pipe has nothing beside it', () => {
  const pipe = join(folder, 'pipe');
  assert.is(spawnSync('mkfifo', [pipe]).status, 0);
  const link = join(folder, 'link');
  symlinkSync('/dev/null', link);
  const open = openSync(token, 'r');
  for (const [typed, expected] of [
    ['new.audit', 'new.audit.slaves'],
    [token, `${token}.slaves`],
    ['/dev/null', '/dev/null'],
    [link, '/dev/null'],
    [pipe, realpathSync(pipe)],
    // Open in the master alone
    [`/dev/fd/${open}`, '-'],
    ['/dev/fd/99', '-'],
  ] as const) {
    const argv = ['--master', `--audit-file=${typed}`];
    const words = localSlaveArguments(configurationOf(argv), masterOf(argv).broker);
    const { auditFile, auditToStandardError } = configurationOf(words);
    assert.is(auditFile ?? (auditToStandardError ? '-' : undefined), expected, typed);
  }
  closeSync(open);
});

passing('of the certificates of the broker in the master, those for which it asks', () => {
  const tlsOf = (...flags: string[]) => {
    const { configuration, broker } = masterOf([...pair, ...flags]);
    return localSlaveArguments(configuration, broker).filter((word) => word.startsWith('--tls'));
  };
  const authorities = ['--tls-ca', certificateFile('ca')];
  assert.equal(tlsOf(...authorities), []);
  assert.equal(tlsOf(...authorities, '--tls-verify'), ['--tls-cert', '--tls-key']);
});

passing('an executable of its own is started with the same arguments', () => {
  const argv = ['--slave-concurrency', '7', '--audit-file', 'a.log', '--', 'x'];
  for (const system of BATCH_SYSTEMS) {
    const [, ...own] = slaveCommandIn(system, printed(system, argv).text);
    const other = printed(system, ['--slave-executable', '/opt/app', ...argv]).text;
    const [executable, ...args] = slaveCommandIn(system, other);
    assert.is(executable, '/opt/app');
    assert.equal(args, slaveWords(own));
    assert.ok(args.includes('--slave-concurrency=7'));
  }
});

passing.run();
