/** Submit files: read back by the rules of their systems, they name exactly the commands that were meant. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { batchFile } from '../../../src/cli/batch/print-batch.js';
import { BATCH_SYSTEMS } from '../../../src/cli/flags/batch-systems.js';
import { parseFlags } from '../../../src/cli/flags/parse-command.js';
import { createUserKey } from '../../../src/link/connection/nkeys.js';
import { NatsAccount } from '../../support/nats-accounts.js';
import { programPath } from '../../support/programs.js';
import { condorJobs, condorSplit, jobs, manifests, systemdSplit } from '../../support/submit-files.js';
import { certificateFile, keyFile, pair, pem } from '../../support/tls-files.js';

const batch = suite('--print-batch');

const folder = mkdtempSync(join(tmpdir(), 'ts-mw-batch-'));
/** Everything that one of the four languages takes for something else. */
const hostile = join(folder, `a b'c"d$HOME\${x}%i\`e\\f#;&`);
const program = join(hostile, 'my "app"\'s.cjs');
const own = ['--', 'x y', "it's", '"q"', '$HOME', '$(id)', '100%', '*', '', '\\', '-5'];

mkdirSync(hostile);
const secretFile = join(folder, 'token');
writeFileSync(secretFile, 'secret', { mode: 0o600 });
writeFileSync(
  program,
  'console.log(JSON.stringify(process.argv.slice(1))); process.exitCode = Number(process.env.CODE);',
);
batch.after(() => rmSync(folder, { recursive: true, force: true }));

function print(system: string, flags: readonly string[] = [], env: Record<string, string> = {}): string {
  const argv = ['--master', '--print-batch', system, '--insecure', ...flags];
  const command = parseFlags(argv, {}, { env, program });
  if (command.kind !== 'print-batch') throw new Error(command.kind);
  return batchFile({ ...command, program, directory: hostile });
}

const masterFlags = [
  '--resource-file',
  'm.rsc',
  '--member-id',
  'm $1',
  '--client-timeout',
  '5',
  '--slave-concurrency=9',
  '--slaves',
  '3',
];
const file = join(hostile, 'm.rsc');
const masterAs = (...place: string[]) => [
  program,
  '--master',
  ...place,
  `--resource-file=${file}`,
  '--slaves=0',
  '--insecure',
  '--member-id=m $1',
  '--client-timeout=5',
  '--slave-concurrency=9',
  ...own,
];
const forSlaves = ['--insecure', '--client-timeout=5', '--slave-concurrency=9'];
const slave = [program, '--slave', `--resource-file=${file}`, ...forSlaves, ...own];

batch('of a shared file system: slurm runs what is meant, and queues a slave again unless it exits 0', () => {
  const script = join(folder, 'job.sh');
  writeFileSync(script, print('slurm', [...masterFlags, ...own]));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'scontrol'), '#!/bin/sh\necho "scontrol $*" >&2\n');
  writeFileSync(join(bin, 'hostname'), '#!/bin/sh\necho "10.1.2.3 fe80::1"\n');
  for (const name of ['scontrol', 'hostname']) chmodSync(join(bin, name), 0o755);
  assert.is(spawnSync('bash', ['-n', script]).status, 0);
  const run = (task: number, code: number) => {
    const env = {
      PATH: `${bin}:${process.env.PATH}`,
      SLURM_ARRAY_TASK_ID: `${task}`,
      SLURM_JOB_ID: '77',
      CODE: `${code}`,
    };
    return spawnSync('bash', [script], { encoding: 'utf8', env: { ...env, HOME: '/nobody' } });
  };
  const master = run(0, 9);
  assert.equal(JSON.parse(master.stdout), masterAs('--master-host=10.1.2.3'));
  assert.equal([master.status, master.stderr], [9, ''], 'a master ends as it ends');
  const done = run(1, 0);
  assert.equal(JSON.parse(done.stdout), slave);
  assert.equal([done.status, done.stderr], [0, '']);
  assert.is(run(3, 255).stderr, 'scontrol requeue 77\n');
  assert.match(readFileSync(script, 'utf8'), /^#SBATCH --array=0-3$/m);
});

