/** TLS at the door of the brokers: clients that get in, clients that do not, and what they are told. */
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { type ConnectionOptions, connect, type NatsConnection } from 'nats';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BrokerEvent } from '../../src/broker/broker-event.js';
import type { BrokerBounds } from '../../src/broker/options.js';
import { BrokerServer } from '../../src/broker/server.js';
import { BROKERS } from '../support/brokers.js';
import type { TlsOfBroker } from '../support/nats-server.js';
import { until } from '../support/programs.js';
import { CONNECT_QUIET, RawNats } from '../support/raw-nats.js';
import { pair, pem } from '../support/tls-files.js';

const encrypted = suite('broker with TLS');

const BROKER: TlsOfBroker = { name: 'broker' };
const MUTUAL: TlsOfBroker = { name: 'broker', verify: true };

async function withClients(
  url: string,
  body: (official: (tls: ConnectionOptions['tls']) => Promise<NatsConnection>) => Promise<void>,
): Promise<void> {
  const clients: NatsConnection[] = [];
  try {
    await body(async (tls) => {
      const client = await connect({
        servers: url,
        reconnect: false,
        token: 'right',
        timeout: 10_000,
        ...(tls === undefined ? {} : { tls }),
      });
      clients.push(client);
      return client;
    });
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

async function expectFailure(attempt: Promise<unknown>, what: RegExp): Promise<void> {
  await attempt.then(
    () => assert.unreachable('it got in'),
    (error: Error & { code?: string }) => assert.match(`${error.code} ${error.message}`, what),
  );
}

for (const kind of BROKERS) {
  encrypted(`it carries large payloads of official clients (${kind.name})`, async () => {
    const broker = await kind.start({ tls: BROKER, token: 'right' });
    try {
      await withClients(broker.url, async (official) => {
        const [asking, answering] = [await official({ ca: pem('ca') }), await official({ ca: pem('ca') })];
        answering.subscribe('echo', { callback: (_, message) => message.respond(message.data) });
        await answering.flush();
        const large = Uint8Array.from({ length: 1_000_000 }, (_, index) => index % 251);
        for (let round = 0; round < 5; round++) {
          const { data } = await asking.request('echo', large, { timeout: 10_000 });
          assert.ok(Buffer.from(large).equals(data));
        }
        await expectFailure(official({ ca: pem('other-ca') }), /UNABLE_TO_VERIFY|SIGNATURE/);
      });
    } finally {
      await broker.stop();
    }
  });

  encrypted(`it lets in who has a certificate of its authority only (${kind.name})`, async () => {
    const broker = await kind.start({ tls: MUTUAL, token: 'right' });
    try {
      await withClients(broker.url, async (official) => {
        const ca = pem('ca');
        await (await official({ ca, ...pair('client') })).flush();
        // The alert of nats-server may be overtaken by the end of its connection.
        const refusal = kind.name === 'embedded' ? /Client Certificate Required/ : /CERTIFICATE|ECONN|EPIPE/;
        await expectFailure(official({ ca }), refusal);
        await expectFailure(official({ ca, ...pair('stranger') }), refusal);
      });
    } finally {
      await broker.stop();
    }
  });

  encrypted(
    `it says in the clear that TLS is needed, and hears nobody who goes without (${kind.name})`,
    async () => {
      const broker = await kind.start({ tls: MUTUAL });
      try {
        const client = await RawNats.open(broker.port, '');
        const info = JSON.parse(client.info.slice('INFO '.length)) as Record<string, unknown>;
        assert.equal([info.tls_required, info.tls_verify], [true, true]);
        client.send(`${CONNECT_QUIET}PING\r\n`);
        assert.not.match(await client.closed(), /PONG/);
      } finally {
        await broker.stop();
      }
    },
  );
}

interface Stage {
  readonly port: number;
  readonly events: BrokerEvent[];
  /** A TLS connection beyond INFO and handshake. */
  secure(name?: Parameters<typeof pair>[0]): Promise<TLSSocket>;
}

function it(name: string, bounds: Partial<BrokerBounds>, body: (stage: Stage) => Promise<void>): void {
  encrypted(`it ${name}`, async () => {
    const events: BrokerEvent[] = [];
    const tls = { ...pair('broker'), clientCa: pem('ca') };
    const server = new BrokerServer({ host: '127.0.0.1', port: 0, tls, bounds }, (event) =>
      events.push(event),
    );
    const sockets: TLSSocket[] = [];
    try {
      const port = await server.listen();
      const secure = async (who?: Parameters<typeof pair>[0]): Promise<TLSSocket> => {
        const plain = connectPlain(port, '127.0.0.1');
        await once(plain, 'data');
        const shown = who === undefined ? {} : pair(who);
        const socket = connectTls({ socket: plain, ca: pem('ca'), servername: 'localhost', ...shown });
        sockets.push(socket);
        socket.on('error', () => {});
        await once(socket, 'secureConnect');
        return socket;
      };
      await body({ port, events, secure });
    } finally {
      for (const socket of sockets) socket.destroy();
      await server.stop();
    }
  });
}

async function heard(socket: TLSSocket, pattern: RegExp): Promise<string> {
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    if (pattern.test(text)) break;
  }
  return text;
}

it('takes its own certificate for the side of the master, though its authority gave it to no client', {}, async ({
  secure,
  events,
}) => {
  const own = await secure('broker');
  own.write(`${CONNECT_QUIET}PING\r\n`);
  assert.match(await heard(own, /PONG/), /PONG\r\n/);
  assert.equal(
    events.map(({ type }) => type),
    ['client-connected'],
  );
});

it('tells a client without a certificate of its authority what is missing, and audits it', {}, async ({
  secure,
  events,
}) => {
  for (const who of [undefined, 'stranger'] as const) {
    const socket = await secure(who);
    assert.is(await heard(socket, /\n/), "-ERR 'Client Certificate Required'\r\n");
  }
  const [first] = events;
  assert.is(first?.type, 'auth-failed');
  assert.match(JSON.stringify(first), /Client Certificate Required: no certificate/);
  await until('the other one is told of', () => events.length > 1);
  assert.match(
    JSON.stringify(events.at(-1)),
    /Client Certificate Required: CN=stranger, signed by CN=other-ca, and not by an authority of --tls-ca/,
  );
  assert.not(events.some(({ type }) => type === 'client-connected'));
});

for (const [who, why] of [
  ['expired', /CN=.*, signed by CN=.*: it expired on \w+ +\d+ .*\d{4}/],
  ['future', /CN=.*, signed by CN=.*: it is valid only from \w+ +\d+ .*\d{4}.* on/],
  ['self', /CN=.*, signed by CN=.*, and not by an authority of --tls-ca/],
] as const) {
  it(`tells why the certificate '${who}' is not enough`, {}, async ({ secure, events }) => {
    assert.is(await heard(await secure(who), /\n/), "-ERR 'Client Certificate Required'\r\n");
    assert.match(JSON.stringify(events), why);
  });
}

it('closes who does not shake hands in time, and who talks plain, and tells of both', {
  handshakeTimeoutMs: 50,
}, async ({ port, events }) => {
  const told = async (client: RawNats): Promise<string> => {
    assert.is(await client.closed().then((said) => said.includes('PONG')), false);
    return JSON.stringify(events.at(0));
  };
  assert.match(await told(await RawNats.open(port, '')), /auth-failed.*no TLS: .*timeout/i);
  await told(await RawNats.open(port, `${CONNECT_QUIET}PING\r\n`));
});

it('tells nothing of who only asks whether it is there', {}, async ({ port, events, secure }) => {
  for (let probe = 0; probe < 3; probe++) {
    const client = await RawNats.open(port, '');
    client.close();
    await client.closed();
  }
  const own = await secure('client');
  own.write(`${CONNECT_QUIET}PING\r\n`);
  await heard(own, /PONG/);
  assert.equal(
    events.map(({ type }) => type),
    ['client-connected'],
  );
});

it('closes who never sends CONNECT after its handshake', { connectTimeoutMs: 50 }, async ({ secure }) => {
  assert.is(await heard(await secure('client'), /\n/), "-ERR 'Authentication Timeout'\r\n");
});

encrypted.run();
