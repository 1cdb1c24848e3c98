/** The embedded broker's own bounds: memory, turns, patience, and the thread that it runs in. */
import { once } from 'node:events';
import { connect as connectSocket, createServer } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BrokerEvent } from '../../src/broker/broker-event.js';
import type { BrokerBounds } from '../../src/broker/options.js';
import { BrokerServer } from '../../src/broker/server.js';
import { type Broker, startBroker } from '../../src/broker/start-broker.js';
import { SpareThread } from '../../src/threads/spare-thread.js';
import { CONNECT_QUIET, pub, RawNats } from '../support/raw-nats.js';

const MEGABYTE = 1024 * 1024;

interface Stage {
  readonly server: BrokerServer;
  readonly events: BrokerEvent[];
  raw(first?: string): Promise<RawNats>;
}

const bounds = suite('broker bounds');

/** In this thread, where the server's own counts can be seen. */
function it(name: string, limits: Partial<BrokerBounds>, body: (stage: Stage) => Promise<void>): void {
  bounds(`it ${name}`, async () => {
    const events: BrokerEvent[] = [];
    const server = new BrokerServer({ host: '127.0.0.1', port: 0, bounds: limits }, (event) =>
      events.push(event),
    );
    const clients: RawNats[] = [];
    try {
      const port = await server.listen();
      await body({
        server,
        events,
        async raw(first) {
          const client = await RawNats.open(port, first);
          clients.push(client);
          return client;
        },
      });
    } finally {
      for (const client of clients) client.close();
      await server.stop();
    }
  });
}

/** As a broker's thread that others keep from the processor. */
function blockThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

async function deafSubscriber(raw: Stage['raw'], subject: string): Promise<RawNats> {
  const client = await raw();
  client.send(`SUB ${subject} 1\r\n`);
  await client.flush();
  client.socket.pause();
  return client;
}

it('keeps no more for one client than its bound', { maxPending: MEGABYTE }, async ({
  server,
  events,
  raw,
}) => {
  await deafSubscriber(raw, 'a');
  const publisher = await raw();
  let most = 0;
  while (!events.some(({ type }) => type === 'client-closed')) {
    publisher.send(pub('a', 'x'.repeat(100_000)));
    await publisher.flush();
    most = Math.max(most, server.totalPending);
  }
  assert.ok(most <= MEGABYTE, `${most} bytes were pending`);
  assert.is(server.totalPending, 0);
  assert.match(JSON.stringify(events.at(-1)), /Slow Consumer/);
});

it('cuts the fullest when all together leave too much', {
  maxPending: 8 * MEGABYTE,
  maxTotalPending: 2 * MEGABYTE,
}, async ({ server, events, raw }) => {
  const small = await deafSubscriber(raw, 'small');
  const large = await deafSubscriber(raw, '*');
  const largeAddress = `127.0.0.1:${large.socket.localPort}`;
  const publisher = await raw();
  const payload = 'x'.repeat(100_000);
  const cut = (): BrokerEvent | undefined => events.find(({ type }) => type === 'client-closed');
  // Bytes that the kernel takes are not pending: go on until the one that gets more is over the bound.
  for (let round = 0; cut() === undefined; round++) {
    publisher.send(pub(round % 4 === 0 ? 'small' : 'large', payload));
    await publisher.flush();
    assert.ok(server.totalPending <= 2 * MEGABYTE);
  }
  assert.equal(cut(), { type: 'client-closed', address: largeAddress, reason: 'Slow Consumer' });
  small.socket.resume();
  small.send('PING\r\n');
  await small.take(/PONG\r\n/);
});

it('lets others have their turn while one sends without end', { maxTurn: 64 * 1024 }, async ({ raw }) => {
  const [listener, flood, polite] = [await raw(), await raw(), await raw()];
  listener.send('SUB > 1\r\n');
  for (const client of [listener, flood, polite]) await client.flush();
  // A connection that has carried much may have much under way: only then is one read followed by another.
  for (let warm = 0; warm < 20; warm++) {
    flood.send(Buffer.from(pub('flood', 'x'.repeat(1000)).repeat(1000)));
    await flood.flush();
  }
  await listener.flush();
  // Both lie in the kernel before the server, which shares this thread, can read either.
  flood.send(Buffer.from(pub('flood', 'x'.repeat(1000)).repeat(1800)));
  polite.send(pub('polite', 'please'));
  const heard = await listener.take(/MSG polite 1 6\r\nplease\r\n/);
  // Without turns 2 MB at most are read of one socket at once; with them a turn, and what was read ahead.
  assert.ok(heard.length < 4 * 64 * 1024, `${heard.length} bytes came first`);
});

it('closes who never sends CONNECT, also without credentials', { connectTimeoutMs: 50 }, async ({ raw }) => {
  const connected = await raw();
  assert.is(await (await raw('')).closed(), "-ERR 'Authentication Timeout'\r\n");
  assert.is(await (await raw('PING\r\n')).closed(), "PONG\r\n-ERR 'Authentication Timeout'\r\n");
  assert.is(await connected.flush(), '');
});

it('closes nobody whose CONNECT it had no time to read', { connectTimeoutMs: 50 }, async ({ raw }) => {
  const client = await raw('');
  client.send(CONNECT_QUIET);
  blockThread(100);
  assert.is(await client.flush(), '');
});

it('closes who answers no PING, and nobody else', { pingIntervalMs: 40 }, async ({ raw }) => {
  const alive = await raw();
  const silent = await raw();
  alive.socket.on('data', (chunk: Buffer) => {
    if (chunk.includes('PING')) alive.send('PONG\r\n');
  });
  assert.match(await silent.closed(), /-ERR 'Stale Connection'\r\n$/);
  assert.is(await alive.flush(), '');
});