batch('of condor: the contract of the exit code, and the commands', () => {
  const [master = {}, slaves = {}] = condorJobs(
    print('condor', [...masterFlags, '--master-host', '10.9.9.9', ...own]),
  );
  assert.equal(
    [master.universe, master.queue, slaves.universe, slaves.queue],
    ['scheduler', '1', 'vanilla', '3'],
  );
  assert.is(slaves.on_exit_remove, '(ExitBySignal == False) && (ExitCode == 0)');
  assert.is(master.on_exit_remove, undefined);
  assert.is(slaves.executable, process.execPath);
  assert.is(slaves.initialdir, hostile);
  assert.equal(condorSplit(master.arguments ?? ''), masterAs('--master-host=10.9.9.9'));
  assert.equal(condorSplit(slaves.arguments ?? ''), slave);
  assert.throws(
    () => print('condor', ['--', '$$(Memory)']),
    /^--print-batch: expected .* without \$\$\( for condor/,
  );
});

batch('of systemd: the script installs units that systemd accepts', () => {
  const script = join(folder, 'install.sh');
  writeFileSync(script, print('systemd', [...masterFlags, ...own]));
  const config = join(folder, 'config');
  const env = { PATH: process.env.PATH, HOME: folder, XDG_CONFIG_HOME: config };
  const installed = spawnSync('sh', [script], { encoding: 'utf8', env });
  assert.is(installed.status, 0, installed.stderr);
  assert.is(installed.stdout, 'systemctl --user start my-app-s-m-1.target\n');
  const path = (name: string) => join(config, 'systemd', 'user', `my-app-s-m-1${name}`);
  const value = (name: string, key: string) =>
    new RegExp(`^${key}=(.*)$`, 'm').exec(readFileSync(path(name), 'utf8'))?.[1] ?? '';
  assert.equal(systemdSplit(value('-master.service', 'ExecStart')), [`:${process.execPath}`, ...masterAs()]);
  assert.equal(systemdSplit(value('-slave@.service', 'ExecStart')), [`:${process.execPath}`, ...slave]);
  assert.is(value('-slave@.service', 'WorkingDirectory').replaceAll('%%', '%'), hostile);
  assert.is(value('-slave@.service', 'Restart'), 'on-failure');
  assert.is(value('-slave@.service', 'SuccessExitStatus'), '', 'any code but 0 starts it again');
  assert.is(value('-master.service', 'SuccessExitStatus'), '130 143');
  assert.match(readFileSync(path('.target'), 'utf8'), /^Wants=.*-slave@1\.service .*-slave@3\.service$/m);
  const units = ['-master.service', '-slave@.service', '.target'].map(path);
  const runtime = join(folder, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  const verdict = spawnSync('systemd-analyze', ['verify', '--user', ...units], {
    encoding: 'utf8',
    env: { ...env, XDG_RUNTIME_DIR: runtime },
  });
  if (verdict.error === undefined) assert.is(`${verdict.stdout}${verdict.stderr}`.trim(), '');
  else console.log('no systemd-analyze here: units were only parsed');
});

batch('of kubernetes: a secret, a service, and Jobs whose slaves run until they exit 0', () => {
  const documents = manifests(print('kubernetes', ['--member-id', 'm $1', '--slaves', '3', ...own]));
  assert.equal(
    documents.map(({ kind }) => kind),
    ['Secret', 'Service', 'Job', 'Job'],
  );
  assert.match(documents[0]?.stringData?.TS_MW_TOKEN ?? '', /^[\w-]{32}$/);
  assert.equal(documents[1]?.spec?.ports, [
    { name: 'broker', port: 4222 },
    { name: 'data', port: 4223 },
  ]);
  const [master, slaves] = jobs(documents);
  assert.equal(master?.words, [
    ...[
      process.execPath,
      program,
      '--master',
      '--master-host=0.0.0.0',
      '--data-port=4223',
      '--master-port=4222',
    ],
    ...['--slaves=0', '--insecure', '--member-id=m $1', ...own],
  ]);
  assert.equal(slaves?.words, [
    ...[process.execPath, program, '--slave', '--master-host=my-app-s-m-1-master', '--master-port=4222'],
    ...['--member-id=m $1', '--insecure', ...own],
  ]);
  assert.equal([slaves?.restart, slaves?.spec?.completions, master?.restart], ['OnFailure', 3, 'Never']);
  assert.equal(
    slaves?.env?.map(({ name }) => name),
    ['TS_MW_TOKEN'],
  );
  assert.is(slaves?.workingDir, hostile);
});

batch('of kubernetes: the service forwards the data port that is typed, the next one, or none', () => {
  const portsOf = (...flags: string[]): (number | string)[] => {
    const documents = manifests(print('kubernetes', ['--insecure', ...flags]));
    const ports = documents.flatMap(({ spec }) => spec?.ports ?? []).map(({ port }) => port);
    const [master] = jobs(documents);
    return [...ports, ...(master?.words ?? []).filter((word) => word.includes('data-port'))];
  };
  assert.equal(portsOf('--master-port', '5000'), [5000, 5001, '--data-port=5001']);
  assert.equal(portsOf('--master-port', '65535'), [65535, 65534, '--data-port=65534']);
  assert.equal(portsOf('--data-port', '7000'), [4222, 7000, '--data-port=7000']);
  assert.equal(portsOf('--no-data-port'), [4222, '--no-data-port']);
  assert.equal(portsOf('--nats-url', 'nats://h:1'), []);
});

batch('of kubernetes, with a nats-server and its credentials, and a resource file', () => {
  const creds = join(folder, 'my.creds');
  // The text before the keys in such a file is for people, and may look like YAML.
  const content = `"x": y\n${new NatsAccount().createUser(() => ({ publish: [], subscribe: [] })).creds}`;
  writeFileSync(creds, content, { mode: 0o600 });
  const place = ['--nats-url', 'nats://n:4222', '--nats-creds', creds, '--resource-file', 'm.rsc'];
  const documents = manifests(print('kubernetes', place));
  assert.equal(
    documents.map(({ kind }) => kind),
    ['Secret', 'PersistentVolumeClaim', 'Job', 'Job'],
  );
  assert.equal(documents[0]?.stringData, { 'nats.creds': content });
  const [master, slaves] = jobs(documents);
  const shared = '--resource-file=/run/ts-mw/m.rsc';
  const secret = '--nats-creds=/run/secrets/ts-mw/nats.creds';
  const url = '--nats-url=nats://n:4222';
  assert.equal(master?.words.slice(2), ['--master', shared, '--slaves=0', '--insecure', url, secret]);
  assert.equal(slaves?.words.slice(2), [
    '--slave',
    shared,
    url,
    '--member-id=default-member-id',
    '--insecure',
    secret,
  ]);
  assert.equal(
    slaves?.volumeMounts?.map(({ mountPath }) => mountPath),
    ['/run/secrets/ts-mw', '/run/ts-mw'],
  );
  const nkey = join(folder, 'my.nk');
  const { seed } = createUserKey();
  writeFileSync(nkey, seed, { mode: 0o600 });
  const byKey = manifests(print('kubernetes', ['--nats-url', 'n:1', '--nats-nkey-file', nkey]));
  assert.equal(byKey[0]?.stringData, { 'nats.nk': seed });
  for (const { words } of jobs(byKey)) {
    assert.ok(words.includes('--nats-nkey-file=/run/secrets/ts-mw/nats.nk'));
  }
  const password = manifests(
    print('kubernetes', ['--nats-url', 'n:1', '--nats-user', 'u', '--nats-password', 'p']),
  );
  assert.equal(password[0]?.stringData, { TS_MW_NATS_PASSWORD: 'p' });
  assert.not(jobs(password).some(({ words }) => words.some((word) => word.includes('password'))));
});

const encrypted = ['--tls-cert', certificateFile('broker'), '--tls-key', keyFile('broker')];
const verified = [...encrypted, '--tls-ca', certificateFile('ca'), '--tls-verify'];

batch('of kubernetes, with TLS: the files in the Secret, and slaves that know the certificate', () => {
  const documents = manifests(print('kubernetes', encrypted));
  const data = documents[0]?.stringData ?? {};
  assert.equal(Object.keys(data), ['TS_MW_TOKEN', 'TS_MW_TLS_CERTIFICATE', 'tls.crt', 'tls.key']);
  assert.is(data.TS_MW_TLS_CERTIFICATE, pem('broker'));
  assert.is(data['tls.key'], pair('broker').key);
  const [master, slaves] = jobs(documents);
  for (const word of ['--tls-cert=/run/secrets/ts-mw/tls.crt', '--tls-key=/run/secrets/ts-mw/tls.key']) {
    assert.ok(master?.words.includes(word), word);
    assert.not(slaves?.words.includes(word), 'the key is for the master');
  }
  assert.equal([master?.volumeMounts?.length, slaves?.volumeMounts], [1, undefined]);
  assert.equal(
    slaves?.env?.map(({ name }) => name),
    ['TS_MW_TOKEN', 'TS_MW_TLS_CERTIFICATE'],
  );
  const [, mutual] = jobs(manifests(print('kubernetes', verified)));
  assert.ok(mutual?.words.includes('--tls-key=/run/secrets/ts-mw/tls.key'));
});

batch('what other machines reach has TLS, or --insecure; slaves show what their broker asks for', () => {
  const printed = (system: string, ...flags: string[]): string => {
    const command = parseFlags(['--master', '--print-batch', system, ...flags], {}, { env: {}, program });
    if (command.kind !== 'print-batch') throw new Error(command.kind);
    return batchFile({ ...command, program, directory: hostile });
  };
  for (const system of BATCH_SYSTEMS) {
    const open = () => printed(system);
    if (system === 'systemd') assert.ok(open());
    else assert.throws(open, /^--master-host: expected TLS on .*--insecure/);
    assert.throws(
      () => printed(system, '--master-host', '10.1.2.3'),
      /^--master-host: expected TLS on 10\.1\.2\.3/,
    );
    assert.throws(
      () => printed(system, '--nats-url', 'n:1', '--nats-token-file', secretFile),
      /^--insecure: expected TLS before a token goes to nats:\/\/n:1/,
    );
    assert.ok(printed(system, '--nats-url', 'tls://n:1', '--nats-token-file', secretFile));
    assert.ok(printed(system, ...encrypted));
  }
  const slavesOf = (...flags: string[]) => condorJobs(printed('condor', ...flags))[1]?.arguments ?? '';
  assert.not.match(slavesOf(...encrypted), /--tls/);
  assert.match(slavesOf(...verified), /--tls-cert=\S+ --tls-key=\S+/);
  assert.not.match(slavesOf(...verified), /--tls-ca|--tls-verify/);
  assert.match(slavesOf('--nats-url', 'n:1', '--tls-ca', certificateFile('ca')), /--tls-ca=/);
});

batch('the trail of slaves is rotated as that of the master, beside it or on standard error', () => {
  for (const system of BATCH_SYSTEMS) {
    const rotated = ['--audit-file', 'a.log', '--audit-max-size', '64k', '--audit-keep', '2'];
    assert.match(
      print(system, rotated),
      /--audit-file=a\.log\.slaves[\s\S]{1,60}--audit-max-size=\S+[\s\S]{1,60}--audit-keep=2/,
      system,
    );
    assert.is(print(system, ['--audit-file', '-']).match(/--audit-file=-/g)?.length, 2, system);
  }
});

batch('a slave is started as --slave-executable says', () => {
  const slaves = (executable: string) =>
    condorJobs(print('condor', ['--slave-executable', executable]))[1] ?? {};
  assert.is(slaves('/opt/my app').executable, '/opt/my app');
  assert.is(slaves('other.mjs').executable, process.execPath);
  assert.is(condorSplit(slaves('other.mjs').arguments ?? '')[0], join(hostile, 'other.mjs'));
});

batch('it refuses secrets, control characters, and slaves that print', () => {
  for (const system of BATCH_SYSTEMS) {
    assert.throws(
      () => print(system, ['--', 'two\nlines']),
      /^--print-batch: expected .* without control characters/,
    );
    if (system === 'kubernetes') continue;
    assert.throws(
      () => print(system, ['--nats-token', 't']),
      /^--nats-token: expected no token .* --nats-token-file/,
    );
  }
  const command = parseFlags(
    ['--slave', '--master-port', '1', '--print-batch', 'slurm'],
    {},
    { env: {}, program },
  );
  if (command.kind !== 'print-batch') throw new Error(command.kind);
  assert.throws(
    () => batchFile({ ...command, program, directory: '/' }),
    /^--print-batch: expected --master/,
  );
});

batch('as a user types it: the file and 0, or one line and 255', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [programPath('examples/hello-world.js'), ...args], {
      encoding: 'utf8',
      cwd: folder,
    });
  const printed = run('--master', '--insecure', '--print-batch', 'condor');
  assert.equal([printed.status, printed.stderr], [0, '']);
  assert.match(printed.stdout, /^queue 10$/m);
  assert.not(existsSync(join(folder, 'hello-world.rsc')), 'nothing was started');
  const wrong = run('--master', '--print-batch', 'pbs');
  assert.equal([wrong.status, wrong.stdout], [255, '']);
  assert.match(
    wrong.stderr,
    /^--print-batch: expected condor or slurm or kubernetes or systemd, got "pbs"; .*\n$/,
  );
});

batch.run();
