/** The data connection against a real nats-server: bounds, statuses, reconnection, refusals. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConnectError } from '../../../src/link/connection/connect-error.js';
import { connectData, connectOnce } from '../../../src/link/connection/data-connection.js';
import { UNFLUSHED_LIMIT_BYTES } from '../../../src/link/connection/flush-window.js';
import type { DataLink, LinkStatus } from '../../../src/link/ports.js';
import { FaultyWay } from '../../faults/faulty-way.js';
import { freePort } from '../../support/free-port.js';
import {
  ifNatsServer,
  type NatsServer,
  type NatsServerOptions,
  startNatsServer,
} from '../../support/nats-server.js';
import { until } from '../../support/programs.js';
import { standStill } from '../../support/stand-still.js';

/** Of a connection that comes about, or is refused: longer than a busy thread takes. */
const TIMEOUT_MS = 30_000;

const connection = suite('data connection');
const onServer = ifNatsServer(connection);

/** A server, links to it, and the clean-up of both. */
async function withServer(
  options: NatsServerOptions,
  body: (server: NatsServer, open: (options?: OpenOptions) => Promise<Opened>) => Promise<void>,
): Promise<void> {
  const server = await startNatsServer(options);
  const links: DataLink[] = [];
  const open = async ({ token, port = server.port }: OpenOptions = {}): Promise<Opened> => {
    const urls = [`nats://127.0.0.1:${port}`];
    const link = await connectData({ urls, token }, { name: 'test', timeoutMs: TIMEOUT_MS });
    links.push(link);
    const statuses: LinkStatus[] = [];
    link.onStatus((status) => statuses.push(status));
    return { link, statuses, count: (name) => statuses.filter(({ status }) => status === name).length };
  };
  try {
    await body(server, open);
  } finally {
    await Promise.all(links.map((link) => link.close()));
    await server.stop();
  }
}

interface OpenOptions {
  readonly token?: string;
  /** Of a way to the server. */
  readonly port?: number;
}

interface Opened {
  readonly link: DataLink;
  readonly statuses: LinkStatus[];
  count(name: LinkStatus['status']): number;
}

/** The limit is for reconnections: the first one is tried until it comes about in time. */
async function connectWithin(urls: readonly string[], timeoutMs: number): Promise<DataLink> {
  for (;;) {
    try {
      return await connectData({ urls }, { name: 'test', timeoutMs });
    } catch (error) {
      if (!(error instanceof ConnectError && error.reason === 'timeout')) throw error;
    }
  }
}

async function failure(promise: Promise<unknown>): Promise<ConnectError> {
  const error = await promise.then(
    () => assert.unreachable('it connected'),
    (reason: unknown) => reason,
  );
  assert.instance(error, ConnectError);
  return error as ConnectError;
}

onServer('passes bytes and subjects, and tells where nobody listens', async () => {
  await withServer({}, async (_server, open) => {
    const [a, b] = [await open(), await open()];
    const heard: string[] = [];
    b.link.subscribe('x.*', (subject, payload, { noResponders, reply }) => {
      heard.push(`${subject} ${Buffer.from(payload)} ${noResponders} ${reply}`);
    });
    a.link.subscribe('back', (subject, _payload, { noResponders }) =>
      heard.push(`${subject} ${noResponders}`),
    );
    await Promise.all([a.link.ready(), b.link.ready()]);
    assert.ok(a.link.send('x.1', Buffer.from('one')));
    assert.ok(a.link.send('x.2', Buffer.from('two'), 'back'));
    assert.ok(a.link.send('nobody', Buffer.from('three'), 'back'));
    await until('three answers', () => heard.length === 3);
    assert.equal(heard.sort(), ['back true', 'x.1 one false ', 'x.2 two false back']);
  });
});

