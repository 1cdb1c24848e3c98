/** The finding of a look at an address before the client dials: a broker, or what else is there. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Greeting, greet } from '../../../src/link/connection/greeting.js';
import { findOtherProtocol } from '../../../src/link/connection/other-protocol.js';
import { freePort } from '../../support/free-port.js';
import { standStill } from '../../support/stand-still.js';

const greetings = suite('greeting');

/** Longer than a test file may take. */
const FOR_EVER_MS = 3_600_000;

async function at<T>(
  onSocket: (socket: Socket) => void,
  body: (port: number) => Promise<T>,
  options: { readonly allowHalfOpen?: boolean } = {},
): Promise<T> {
  const sockets: Socket[] = [];
  const server: Server = createServer(options, (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  try {
    return await body(typeof address === 'object' ? (address?.port ?? 0) : 0);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const urlOf = (port: number): string => `nats://127.0.0.1:${port}`;

function lookAt(
  onSocket: (socket: Socket) => void,
  scheme = 'nats',
  withinMs = FOR_EVER_MS,
): Promise<Greeting> {
  return at(onSocket, (port) => {
    const url = `${scheme}://127.0.0.1:${port}`;
    return greet({ urls: [url] }, url, withinMs);
  });
}

const info = (fields: object): string => `INFO ${JSON.stringify(fields)}\r\n`;
const FULL = "-ERR 'maximum connections exceeded'\r\n";

const SAID: readonly (readonly [string, string, Greeting, string?])[] = [
  ['a broker', info({}), { kind: 'broker', encrypted: false }],
  ['a broker that could encrypt', info({ tls_available: true }), { kind: 'broker', encrypted: false }],
  ['a broker that cannot encrypt', info({}), { kind: 'plain' }, 'tls'],
  [
    'a broker that says that it cannot',
    info({ tls_required: false, tls_available: 1 }),
    { kind: 'plain' },
    'tls',
  ],
  ['a full nats-server', info({ server_name: 'N' }) + FULL, { kind: 'full', embedded: false }],
  ['a full broker of a master', info({ server_name: 'ts-mw' }) + FULL, { kind: 'full', embedded: true }],
  [
    'a full broker, where it should encrypt',
    info({ server_name: 'ts-mw' }) + FULL,
    { kind: 'full', embedded: true },
    'tls',
  ],
  [
    'another program',
    'SSH-2.0-x\r\n',
    { kind: 'foreign', speaks: { protocol: 'other', said: 'SSH-2.0-x\r\n' } },
  ],
  [
    'INFO without an object',
    'INFO 5\r\n',
    { kind: 'foreign', speaks: { protocol: 'other', said: 'INFO 5\r\n' } },
  ],
  [
    'INFO of no JSON',
    'INFO {a}\r\n',
    { kind: 'foreign', speaks: { protocol: 'other', said: 'INFO {a}\r\n' } },
  ],
];
for (const [what, said, greeting, scheme] of SAID) {
  greetings(`it finds ${what}`, async () => {
    assert.equal(await lookAt((socket) => void socket.end(said), scheme), greeting);
  });
}

greetings('it reads a greeting that comes in pieces', async () => {
  const pieces = ['IN', 'FO {"server_name":', '"ts-mw"}\r', '\n'];
  const greeting = await lookAt((socket) => {
    const next = (): void => {
      const piece = pieces.shift();
      if (piece === undefined) return;
      socket.write(piece);
      setTimeout(next, 5);
    };
    next();
    socket.on('end', () => socket.end()).resume();
  });
  assert.equal(greeting, { kind: 'broker', encrypted: false });
});

greetings('it finds a broker full that says so only after its greeting', async () => {
  const greeting = await at(
    (socket) => {
      socket.write(info({ server_name: 'ts-mw' }));
      socket.on('end', () => socket.end(FULL)).resume();
    },
    (port) => greet({ urls: [urlOf(port)] }, urlOf(port), FOR_EVER_MS),
    { allowHalfOpen: true },
  );
  assert.equal(greeting, { kind: 'full', embedded: true });
});

greetings('it finds nothing where nothing listens, or a connection ends without a word', async () => {
  const url = `nats://127.0.0.1:${await freePort()}`;
  assert.equal(await greet({ urls: [url] }, url, FOR_EVER_MS), { kind: 'gone' });
  assert.equal(await lookAt((socket) => void socket.destroy()), { kind: 'gone' });
  assert.equal(await lookAt((socket) => void socket.end()), { kind: 'gone' });
});

greetings('it finds mute what accepts and says nothing, and does not end when we do', async () => {
  const greeting = await at(
    (socket) => void socket.resume(),
    (port) => greet({ urls: [urlOf(port)] }, urlOf(port), 150),
    { allowHalfOpen: true },
  );
  assert.equal(greeting, { kind: 'mute' });
});

greetings('it hears a greeting that came while this thread stood still', async () => {
  const greeting = await lookAt(
    (socket) => {
      socket.write(info({}));
      standStill(60);
    },
    'nats',
    40,
  );
  assert.equal(greeting, { kind: 'broker', encrypted: false });
});

greetings('a broker that greets late is looked at again where it wants TLS', async () => {
  const began: string[] = [];
  const greeting = await at(
    (socket) => {
      const number = began.push('connection') - 1;
      const greet = (): void => void socket.write(info({ tls_required: true }));
      socket.once('data', () => {
        began[number] = 'handshake';
        socket.end('no TLS here');
      });
      // The first time it stands still until the other side takes it for mute
      if (number === 0) socket.once('end', greet);
      else greet();
    },
    (port) => greet({ urls: [urlOf(port)] }, urlOf(port), 3_000),
    { allowHalfOpen: true },
  );
  assert.is(greeting.kind, 'tls-failed');
  assert.equal(began.slice(0, 2), ['connection', 'handshake']);
});

greetings('what fails in TLS is told with its cause', async () => {
  const greeting = await lookAt((socket) => {
    socket.write(info({ tls_required: true }));
    socket.once('data', () => socket.end('no TLS here'));
  });
  assert.is(greeting.kind, 'tls-failed');
  assert.ok(greeting.kind === 'tls-failed' && greeting.cause instanceof Error);
});

const ANSWERS: readonly (readonly [string, readonly string[], string])[] = [
  ['HTTP', ['HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n'], 'http'],
  ['HTTP in pieces', ['HT', 'TP/1.1 400 No\r\n', '\r\n'], 'http'],
  ['a websocket', ['HTTP/1.1 400 No\r\n', 'Sec-WebSocket-Version: 13\r\n', '\r\n'], 'websocket'],
  ['a websocket in its body only', ['HTTP/1.1 400 No\r\n\r\n'], 'http'],
  ['no HTTP', ['220 mail\r\n'], 'unknown'],
  ['HTTP that is not first', ['x HTTP/1.1\r\n\r\n'], 'unknown'],
];
for (const [what, answer, protocol] of ANSWERS) {
  greetings(`it tells ${what} by its answer, and waits for no more`, async () => {
    const found = await at(
      (socket) => {
        socket.once('data', (asked) => {
          // Without an answer to TLS, which ends at once; HTTP stays open, as it may.
          if (!asked.toString('latin1').startsWith('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')) {
            socket.destroy();
            return;
          }
          const rest = [...answer];
          const next = (): void => {
            const piece = rest.shift();
            if (piece === undefined) return;
            socket.write(piece);
            setTimeout(next, 5);
          };
          next();
        });
      },
      (port) => findOtherProtocol({ host: '127.0.0.1', port }, FOR_EVER_MS),
    );
    assert.equal(found, { protocol });
  });
}

greetings('it gives up an answer that does not come', async () => {
  const found = await at(
    (socket) => void socket.resume(),
    (port) => findOtherProtocol({ host: '127.0.0.1', port }, 1),
  );
  assert.equal(found, { protocol: 'unknown' });
});

greetings.run();
