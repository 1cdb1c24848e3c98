/** The listening socket: it can be closed for a while and for good, and its connections stay. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Listener } from '../../src/broker/listener.js';
import { canConnect } from '../support/can-connect.js';
import { freePort } from '../support/free-port.js';
import { until } from '../support/programs.js';

const HOST = '127.0.0.1';

const listeners = suite('broker listener');

listeners('it listens again at its port, and keeps its connections meanwhile', async () => {
  const sockets: Socket[] = [];
  const listener = new Listener((socket) => sockets.push(socket.on('error', () => {})));
  const port = await freePort();
  await listener.open(HOST, port);
  const client = connect(port, HOST);
  try {
    await once(client, 'connect');
    // The kernel connects a client before the listener has it
    await until('it has arrived', () => sockets.length > 0);
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

listeners('it chooses a port where it is given none', async () => {
  const listener = new Listener((socket) => void socket.destroy());
  try {
    assert.ok(await canConnect(await listener.open(HOST, 0)));
  } finally {
    await listener.close();
  }
});

listeners('it does not listen when it was closed while it opened', async () => {
  const port = await freePort();
  const second = new Listener(() => {});
  void second.open(HOST, port);
  await second.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.not(await canConnect(port));
});

listeners.run();
