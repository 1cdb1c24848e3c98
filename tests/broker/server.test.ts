/** The words of the broker's server about itself, and its reports of clients that come and go. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BrokerEvent } from '../../src/broker/broker-event.js';
import type { BrokerOptions } from '../../src/broker/options.js';
import { BrokerServer } from '../../src/broker/server.js';
import { until } from '../support/programs.js';
import { CONNECT_QUIET, pub, RawNats } from '../support/raw-nats.js';
import { pair, pem } from '../support/tls-files.js';

interface Stage {
  readonly server: BrokerServer;
  readonly port: number;
  readonly events: BrokerEvent[];
  raw(first?: string): Promise<RawNats>;
  addressOf(client: RawNats): string | undefined;
}

const servers = suite('broker server');

function it(name: string, more: Partial<BrokerOptions>, body: (stage: Stage) => Promise<void>): void {
  servers(`it ${name}`, async () => {
    const events: BrokerEvent[] = [];
    const server = new BrokerServer({ host: '127.0.0.1', port: 0, ...more }, (event) => events.push(event));
    /** With their addresses, which a closed socket has forgotten. */
    const clients = new Map<RawNats, string>();
    try {
      const port = await server.listen();
      const raw = async (first?: string): Promise<RawNats> => {
        const client = await RawNats.open(port, first);
        clients.set(client, `127.0.0.1:${client.socket.localPort}`);
        return client;
      };
      await body({ server, port, events, raw, addressOf: (client) => clients.get(client) });
    } finally {
      for (const client of clients.keys()) client.close();
      await server.stop();
      await server.stop();
    }
    assert.is(server.totalPending, 0);
  });
}

const infoOf = ({ info }: RawNats): Record<string, unknown> => JSON.parse(info.slice('INFO '.length));

it('tells each client who it is, and nothing of what it does not ask for', {}, async ({ port, raw }) => {
  const [first, second] = [infoOf(await raw()), infoOf(await raw())];
  assert.equal(first, {
    server_id: `ts-mw-${process.pid}`,
    server_name: 'ts-mw',
    version: '2.9.10',
    proto: 1,
    host: '127.0.0.1',
    port,
    headers: true,
    max_payload: 1024 * 1024,
    client_id: 1,
    client_ip: '127.0.0.1',
  });
  assert.equal(second, { ...first, client_id: 2 });
});

it('says what it asks for', { token: 'right', tls: pair('broker'), maxPayload: 7 }, async ({ raw }) => {
  const { auth_required, tls_required, tls_verify, max_payload } = infoOf(await raw(''));
  assert.equal([auth_required, tls_required, tls_verify, max_payload], [true, true, false, 7]);
});

it('says that it asks for certificates', { tls: { ...pair('broker'), clientCa: pem('ca') } }, async ({
  raw,
}) => {
  const { auth_required, tls_required, tls_verify } = infoOf(await raw(''));
  assert.equal([auth_required, tls_required, tls_verify], [undefined, true, true]);
});

it('reports the end of who was connected, with its reason, and of nobody else', {}, async ({
  events,
  raw,
  addressOf,
}) => {
  const [leaving, broken, early] = [await raw(), await raw(), await raw('')];
  for (const client of [leaving, broken]) await client.flush();
  early.close();
  events.length = 0;
  leaving.socket.end();
  await leaving.closed();
  await until('one end is reported', () => events.length === 1);
  broken.socket.resetAndDestroy();
  await until('the other is reported', () => events.length > 1);
  assert.equal(events, [
    { type: 'client-closed', address: addressOf(leaving), reason: 'Client Closed' },
    { type: 'client-closed', address: addressOf(broken), reason: 'read ECONNRESET' },
  ]);
});

it('reports who lets the time for its credentials pass', {
  token: 'right',
  bounds: { connectTimeoutMs: 30, refusalDelayMs: 200 },
}, async ({ events, raw, addressOf }) => {
  const silent = await raw('');
  assert.is(await silent.closed(), "-ERR 'Authentication Timeout'\r\n");
  assert.equal(events, [
    { type: 'auth-failed', address: addressOf(silent), reason: 'Authentication Timeout' },
  ]);
  const refused = await raw('CONNECT {"auth_token":"wrong"}\r\n');
  assert.is(await refused.closed(), "-ERR 'Authorization Violation'\r\n", 'its own answer was on its way');
});

it('reports nobody who lets the time pass where no credentials are asked for', {
  bounds: { connectTimeoutMs: 30 },
}, async ({ events, raw }) => {
  assert.is(await (await raw('')).closed(), "-ERR 'Authentication Timeout'\r\n");
  assert.equal(events, []);
});

it('cuts its clients at its end, also one that has said nothing yet', {}, async ({
  server,
  events,
  raw,
  addressOf,
}) => {
  const [connected, silent] = [await raw(), await raw('')];
  await connected.flush();
  events.length = 0;
  await server.stop();
  await Promise.all([connected.closed(), silent.closed()]);
  assert.equal(events, [{ type: 'client-closed', address: addressOf(connected), reason: 'Server Shutdown' }]);
});

it('rejects where it cannot listen, and can be stopped all the same', {}, async ({ port }) => {
  const second = new BrokerServer({ host: '127.0.0.1', port });
  await second.listen().then(
    () => assert.unreachable(),
    (error: NodeJS.ErrnoException) => assert.is(error.code, 'EADDRINUSE'),
  );
  await second.stop();
});

it('hears again who sent more than a turn at once', { bounds: { maxTurn: 1000 } }, async ({ raw }) => {
  const client = await raw(`${CONNECT_QUIET}SUB a 1\r\n`);
  const many = 200;
  for (let round = 0; round < 3; round++) {
    client.send(pub('a', 'x'.repeat(100)).repeat(many));
    const heard = await client.flush();
    assert.is(heard.split('MSG a 1 100\r\n').length - 1, many);
  }
});

servers.run();