onServer('a handler that throws does not make the link deaf, and ending a subscription ends it', async () => {
  await withServer({}, async (_server, open) => {
    const { link, statuses, count } = await open();
    let heard = 0;
    const end = link.subscribe('x', () => {
      heard += 1;
      throw new Error(`thrown ${heard}`);
    });
    await link.ready();
    link.send('x', Buffer.from('1'));
    link.send('x', Buffer.from('2'));
    await until('both', () => heard === 2);
    assert.is(count('error'), 2);
    assert.ok(statuses.every((s) => s.status === 'error' && /^thrown \d$/.test(s.error.message)));
    end();
    link.send('x', Buffer.from('3'));
    await link.ready();
    assert.is(heard, 2);
  });
});

onServer('takes no more than 1 MB beyond the last flush, then drains, and loses nothing', async () => {
  await withServer({}, async (_server, open) => {
    const [a, b] = [await open(), await open()];
    let received = 0;
    b.link.subscribe('x', (_subject, payload) => {
      received += payload.length;
    });
    await b.link.ready();
    const chunk = Buffer.alloc(64 * 1024);
    let sent = 0;
    for (let round = 1; round <= 20; round += 1) {
      let unflushed = 0;
      while (a.link.send('x', chunk)) unflushed += chunk.length;
      sent += unflushed;
      assert.ok(unflushed <= UNFLUSHED_LIMIT_BYTES, `${unflushed} bytes at once`);
      await until('drained', () => a.count('drained') === round);
    }
    await until('all', () => received === sent);
    assert.ok(sent > 10 * UNFLUSHED_LIMIT_BYTES);
  });
});

/** As much of a broker as a connection needs, which answers pings as the test does. */
async function withFake(
  onPing: (socket: Socket) => void,
  body: (url: string) => Promise<void>,
): Promise<void> {
  const info = JSON.stringify({ server_id: 'fake', version: '2.9.0', headers: true, max_payload: 1_048_576 });
  const fake = createServer((socket) => {
    socket.on('error', () => {});
    socket.write(`INFO ${info}\r\n`);
    let rest = '';
    socket.on('data', (bytes) => {
      const parts = (rest + bytes.toString('latin1')).split('PING\r\n');
      rest = (parts.at(-1) ?? '').slice(-'PING\r'.length);
      for (let asked = 1; asked < parts.length; asked++) onPing(socket);
    });
  }).listen(0, '127.0.0.1');
  await until('listening', () => fake.listening);
  try {
    await body(`nats://127.0.0.1:${(fake.address() as AddressInfo).port}`);
  } finally {
    fake.close();
  }
}

