/** The listening socket: it can be closed for a while and for good, and its connections stay. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Listener } from '../../src/broker/listener.js';
import { canConnect } from '../support/can-connect.js';

const HOST = '127.0.0.1';

const listeners = suite('broker listener');

listeners('it listens again at its port, and keeps its connections meanwhile', async () => {
  const sockets: Socket[] = [];
  const listener = new Listener((socket) => sockets.push(socket.on('error', () => {})));
  const port = await listener.open(HOST, 0);
  const client = connect(port, HOST);
  try {
    await once(client, 'connect');
    listener.shut();
    assert.not(await canConnect(port));
    (sockets[0] as Socket).write('x');
    assert.is(String((await once(client, 'data'))[0]), 'x');
    assert.is(await listener.open(HOST, port), port);
    assert.ok(await canConnect(port));
  } finally {
    for (const socket of [client, ...sockets]) socket.destroy();
    await listener.close();
  }
  assert.not(await canConnect(port));
});

listeners('it does not listen when it was closed while it opened', async () => {
  const first = new Listener(() => {});
  const port = await first.open(HOST, 0);
  await first.close();
  const second = new Listener(() => {});
  void second.open(HOST, port);
  await second.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.not(await canConnect(port));
});

listeners.run();
