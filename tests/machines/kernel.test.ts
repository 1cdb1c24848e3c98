/** Kernels on standing servers: lfarm's no-server-test and auth-test, and what makeKernel takes. In a process of its own: threads. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AuditListener,
  defineAlgorithm,
  defineMaster,
  defineSlave,
  endKernel,
  JoinError,
  makeKernel,
  master,
  passwordAuth,
  ping,
  pmap,
  type ServerAddress,
  slave,
  startServer,
  UsageError,
  withKernel,
} from 'ts-mw';
import * as assert from 'uvu/assert';
import { freePort } from '../support/free-port.js';
import { programPath, until } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('kernels on servers');

/** Of the program below, too. */
const whose = defineAlgorithm('lent.whose', async (_: number) => process.ppid, { version: '1' });
const itself = defineAlgorithm('lent.itself', async (_: number) => process.pid, { version: '1' });
const program = programPath('lent.js');
const passwords = { alice: 'open sesame' };

async function rejection(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => assert.unreachable('it was not refused') as never,
    (error: Error) => error,
  );
}

/** Of this machine's connections, the own ports of those that the process has. Linux tells them. */
function portsOf(pid: number): number[] {
  const folder = `/proc/${pid}/fd`;
  const sockets = readdirSync(folder).map((fd) => /socket:\[(\d+)\]/.exec(linkOf(join(folder, fd)))?.[1]);
  const lines = readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1);
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return fields
    .filter(([, , , , , , , , , inode]) => inode !== undefined && sockets.includes(inode))
    .map(([, own = '']) => Number.parseInt(own.slice(-4), 16));
}

