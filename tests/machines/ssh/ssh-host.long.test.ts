/** Machines by ssh, through real sshds: slaves of two of them, cut and dead connections, and all that may be missing. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { listAlgorithms } from '../../../src/algorithms/registry.js';
import { defineAlgorithm, master } from '../../../src/index.js';
import { programBundle } from '../../../src/machines/bundle/program-bundle.js';
import type { ProcessEnd, SlaveProcess } from '../../../src/machines/slave-process.js';
import { SshHost, type SshHostParams } from '../../../src/machines/ssh/ssh-host.js';
import { expectNothingLeft, until, within, withPrograms } from '../../support/programs.js';
import { NO_SSHD, SshMachines } from '../../support/sshd.js';

const it = suite('machines by ssh');

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const machines = NO_SSHD === undefined ? new SshMachines() : undefined;
it.after(async () => {
  machines?.stop();
  await expectNothingLeft();
});

/** With a folder for temporary files of a machine, which must be empty at the end. */
function test(name: string, body: (all: SshMachines, temporary: string) => Promise<void>): void {
  if (machines === undefined) {
    it.skip(`${name}: ${NO_SSHD}`, () => {});
    return;
  }
  const temporary = machines.path(`temporary-${readdirSync(machines.folder).length}-${name.length}`);
  it(name, async () => {
    mkdirSync(temporary);
    await body(machines, temporary);
    await until('the machine is left as it was', () => readdirSync(temporary).length === 0);
  });
}

const never = new AbortController().signal;
const FOREVER = 'setInterval(() => {}, 1000);';

function hostOf(
  all: SshMachines,
  destination: string,
  params: Partial<SshHostParams> = {},
): SshHost & { readonly losses: string[]; readonly output: string[] } {
  const output: string[] = [];
  const host = new SshHost({
    destination,
    ssh: all.ssh,
    node: process.execPath,
    bundle: async () => ({ bytes: Buffer.from(FOREVER) }),
    ways: {},
    argsOf: () => [],
    secrets: {},
    clientTimeoutMs: 30_000,
    onOutput: (to, text) => output.push(`${to}: ${text}`),
    ...params,
  });
  const losses: string[] = [];
  host.onLost = (reason) => losses.push(reason);
  return Object.assign(host, { losses, output });
}

/** Starts a slave, and waits until it runs there. */
async function startOne(host: SshHost): Promise<{ pid: number; end: Promise<ProcessEnd> }> {
  let onPid: (pid: number) => void = () => {};
  const started = new Promise<number>((resolve) => {
    onPid = resolve;
  });
  const end = new Promise<ProcessEnd>((resolve) => {
    host.startSlave(resolve).onPid = onPid;
  });
  return { pid: await within(10_000, started, () => 'the slave runs'), end };
}

const isThere = (pid: number): boolean => existsSync(`/proc/${pid}`);

async function failureOf(host: SshHost): Promise<string> {
  try {
    await host.open(never);
  } catch (error) {
    return error instanceof Error ? `${error.name} ${error.message}` : '';
  }
  await host.close();
  return 'opened';
}

const where = defineAlgorithm('where', (_n: number): string => 'here');

