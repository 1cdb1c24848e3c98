/** Kernels on standing servers: lfarm's no-server-test and auth-test, and what makeKernel takes. In a process of its own: threads. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  defineAlgorithm,
  endKernel,
  JoinError,
  makeKernel,
  passwordAuth,
  ping,
  pmap,
  type ServerAddress,
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
  const sockets = readdirSync(folder).map(
    (fd) => /socket:\[(\d+)\]/.exec(readlinkSync(join(folder, fd)))?.[1],
  );
  const lines = readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1);
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return fields
    .filter(([, , , , , , , , , inode]) => inode !== undefined && sockets.includes(inode))
    .map(([, own = '']) => Number.parseInt(own.slice(-4), 16));
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
    assert.is(await ping('127.0.0.1', server.port, { token, timeout: 10 }), true);
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
  for (const where of [[], [['127.0.0.1']], ['127.0.0.1:11111'], [[11111, '127.0.0.1']]]) {
    const error = await rejection(makeKernel(where as never));
    assert.instance(error, UsageError);
    assert.match(error.message, /makeKernel\(\[\['127.0.0.1', 11111\]\]\)/);
  }
});

test.run();