it('delivers what a client said before it half closed', {}, async ({ raw }) => {
  const listener = await raw();
  listener.send('SUB a 1\r\n');
  await listener.flush();
  const leaving = await raw();
  leaving.send(`${pub('a', 'x')}PING\r\n`);
  leaving.socket.end();
  assert.is(await leaving.closed(), 'PONG\r\n');
  await listener.take(/MSG a 1 1\r\nx\r\n/);
});

it('forgets the subscriptions of who has gone', {}, async ({ raw }) => {
  const gone = await raw();
  gone.send('SUB a 1\r\n');
  await gone.flush();
  gone.close();
  await gone.closed();
  const asking = await raw();
  asking.send('SUB r 1\r\n');
  for (let tries = 0; ; tries++) {
    asking.send(pub('a', 'x', 'r'));
    if ((await asking.flush()).includes('503')) break;
    assert.ok(tries < 1000, 'the subscription is still there');
  }
});

it('reports who comes, goes and is refused', {}, async ({ events, raw }) => {
  const client = await raw();
  await client.flush();
  const address = `127.0.0.1:${client.socket.localPort}`;
  assert.equal(events, [{ type: 'client-connected', address }]);
  client.send('rubbish\r\n');
  await client.closed();
  assert.equal(events.at(-1), {
    type: 'client-closed',
    address,
    reason: 'Unknown Protocol Operation',
  });
});

/** The same server behind a thread. */
const LOOPBACK = { host: '127.0.0.1', port: 0 };

function nextEvent(broker: Broker): Promise<BrokerEvent> {
  return new Promise((resolve) => {
    const done = broker.onEvent((event) => {
      done();
      resolve(event);
    });
  });
}

bounds('it runs in a thread, reports from there, and stops twice', async () => {
  const broker = await startBroker({ ...LOOPBACK, token: 'secret' });
  try {
    assert.is(broker.url, `nats://127.0.0.1:${broker.port}`);
    broker.onEvent(() => {
      throw new Error('a listener of no use');
    });
    const event = nextEvent(broker);
    const client = await RawNats.open(broker.port, '');
    const address = `127.0.0.1:${client.socket.localPort}`;
    client.send('CONNECT {}\r\n');
    await client.closed();
    assert.equal(await event, {
      type: 'auth-failed',
      address,
      reason: 'Authorization Violation',
    });
  } finally {
    await broker.stop();
    await broker.stop();
  }
  const late = connectSocket(broker.port, '127.0.0.1');
  const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
  assert.is(error.code, 'ECONNREFUSED');
});

bounds('it takes a thread that loads already', async () => {
  const spare = new SpareThread('broker');
  const broker = await startBroker(LOOPBACK, spare);
  try {
    assert.is(spare.take(), undefined);
    // The `end` of a spare that was taken does nothing
    await spare.end();
    const client = await RawNats.open(broker.port);
    assert.is(await client.flush(), '');
    client.close();
  } finally {
    await broker.stop();
  }
});

bounds('it names host and port when it cannot listen', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  try {
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await startBroker({ host: '127.0.0.1', port }).then(
      () => assert.unreachable(),
      (error: Error) =>
        assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}: another program has .*EADDRINUSE`)),
    );
  } finally {
    taken.close();
  }
});

bounds('it writes an address of IPv6 in brackets', async () => {
  // This one is of no machine: it stands in books.
  await startBroker({ host: '2001:db8::1', port: 4222 }).then(
    () => assert.unreachable(),
    (error: Error & { code?: string }) => {
      assert.is(error.code, 'ERR_MW_BROKER');
      assert.match(error.message, /cannot listen on \[2001:db8::1\]:4222: .*E(ADDRNOTAVAIL|AFNOSUPPORT)/);
    },
  );
});

bounds('it tells every listener that still listens, and no other', async () => {
  const broker = await startBroker(LOOPBACK);
  const heard: string[][] = [[], []];
  const [first, second] = heard.map((list) => broker.onEvent(({ type }) => list.push(type)));
  try {
    // It comes by the port of the broker's thread, and an answer to the client by its socket
    const connected = nextEvent(broker);
    const client = await RawNats.open(broker.port);
    await connected;
    first?.();
    const event = nextEvent(broker);
    client.send('rubbish\r\n');
    await client.closed();
    await event;
    assert.equal(heard, [['client-connected'], ['client-connected', 'client-closed']]);
  } finally {
    await broker.stop();
  }
  assert.is(heard[1]?.length, 2, 'a stop is no crash');
  second?.();
});

bounds('it closes its clients when it stops', async () => {
  const broker = await startBroker(LOOPBACK);
  const client = await RawNats.open(broker.port);
  try {
    await client.flush();
  } finally {
    await broker.stop();
  }
  await client.closed();
});

bounds('it reports a crash of its thread, and stops all the same', async () => {
  const broker = await startBroker({ ...LOOPBACK, heapMegabytes: 12 });
  try {
    const event = new Promise<BrokerEvent>((resolve) => {
      broker.onEvent((one) => {
        if (one.type === 'crashed') resolve(one);
      });
    });
    const greedy = await RawNats.open(broker.port);
    let sid = 0;
    const pour = (): void => {
      while (
        !greedy.socket.destroyed &&
        greedy.socket.write(
          Array.from({ length: 1000 }, () => `SUB a.${++sid}.${'b'.repeat(100)} ${sid}\r\n`).join(''),
        )
      );
    };
    greedy.socket.on('drain', pour);
    pour();
    const crashed = await event;
    greedy.close();
    assert.match(JSON.stringify(crashed), /memory/);
  } finally {
    await broker.stop();
  }
});

bounds.run();