test('two machines compute, and one that is cut off leaves its work to the other', async (all, temporary) => {
  const app = all.path('app');
  mkdirSync(join(app, 'node_modules'), { recursive: true });
  symlinkSync(root, join(app, 'node_modules', 'ts-mw'));
  const program = join(app, 'app.mjs');
  writeFileSync(
    program,
    `import { defineAlgorithm, initialize } from 'ts-mw';
     defineAlgorithm('where', async (n) => {
       await new Promise((resolve) => setTimeout(resolve, 50));
       return process.env.MACHINE;
     });
     await initialize();`,
  );
  const bundle = programBundle({
    program,
    libraryVersion: '0',
    algorithms: listAlgorithms(),
    cacheFolder: all.path('cache'),
  });
  const token = 'a-token-that-nobody-else-knows';
  const taken = new Set<string>();
  let dataPort = 0;
  await using mw = await master({
    natsToken: token,
    onAudit: (event) => {
      if (event.type === 'data-port-taken') taken.add(event.peer);
      if (event.type === 'data-port-ready') dataPort = event.port;
    },
  });
  const params = (name: string): Partial<SshHostParams> => ({
    bundle: () => bundle,
    env: { TMPDIR: temporary, MACHINE: name },
    ways: { broker: { host: '127.0.0.1', port: mw.masterPort }, data: { host: '127.0.0.1', port: dataPort } },
    argsOf: ({ broker, data }) =>
      `--slave --master-host 127.0.0.1 --master-port ${broker} --data-port ${data} --audit-file /dev/null`.split(
        ' ',
      ),
    secrets: { TS_MW_TOKEN: token },
  });
  const one = await all.start('one');
  const two = await all.start('two', {
    // A profile that talks, in the middle of a line too, and a banner
    config: [`ForceCommand ${noisyShell(all)}`, 'Banner /etc/passwd'],
  });
  const hosts = [
    hostOf(all, one.destination, params('one')),
    hostOf(all, two.destination, params('two')),
  ] as const;
  for (const host of hosts) await host.open(never);
  const slaves = [await startOne(hosts[0]), await startOne(hosts[1])] as const;
  await until('both have joined by their own ports', () => taken.size === 2);
  const places = new Set<string>();
  await until('both compute', async () => {
    for (const place of await mw.run(() => Promise.all([0, 1, 2, 3].map((n) => where.future(n)))))
      places.add(place);
    return places.size === 2;
  });
  assert.equal([...places].sort(), ['one', 'two']);

  const later = mw.run(() => Promise.all(Array.from({ length: 60 }, (_, n) => where.future(n))));
  later.catch(() => {});
  for (const pid of one.connections()) process.kill(pid, 'SIGKILL');
  const end = await within(10_000, slaves[0].end, () => 'the loss of the machine is known');
  assert.match(end.error?.message ?? '', /^one: it is lost: the connection was cut \(/);
  assert.is(hosts[0].losses.length, 1);
  await until('its slave is gone', () => !isThere(slaves[0].pid));
  assert.ok((await later).includes('two'));

  await hosts[0].open(never);
  const again = await startOne(hosts[0]);
  await until('it is back', () => taken.size === 3);
  await Promise.all(hosts.map((host) => host.close()));
  assert.equal([isThere(again.pid), isThere(slaves[1].pid)], [false, false]);
  assert.equal([hosts[0].losses.length, hosts[1].losses.length], [1, 0]);
});

test('an agent ends with all it has when the connection is dead', async (all, temporary) => {
  const machine = await all.start('dead');
  const host = hostOf(all, machine.destination, { env: { TMPDIR: temporary }, clientTimeoutMs: 3000 });
  await host.open(never);
  const { pid } = await startOne(host);
  const connections = machine.connections();
  for (const one of connections) process.kill(one, 'SIGSTOP');
  await until('the agent has given up', () => !isThere(pid), 20_000);
  for (const one of connections) process.kill(one, 'SIGCONT');
  await until('we know of it', () => host.losses.length > 0);
});

test('an agent stays while its master computes without a pause', async (all, temporary) => {
  const machine = await all.start('busy');
  const host = hostOf(all, machine.destination, { env: { TMPDIR: temporary }, clientTimeoutMs: 2000 });
  await host.open(never);
  const { pid } = await startOne(host);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000);
  assert.ok(isThere(pid));
  await host.close();
  assert.not(isThere(pid));
  assert.equal(host.losses, []);
});

test('nothing stays when the master is killed', async (all, temporary) => {
  const machine = await all.start('orphan');
  await withPrograms(async ({ start }) => {
    const holder = start('ssh-holder.js', [machine.destination, all.ssh, temporary]);
    await until('it has a slave there', () => holder.count(/^started/) > 0);
    const pid = Number(holder.matches(/^started (\d+)$/)[0]?.[1]);
    assert.ok(isThere(pid));
    holder.kill('SIGKILL');
    await until('the slave is gone', () => !isThere(pid));
  });
});

