/** A connection that ends while the client introduces itself: the next attempt comes at once, not after the timeout. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startBroker } from '../../../src/broker/start-broker.js';
import { connectData } from '../../../src/link/connection/data-connection.js';
import type { DataLink } from '../../../src/link/ports.js';
import { reset } from '../../faults/faulty-way.js';

const it = suite('a cut handshake');
const TIMEOUT_MS = 30_000;

it('costs the delay between two attempts', async () => {
  const broker = await startBroker({ host: '127.0.0.1', port: 0 });
  const sockets = new Set<Socket>();
  /** Counted from the cut on. */
  let attempts = Number.NEGATIVE_INFINITY;
  const way = createServer((near) => {
    attempts++;
    sockets.add(near);
    near.on('error', () => {});
    // The client has been told nothing yet, or has only just spoken.
    if (attempts === 1 || attempts === 2) {
      if (attempts === 2) near.write('INFO {"version":"2.9.0","headers":true,"max_payload":1048576}\r\n');
      setTimeout(() => reset(near), 50);
      return;
    }
    const far = connect(broker.port, '127.0.0.1');
    sockets.add(far);
    far.on('error', () => {});
    near.pipe(far).pipe(near);
  });
  way.listen(0, '127.0.0.1');
  await once(way, 'listening');
  const { port } = way.address() as AddressInfo;
  let link: DataLink | undefined;
  try {
    link = await connectData({ urls: [`nats://127.0.0.1:${port}`] }, { name: 'test', timeoutMs: TIMEOUT_MS });
    const connected = new Promise<void>((resolve) => {
      link?.onStatus(({ status }) => {
        if (status === 'connected') resolve();
      });
    });
    attempts = 0;
    const cutAt = performance.now();
    for (const socket of sockets) reset(socket);
    await connected;
    const tookMs = performance.now() - cutAt;
    assert.is(attempts, 3, 'two attempts were cut');
    assert.ok(tookMs < TIMEOUT_MS - 1_000, `it is back after ${tookMs} ms`);
  } finally {
    await link?.close();
    for (const socket of sockets) socket.destroy();
    way.close();
    await broker.stop();
  }
});

it.run();