/** Empty for one that was closed meanwhile. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(fd);
  } catch {
    return '';
  }
}

test.long(
  'no-server-test and auth-test: a kernel waits for its server, and is refused with a wrong password',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ts-mw-kernel-'));
    const port = await freePort();
    const addresses: readonly ServerAddress[] = [['127.0.0.1', port]];
    const auth = passwordAuth({ user: 'alice', password: 'open sesame' });
    let hasFailed = false;
    const kernel = makeKernel(addresses, {
      auth,
      program,
      onAudit: (event) => {
        if (event.type === 'machine-state' && event.state === 'failing') hasFailed = true;
      },
    });
    while (!hasFailed) await new Promise((resolve) => setTimeout(resolve, 10));
    const server = await startServer('127.0.0.1', port, {
      folder,
      slots: 1,
      auth: passwordAuth({ passwords }),
    });
    try {
      const lent = await kernel;
      assert.is(lent.workerCount, 1);
      assert.equal(await withKernel(lent, () => pmap(whose, [1, 2])), [process.pid, process.pid]);
      const wrong = passwordAuth({ user: 'alice', password: '1234' });
      const error = await rejection(makeKernel(addresses, { auth: wrong, program }));
      assert.instance(error, JoinError);
      assert.is(error.message, `server 127.0.0.1:${port}: its token or password is another one`);
      assert.equal(await withKernel(lent, () => pmap(whose, [3])), [process.pid], 'the server survives');
      const [slave = 0] = (await withKernel(lent, () => pmap(itself, [0]))) as number[];
      await until('its stream', () => portsOf(slave).includes(port));
      await endKernel(lent);
      assert.is(server.freeSlots, 1);
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test.long("the server's program has more time to decide than a master to prove itself", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-kernel-'));
  const token = 'a token';
  const authorize = () => new Promise<boolean>((resolve) => setTimeout(resolve, 5_500, true));
  const server = await startServer('127.0.0.1', 0, { folder, token, authorize });
  try {
    assert.is(await ping('127.0.0.1', server.port, { token, timeout: 60 }), true);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

test.long('a kernel that could not be started writes its resource file no more', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-kernel-'));
  const resourceFile = join(folder, 'kernel.rsc');
  const events: string[] = [];
  try {
    const error = await rejection(
      makeKernel([['127.0.0.1', 1]], {
        program: join(folder, 'absent.js'),
        resourceFile,
        resourceFileUpdateInterval: 0.2,
        onAudit: ({ type }) => void events.push(type),
      }),
    );
    assert.match(error.message, /absent\.js/);
    assert.ok(events.includes('resource-file-written'));
    rmSync(resourceFile);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.not(existsSync(resourceFile));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('addresses are checked before anything starts', async () => {
  const wrong = [[['127.0.0.1']], ['127.0.0.1:11111'], [[11111, '127.0.0.1']], [['', 1]], [['a', 70_000]]];
  for (const where of [[], ...wrong]) {
    const error = await rejection(makeKernel(where as never));
    assert.instance(error, UsageError);
    assert.match(error.message, /makeKernel\(\[\['127.0.0.1', 11111\]\]\)/);
  }
});

test('options that no server could be asked by are refused before anything starts', async () => {
  const auth = passwordAuth({ user: 'alice', password: 'open sesame' });
  const form = 'is an object with method, proveToServer and acceptMaster, such as tokenAuth returns';
  const wrong: readonly [options: object, message: string][] = [
    [{ auth: {} }, `auth of makeKernel ${form}; its method is no text`],
    [{ auth: null }, `auth of makeKernel ${form}; got null`],
    [{ auth: 'token' }, `auth of makeKernel ${form}; got a string`],
    [
      { auth: { method: 'own' } },
      `auth of makeKernel ${form}; it has no function proveToServer and no acceptMaster`,
    ],
    [
      { auth: { ...auth, method: 'm'.repeat(65) } },
      `auth of makeKernel ${form}; its method has 65 characters, and may have 64`,
    ],
    [{ auth: { ...auth, prepareServer: 1 } }, `auth of makeKernel ${form}; its prepareServer is no function`],
    [{ auth, token: 't' }, 'makeKernel takes either a token or an auth; leave one of them out'],
    [{ token: '' }, 'token of makeKernel is a text that is not empty; got another string'],
    [{ program: 5 }, 'program of makeKernel is the path of the file that slaves run; got 5'],
    [{ onAudit: true }, 'onAudit of makeKernel is a function; got true'],
    [{ serverAuth: auth }, 'makeKernel has no option "serverAuth"; it is called auth here'],
    [{ serverTokenFile: 'f' }, 'makeKernel has no option "serverTokenFile"; give the token itself, as token'],
  ];
  for (const [options, message] of wrong) {
    for (const where of [[['127.0.0.1', 1]], { slaves: 0 }] as const) {
      const error = await rejection(makeKernel(where, options));
      assert.instance(error, UsageError);
      assert.is(error.message, message);
    }
  }
});

test('a master is asked about its proof too, and says which one counts', async () => {
  const serverAuth = passwordAuth({ user: 'alice', password: 'open sesame' });
  for (const [begin, message] of [
    [() => master({ serverAuth: {} as never }), /^serverAuth of master\(\) is an object with method/],
    [
      async () => defineMaster(() => 0, { serverAuth: {} as never }),
      /^serverAuth of defineMaster is an object/,
    ],
    [
      () => master({ serverAuth, serverTokenFile: 'f' }),
      /takes either serverAuth or serverTokenFile; leave one /,
    ],
    [
      () => master({ authorizeSlave: true as never }),
      /^authorizeSlave of master\(\) is a function; got true$/,
    ],
    [() => slave(1, { algorithm: 5 as never }), /^algorithm of slave\(\) is a function; got 5$/],
    [async () => defineMaster(5 as never), /^defineMaster takes a function; got 5$/],
    [async () => defineSlave({} as never), /^defineSlave takes a function; got \[object Object\]$/],
  ] as const) {
    const error = await rejection(begin());
    assert.instance(error, UsageError);
    assert.match(error.message, message);
  }
  const warnings: string[] = [];
  process.env.TS_MW_SERVER_TOKEN = 'another proof';
  try {
    const onAudit: AuditListener = (event) => {
      if (event.type === 'warning') warnings.push(event.text);
    };
    await (await master({ serverAuth, onAudit })).stop();
  } finally {
    delete process.env.TS_MW_SERVER_TOKEN;
  }
  assert.match(
    warnings.join(),
    /^the program has a serverAuth, so the token of .* TS_MW_SERVER_TOKEN has no effect$/,
  );
});

test.run();