connection('small traffic costs no pings, and every 256 KB one', async () => {
  let pings = 0;
  const answer = (socket: Socket): void => {
    pings += 1;
    socket.write('PONG\r\n');
  };
  await withFake(answer, async (url) => {
    const link = await connectData({ urls: [url] }, { name: 'test', timeoutMs: TIMEOUT_MS });
    try {
      assert.is(pings, 1);
      for (let i = 0; i < 200; i += 1) link.send('x', Buffer.alloc(100));
      await link.ready();
      assert.is(pings, 2); // that of `ready`
      for (let i = 0; i < 3_000; i += 1) {
        const isTaken = link.send('x', Buffer.alloc(1_000));
        if (!isTaken) i -= 1;
        if (!isTaken || i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await link.ready();
      assert.ok(pings > 10 && pings < 20, `${pings} pings for 3 MB`);
    } finally {
      await link.close();
    }
  });
});

connection(
  'a broker that did not wait for our credentials is dialled again, but not without end',
  async () => {
    let gaveUp = 0;
    let isPatient = false;
    const giveUp = (socket: Socket): void => {
      if (isPatient) socket.write('PONG\r\n');
      else socket.end("-ERR 'Authentication Timeout'\r\n");
      isPatient ||= ++gaveUp === 2;
    };
    await withFake(giveUp, async (url) => {
      const link = await connectData({ urls: [url] }, { name: 'test', timeoutMs: TIMEOUT_MS });
      await link.close();
      assert.ok(gaveUp >= 2);
      isPatient = false;
      gaveUp = 2;
      const refused = await failure(connectData({ urls: [url] }, { name: 'test', timeoutMs: TIMEOUT_MS }));
      assert.match(refused.message, 'Authentication Timeout');
    });
  },
);

connection('a broker that answered while this thread stood still is dialled again', async () => {
  const timeoutMs = 100;
  let held = 0;
  const answer = (socket: Socket): void => {
    socket.write('PONG\r\n');
    if (held++ < 2) standStill(timeoutMs + 200);
  };
  await withFake(answer, async (url) => {
    const link = await connectData({ urls: [url] }, { name: 'test', timeoutMs });
    await link.close();
    assert.ok(held > 2, `${held} dials`);
  });
});

onServer('says at once to a late listener that it is disconnected, or closed', async () => {
  await withServer({}, async (server, open) => {
    const { link, count } = await open();
    const told = (): LinkStatus['status'][] => {
      const late: LinkStatus['status'][] = [];
      link.onStatus(({ status }) => late.push(status));
      assert.equal(late, [], 'not before it has returned');
      return late;
    };
    const first = told();
    await server.kill();
    await until('disconnected', () => count('disconnected') === 1);
    assert.equal(first, ['disconnected'], 'once');
    const second = told();
    await Promise.resolve();
    assert.equal(second, ['disconnected']);
    await server.restart();
    await until('connected', () => count('connected') === 1);
    assert.equal(second, ['disconnected', 'connected']);
    await link.close();
    await until('closed', () => count('closed') === 1);
    const last = told();
    await Promise.resolve();
    assert.equal([second.at(-1), last], ['closed', ['closed']]);
  });
});

onServer('sends nothing while disconnected, comes back by itself, with its subscriptions', async () => {
  await withServer({}, async (server, open) => {
    const { link, count } = await open();
    let heard = 0;
    link.subscribe('x', () => {
      heard += 1;
    });
    for (let time = 1; time <= 3; time += 1) {
      await server.kill();
      await until('disconnected', () => count('disconnected') === time);
      assert.is(link.connected, false);
      assert.is(link.send('x', Buffer.from('lost')), false);
      await server.restart();
      await until('connected', () => count('connected') === time);
      assert.ok(link.send('x', Buffer.from('kept')));
      await until('heard', () => heard === time);
    }
    assert.is(count('closed'), 0);
  });
});

onServer('a full link has room again after a reconnection', async () => {
  await withServer({}, async (server, open) => {
    const { link, count } = await open();
    await server.freeze();
    while (link.send('x', Buffer.alloc(64 * 1024)));
    await server.restart();
    await until('connected', () => count('connected') === 1);
    assert.ok(link.send('x', Buffer.alloc(64 * 1024)));
  });
});

onServer('a frozen broker is waited for', async () => {
  await withServer({}, async (server, open) => {
    await using way = await FaultyWay.open(server.port);
    const { link, count } = await open({ port: way.port });
    let heard = 0;
    link.subscribe('x', () => {
      heard += 1;
    });
    await link.ready();
    await server.freeze();
    const { bytes } = way;
    let flushes = 0;
    const flushed = link.ready().then(() => flushes++);
    link.send('x', Buffer.from('1'));
    await until('what was sent lies at the server', () => way.bytes > bytes);
    assert.is(flushes, 0);
    server.thaw();
    await flushed;
    await until('heard', () => heard === 1);
    assert.is(count('disconnected'), 0);
  });
});

onServer(
  'a broker that was frozen when it should have taken the connection is found when it thaws',
  async () => {
    const server = await startNatsServer();
    await using way = await FaultyWay.open(server.port);
    const urls = [`nats://127.0.0.1:${way.port}`];
    const link = await connectWithin(urls, 200);
    try {
      let heard = 0;
      link.subscribe('x', () => {
        heard += 1;
      });
      await server.kill();
      await until('disconnected', () => !link.connected);
      await server.restart();
      await server.freeze();
      const { taken } = way;
      await until('dials', () => way.taken >= taken + 8);
      server.thaw();
      await until('heard', () => {
        link.send('x', Buffer.from('1'));
        return heard > 10;
      });
    } finally {
      await link.close();
      await server.stop();
    }
  },
);

onServer('first connects fail with a reason', async () => {
  const nowhere = { urls: [`nats://127.0.0.1:${await freePort()}`] };
  const refused = await failure(connectData(nowhere, { name: 'test', timeoutMs: TIMEOUT_MS }));
  assert.is(refused.reason, 'refused');
  assert.is(refused.code, 'ERR_MW_JOIN');
  assert.match(refused.message, nowhere.urls[0]?.slice(7) ?? '?');

  // As frozen: not even the end of a connection is answered.
  const mute = createServer({ allowHalfOpen: true }, (socket) => socket.unref()).listen(0, '127.0.0.1');
  try {
    await until('listening', () => mute.listening);
    const address = mute.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const late = await failure(
      connectData({ urls: [`127.0.0.1:${port}`] }, { name: 'test', timeoutMs: 300 }),
    );
    assert.is(late.reason, 'timeout');
  } finally {
    mute.close();
  }
  await withServer({ token: 'secret' }, async (server, open) => {
    const wrong = await failure(
      connectData({ urls: [server.url], token: 'guess' }, { name: 'test', timeoutMs: TIMEOUT_MS }),
    );
    assert.is(wrong.reason, 'credentials');
    assert.match(wrong.message, 'Authorization Violation');
    assert.not.match(wrong.message, 'guess');
    await open({ token: 'secret' });
    const inUrl = server.url.replace('://', '://secret@');
    await (await connectData({ urls: [inUrl] }, { name: 'test', timeoutMs: TIMEOUT_MS })).close();
    const tls = await failure(
      connectData(
        { urls: [server.url.replace('nats:', 'tls:')], token: 'secret' },
        { name: 'test', timeoutMs: TIMEOUT_MS },
      ),
    );
    assert.is(tls.reason, 'tls');
  });
  await withServer({ user: 'u', password: 'p' }, async (server) => {
    const link = await connectData(
      { urls: [server.url], user: 'u', password: 'p' },
      { name: 'test', timeoutMs: TIMEOUT_MS },
    );
    await link.close();
    const creds = await failure(
      connectData({ urls: [server.url], creds: '/nowhere.creds' }, { name: 't', timeoutMs: 1 }),
    );
    assert.match(creds.message, '/nowhere.creds');
  });
});

onServer(
  'a broker that wants other credentials from now on is given up after a while, with the reason',
  async () => {
    const server = await startNatsServer({ token: 'one' });
    const link = await connectData(
      { urls: [server.url], token: 'one' },
      { name: 'test', timeoutMs: TIMEOUT_MS, refusedForGoodMs: 1_000 },
    );
    try {
      const statuses: LinkStatus[] = [];
      link.onStatus((status) => statuses.push(status));
      await server.restart({ token: 'two' });
      await until('closed', () => statuses.some(({ status }) => status === 'closed'));
      const closed = statuses.find(({ status }) => status === 'closed');
      assert.match(closed?.status === 'closed' ? (closed.reason ?? '') : '', 'refuses our credentials');
      const late: LinkStatus[] = [];
      link.onStatus((status) => late.push(status));
      await Promise.resolve();
      assert.equal(late, [closed]);
      assert.is(statuses.filter(({ status }) => status === 'disconnected').length, 1);
      assert.is(link.send('x', Buffer.from('1')), false);
    } finally {
      await link.close();
      await server.stop();
    }
  },
);

onServer('credentials refused for a moment are survived', async () => {
  await withServer({ token: 'one' }, async (server, open) => {
    const { link, count } = await open({ token: 'one' });
    await server.restart({ token: 'two' });
    await until('refused', () => count('error') > 3);
    await server.restart({ token: 'one' });
    await until('connected', () => count('connected') === 1);
    assert.ok(link.send('x', Buffer.from('1')));
    await link.ready();
  });
});

onServer('a subject that the broker forbids is reported and ends nothing', async () => {
  const user = '{ user: u, password: p, permissions: { publish: "ok.>", subscribe: "ok.>" } }';
  const server = await startNatsServer({ more: [`authorization { users = [${user}] }`] });
  let link: DataLink | undefined;
  try {
    link = await connectData(
      { urls: [server.url], user: 'u', password: 'p' },
      { name: 'test', timeoutMs: TIMEOUT_MS },
    );
    const errors: string[] = [];
    link.onStatus((status) => {
      if (status.status === 'error') errors.push(status.error.message);
    });
    let heard = 0;
    link.subscribe('ok.x', () => {
      heard += 1;
    });
    link.subscribe('forbidden', () => {});
    link.send('no', Buffer.from('1'));
    link.send('ok.x', Buffer.from('2'));
    await until('heard', () => heard === 1);
    await until('reported', () => errors.length >= 2);
    assert.match(errors.join(), 'publish to "no"');
    assert.match(errors.join(), 'subscription to "forbidden"');
    assert.ok(link.connected);
  } finally {
    await link?.close();
    await server.stop();
  }
});

onServer('a wait for the broker ends with the connection, whoever ends it', async () => {
  const server = await startNatsServer();
  const ends = [(_: DataLink, way: FaultyWay) => way.cut(), (link: DataLink) => link.close()];
  try {
    for (const end of ends) {
      await using way = await FaultyWay.open(server.port);
      const urls = [`nats://127.0.0.1:${way.port}`];
      const link = await connectOnce({ urls }, { name: 'test', timeoutMs: TIMEOUT_MS });
      way.stall({ direction: 'down' });
      let refusal: unknown;
      link.ready().catch((error: unknown) => {
        refusal = error;
      });
      await end(link, way);
      await until('refused', () => refusal !== undefined);
      assert.instance(refusal, Error);
      await link.close();
    }
  } finally {
    await server.stop();
  }
});

onServer('a wait for the broker goes on where the connection breaks and another is made', async () => {
  const server = await startNatsServer();
  await using way = await FaultyWay.open(server.port);
  const urls = [`nats://127.0.0.1:${way.port}`];
  const link = await connectData({ urls }, { name: 'test', timeoutMs: TIMEOUT_MS });
  try {
    const statuses: string[] = [];
    link.onStatus(({ status }) => statuses.push(status));
    way.stall({ direction: 'down' });
    let answers = 0;
    const waits = [link.ready(), link.ready()];
    for (const wait of waits) void wait.then(() => answers++);
    way.cut();
    await until('it is cut', () => statuses.includes('disconnected'));
    assert.is(answers, 0);
    way.resume();
    await Promise.all(waits);
    assert.ok(link.connected);
    await link.close();
    assert.instance(await link.ready().catch((error: unknown) => error), Error);
  } finally {
    await link.close();
    await server.stop();
  }
});

onServer('a connection that is open already is used, and a new one is made where it has ended', async () => {
  const server = await startNatsServer();
  const urls = [`nats://127.0.0.1:${server.port}`];
  try {
    const [open, ended] = await Promise.all(
      [0, 1].map(async () => {
        const socket = connect({ host: '127.0.0.1', port: server.port });
        await once(socket, 'connect');
        return socket;
      }),
    );
    ended?.destroy();
    for (const stream of [open, ended]) {
      const link = await connectOnce({ urls }, { name: 'test', timeoutMs: TIMEOUT_MS, stream });
      const heard: string[] = [];
      link.subscribe('s', (_, payload) => void heard.push(String.fromCharCode(...payload)));
      link.send('s', Buffer.from('m'));
      await link.ready();
      assert.equal(heard, ['m']);
      assert.is((stream?.bytesWritten ?? 0) > 0, stream === open);
      await link.close();
    }
    await until('its end', () => open?.destroyed === true);
    const absent = ['nats://127.0.0.1:1'];
    const silent = createServer();
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const unanswered = connect({ host: '127.0.0.1', port: (silent.address() as { port: number }).port });
    await failure(connectOnce({ urls: absent }, { name: 'test', timeoutMs: 100, stream: unanswered }));
    await until('its end', () => unanswered.destroyed);
    silent.close();
  } finally {
    await server.stop();
  }
});

connection.run();
