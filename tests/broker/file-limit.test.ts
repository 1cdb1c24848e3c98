/** A broker whose process may open few files: it says so, to whom it turns away and to its master. */
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isNearLimit, openFileLimit } from '../../src/broker/file-limit.js';
import { connectData } from '../../src/link/connection/data-connection.js';
import { programPath, RunningProgram } from '../support/programs.js';
import { CONNECT_QUIET, RawNats } from '../support/raw-nats.js';

const LIMIT = 100;
const TRIES = 120;

const test = suite('broker/file limit');

test('who finds no room is told why, the others go on, and there is room again when some leave', async () => {
  const command = ['-c', `ulimit -n ${LIMIT} && exec "$0" "$1"`, process.execPath];
  const child = spawn('/bin/sh', [...command, programPath('small-broker.js')]);
  const broker = new RunningProgram('small-broker', child);
  const clients: RawNats[] = [];
  try {
    const port = Number((await broker.waitForLine(/^listening (\d+)$/))[1]);
    let refused = 0;
    for (let count = 0; count < TRIES; count++) {
      const client = await RawNats.open(port, '');
      client.send(`${CONNECT_QUIET}PING\r\n`);
      const answer = await client.take(/(PONG|-ERR .*)\r\n/);
      if (answer.includes('PONG')) {
        clients.push(client);
        continue;
      }
      assert.match(answer, "-ERR 'maximum connections exceeded'");
      await client.closed();
      refused++;
    }
    assert.ok(refused > 0 && clients.length > 0, `${clients.length} let in, ${refused} refused`);
    const { input: line } = await broker.waitForLine(/"turned-away"/);
    assert.match(line, `"limit":${LIMIT}}`);
    assert.is(broker.count(/"turned-away"/), 1, 'said once, not for each');
    const address = { urls: [`nats://127.0.0.1:${port}`] };
    const error = await connectData(address, { name: 'test', timeoutMs: 5_000 }).catch((reason) => reason);
    assert.match(String(error), /has no room for another connection/);
    for (const client of clients.splice(0, clients.length / 2)) client.close();
    for (const client of clients) await client.flush();
    clients.push(await RawNats.open(port));
    await clients.at(-1)?.flush();
  } finally {
    for (const client of clients) client.close();
    child.stdin.end();
    await broker.ended();
  }
});

test('the last files are kept free, and a socket without a file takes none of them', () => {
  const socket = (handle: { readonly fd?: number } | null | undefined): Socket =>
    ({ _handle: handle }) as unknown as Socket;
  for (const [fd, isNear] of [
    [0, false],
    [67, false],
    [68, true],
    [99, true],
  ] as const) {
    assert.is(isNearLimit(socket({ fd }), LIMIT), isNear, `${fd}`);
    assert.not(isNearLimit(socket({ fd }), Number.POSITIVE_INFINITY));
  }
  for (const handle of [null, undefined, {}]) assert.not(isNearLimit(socket(handle), 32));
});

test('the limit is that of the process', () => {
  const { userLimits } = process.report.getReport() as unknown as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: number | string } };
  };
  const soft = userLimits?.open_files?.soft;
  const isKnown = process.platform === 'linux' && typeof soft === 'number';
  assert.is(openFileLimit(), isKnown ? soft : Number.POSITIVE_INFINITY);
});

test.run();
