/** A machine by ssh, through a real sshd: the program is sent there, its slaves reach us, and nothing is left. */
import { mkdirSync, readdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ProcessEnd, SlaveProcess } from '../../../src/machines/slave-process.js';
import { SshHost, type SshHostParams } from '../../../src/machines/ssh/ssh-host.js';
import { expectNothingLeft, isAlive, until, within } from '../../support/programs.js';
import { NO_SSHD, SshMachines } from '../../support/sshd.js';

const it = suite('a machine by ssh');

/** In the place of a program: leaves a process behind, says what it finds, through the connection, and ends with 3. */
const PROGRAM = `
const { connect } = require('node:net');
const left = require('node:child_process').spawn('sleep', ['600'], { stdio: 'ignore' });
const found = {
  args: process.argv.slice(2),
  secret: process.env.SECRET,
  own: process.env.OWN,
  creds: require('node:fs').readFileSync(process.argv[3], 'utf8'),
  files: require('node:fs').readdirSync('.'),
  left: left.pid,
  tunables: process.env.GLIBC_TUNABLES,
  parent: process.env.TS_MW_PARENT_PIPE === '3:' + process.ppid,
};
console.error('a line of the slave');
const socket = connect(Number(process.argv[2]), '127.0.0.1');
socket.end(JSON.stringify(found));
socket.on('close', () => process.exit(3));
socket.resume();
`;

const machines = NO_SSHD === undefined ? new SshMachines() : undefined;
it.after(async () => {
  machines?.stop();
  await expectNothingLeft();
});

const test = NO_SSHD === undefined ? it : (name: string) => it.skip(`${name}: ${NO_SSHD}`);

test('runs the program that was sent, and is left as it was', async () => {
  assert.ok(machines);
  const temporary = machines.path('temporary');
  mkdirSync(temporary);
  const { destination } = await machines.start('one', {
    config: ['Banner /etc/hostname'],
  });
  const heard: string[] = [];
  const server = createServer((socket: Socket) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    socket.on('end', () => {
      heard.push(text);
      socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const output: string[] = [];
  const params: SshHostParams = {
    destination,
    ssh: machines.ssh,
    node: process.execPath,
    env: { OWN: 'of the machine', TMPDIR: temporary },
    prologue: "echo 'noise of a prologue'; echo more >&2",
    bundle: async () => ({ bytes: Buffer.from(PROGRAM) }),
    ways: { broker: { host: '127.0.0.1', port } },
    argsOf: ({ broker }, filesFolder) => [String(broker), `${filesFolder}/natsCreds`],
    files: { natsCreds: 'creds' },
    secrets: { SECRET: 'hush', NONE: undefined },
    clientTimeoutMs: 30_000,
    onOutput: (to, text, from) => output.push(`${to} of ${from?.hostname}: ${text}`),
  };
  const host = new SshHost(params);
  let losses = 0;
  host.onLost = () => losses++;
  const began = Date.now();
  const facts = await host.open(new AbortController().signal);
  // One clock, asked once meanwhile
  const mostMs = (Date.now() - began) / 2 + 1;
  assert.is(facts.node, process.versions.node);
  assert.is(facts.platform, process.platform);
  const offsetMs = Math.abs(facts.clockOffsetMs);
  assert.ok(offsetMs <= mostMs, `its clock is ours, not ${offsetMs} of at most ${mostMs} ms off`);
  assert.ok(facts.cores > 0 && facts.memoryBytes > 0 && facts.hostname !== '');

  const pids: number[] = [];
  const end = await within(
    20_000,
    new Promise<ProcessEnd>((resolve) => {
      const slave: SlaveProcess = host.startSlave(resolve);
      slave.onPid = (pid) => pids.push(pid);
    }),
    () => `the slave ended; it said ${output.join('')}`,
  );
  assert.equal([end.code, end.signal, pids.length], [3, null, 1]);
  const [found = ''] = heard;
  const { args, left, ...others } = JSON.parse(found);
  await until('what the slave had started is gone', () => !isAlive(left));
  assert.equal(others, {
    secret: 'hush',
    own: 'of the machine',
    creds: 'creds',
    files: [],
    tunables: 'glibc.malloc.hugetlb=1',
    parent: true,
  });
  assert.is.not(Number(args[0]), port, 'the port is one of the machine');
  assert.equal(output, [`stderr of ${facts.hostname}: a line of the slave\n`]);

  await host.close();
  await host.close();
  assert.is(losses, 0);
  assert.equal(readdirSync(temporary), []);
  server.close();
});

it.run();