test('a slave that prints without end is heard within bounds, and can be killed', async (all, temporary) => {
  const machine = await all.start('chatty');
  const text = `process.on('SIGTERM', () => {});
const write = () => process.stdout.write('x'.repeat(65536), write);
write();`;
  const host = hostOf(all, machine.destination, {
    env: { TMPDIR: temporary },
    bundle: async () => ({ bytes: Buffer.from(text) }),
  });
  await host.open(never);
  let slave: SlaveProcess | undefined;
  const ended = new Promise<ProcessEnd>((resolve) => {
    slave = host.startSlave(resolve);
  });
  await until('it prints', () => host.output.length > 0);
  slave?.terminate();
  // We take nothing for a while
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
  await until('it is told what was dropped', () =>
    host.output.some((one) => /^stderr: \[\d+ characters were dropped/.test(one)),
  );
  slave?.kill();
  const { signal } = await within(15_000, ended, () => 'it was killed');
  assert.is(signal, 'SIGKILL');
  await host.close();
});

test('each failure is one line that says what to do', async (all, temporary) => {
  const machine = await all.start('plain');
  const env = { TMPDIR: temporary };
  const fail = (destination: string, params: Partial<SshHostParams> = {}): Promise<string> =>
    failureOf(hostOf(all, destination, { env, ...params }));
  const { destination } = machine;
  const old = all.path('old-node');
  writeFileSync(
    old,
    `#!/bin/sh\nmark=$(printf %s "$2" | sed 's/^var m="\\([^"]*\\)".*/\\1/')\necho "$mark {\\"type\\":\\"node\\",\\"version\\":\\"18.2.0\\"}"\n`,
  );
  chmodSync(old, 0o755);
  const stranger = await all.start('stranger', { isKnown: false });
  const closed = await all.start('closed', { isWelcome: false });
  const portless = await all.start('portless', { config: ['AllowTcpForwarding no'] });
  const nodeless = await all.start('nodeless', { config: ['SetEnv PATH=/bin'] });
  const rows: readonly (readonly [failure: string, expected: RegExp])[] = [
    [await fail(stranger.destination), /stranger: its host key is not known here; type ssh stranger once/],
    [await fail(closed.destination), /closed: it refused the key \(.*Permission denied \(publickey\)/],
    [
      await fail(portless.destination, { ways: { broker: { host: '127.0.0.1', port: 9 } } }),
      /portless: its sshd gives no ports.*AllowTcpForwarding yes/,
    ],
    [await fail(nodeless.destination, { node: 'node-20' }), /nodeless: there is no node-20; install Node 20/],
    [
      await fail(destination, { node: old }),
      /plain: \S+old-node there is version 18\.2\.0, and ts-mw needs 20/,
    ],
    [await fail(destination, { node: '/etc/passwd' }), /plain: \/etc\/passwd cannot be run/],
    [
      await fail(destination, { prologue: 'echo no such module >&2; exit 4' }),
      /its shell ended with 4 before Node had begun \(no such module\)/,
    ],
    [await fail(destination, { cwd: '/nowhere' }), /plain: there is no folder \/nowhere$/],
    [await fail(destination, { program: '~/nothing.js' }), /plain: there is no program ~\/nothing\.js$/],
    [
      await fail(destination, { env: { TMPDIR: '/nowhere' } }),
      /plain: ENOENT: no such file or directory, mkdtemp '\/nowhere/,
    ],
    [
      await fail(destination, { ssh: '/nowhere/ssh' }),
      /plain: there is no \/nowhere\/ssh on this machine; install it/,
    ],
    [await fail('nobody.invalid'), /nobody\.invalid: its name is not known/],
  ];
  for (const [failure, expected] of rows) {
    assert.match(failure, expected);
    assert.match(failure, /^JoinError [^\n]*$/);
  }
  assert.is(await fail(portless.destination), 'opened', 'slaves of a nats-server need no port');
  const abort = new AbortController();
  const begun = all.path('begun');
  // A shell without a terminal does not hear of the end of its connection
  const prologue = `touch ${begun}; while [ -e ${begun} ]; do sleep 0.1; done`;
  const hasBegun = (): Promise<void> => until('its shell has begun', () => existsSync(begun));
  const waiting = hostOf(all, destination, { env, prologue });
  const opening = waiting.open(abort.signal).catch((error: unknown) => error);
  await hasBegun();
  abort.abort(new Error('enough'));
  assert.is(((await opening) as Error).message, 'enough');
  rmSync(begun);
  const dropped = hostOf(all, destination, { env, prologue });
  const refused = dropped.open(never).catch((error: unknown) => error);
  await hasBegun();
  void dropped.close();
  assert.match(String(await refused), /plain: it is no longer wanted$/);
  rmSync(begun);
});

test('a full disk is told', async (all, temporary) => {
  const machine = await all.start('full');
  const small = join(temporary, 'small');
  mkdirSync(small);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', small], { stdio: 'ignore' });
  } catch {
    console.log('skipped: no small disk can be had here');
    execFileSync('rmdir', [small]);
    return;
  }
  try {
    const bytes = Buffer.from(`/*${'x'.repeat(1_000_000)}*/`);
    const host = hostOf(all, machine.destination, {
      env: { TMPDIR: small },
      bundle: async () => ({ bytes }),
    });
    assert.match(await failureOf(host), /full: its disk is full \(ENOSPC.*TMPDIR/);
    await until('nothing stays there', () => readdirSync(small).length === 0);
  } finally {
    execFileSync('umount', ['-l', small]);
    execFileSync('rmdir', [small]);
  }
});

/** In the place of the login shell: prints as profiles do, then runs the command. */
function noisyShell(all: SshMachines): string {
  const path = all.path('noisy-shell');
  writeFileSync(
    path,
    '#!/bin/sh\necho "Welcome to this machine!"\necho "a warning of a profile" >&2\nprintf "a prompt without an end> "\n(sleep 1; printf "later noise") &\nexec sh -c "$SSH_ORIGINAL_COMMAND"\n',
  );
  chmodSync(path, 0o755);
  return path;
}

it.run();
