/** An owner that is behind is not cut for what guests say: they wait, and everything arrives. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BrokerEvent } from '../../../src/broker/broker-event.js';
import { BrokerServer } from '../../../src/broker/server.js';
import { pub, RawNats } from '../../support/raw-nats.js';

const OWNER = 'the-owners-own';
const HOLD_AT = 300 * 1024;
/** What the server reads of a socket at once, and the bound of an owner. */
const CHUNK = 64 * 1024;
const MOST = 1024 * 1024;
const MESSAGES = 100;

const connect = (token?: string): string =>
  `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, auth_token: token })}\r\n`;

interface Stage {
  readonly server: BrokerServer;
  readonly events: BrokerEvent[];
  open(token?: string): Promise<RawNats>;
}

const holds = suite('broker holds');

function it(name: string, body: (stage: Stage) => Promise<void>): void {
  holds(name, async () => {
    const events: BrokerEvent[] = [];
    const server = new BrokerServer(
      {
        host: '127.0.0.1',
        port: 0,
        guests: { ownerToken: OWNER, mayPublish: ['to.*'], mayHear: ['from.*'] },
        bounds: { holdGuestsAt: HOLD_AT, releaseGuestsAt: 50 * 1024, maxOwnerPending: MOST },
      },
      (event) => events.push(event),
    );
    const clients: RawNats[] = [];
    try {
      const port = await server.listen();
      await body({
        server,
        events,
        async open(token) {
          const client = await RawNats.open(port, connect(token));
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

/** An owner that hears `to.*` and reads nothing for now. */
async function busyOwner({ open }: Stage): Promise<RawNats> {
  const owner = await open(OWNER);
  owner.send('SUB to.* 1\r\n');
  await owner.flush();
  owner.socket.pause();
  return owner;
}

/** When the server reads this guest no more: what it was sent stays in this process. */
async function isHeld(server: BrokerServer): Promise<void> {
  while (server.totalPending <= HOLD_AT) await new Promise(setImmediate);
}

it('a flood waits in its sender, the owner keeps its connection, and all of it arrives in order', async (stage) => {
  const { server, events, open } = stage;
  const owner = await busyOwner(stage);
  const flood = await open();
  for (let n = 0; n < MESSAGES; n++) flood.send(pub('to.flood', `${n} ${'x'.repeat(100_000)}`));
  await isHeld(server);
  let most = 0;
  for (let look = 0; look < 200; look++) {
    await new Promise(setImmediate);
    most = Math.max(most, server.totalPending);
  }
  assert.ok(most <= HOLD_AT + 100_000 + CHUNK, `${most} bytes were pending`);
  owner.socket.resume();
  const heard = await owner.take(new RegExp(`\r\n${MESSAGES - 1} x+\r\n`));
  const order = [...heard.matchAll(/\r\n(\d+) x/g)].map(([, n]) => Number(n));
  assert.equal(
    order,
    Array.from({ length: MESSAGES }, (_, n) => n),
  );
  assert.is(await owner.flush(), '');
  assert.equal(
    events.filter(({ type }) => type === 'client-closed'),
    [],
  );
});

it('who is polite gets through beside a flood without end', async (stage) => {
  const { server, open } = stage;
  const owner = await busyOwner(stage);
  const [flood, polite] = [await open(), await open()];
  let isOver = false;
  const piece = Buffer.from(pub('to.flood', 'x'.repeat(50_000)).repeat(10));
  const flooding = (async () => {
    while (!isOver) {
      if (flood.socket.writableLength < 10 * piece.length) flood.send(piece);
      await new Promise(setImmediate);
    }
  })();
  await isHeld(server);
  owner.socket.on('data', () => {});
  polite.send('SUB from.polite 1\r\n');
  for (let n = 0; n < 20; n++) polite.send(pub('to.polite', `word ${n}`));
  owner.socket.resume();
  try {
    assert.match(await owner.take(/word 19\r\n/), /word 0\r\n/);
    owner.send(pub('from.polite', 'heard'));
    await polite.take(/MSG from\.polite 1 5\r\nheard\r\n/);
  } finally {
    isOver = true;
    await flooding;
  }
});

it('who waits for an owner that goes is read again, and who goes while waiting is forgotten', async (stage) => {
  const { server, open } = stage;
  const owner = await busyOwner(stage);
  const [first, second] = [await open(), await open()];
  for (const client of [first, second]) {
    for (let n = 0; n < MESSAGES; n++) client.send(pub('to.flood', 'x'.repeat(100_000)));
  }
  await isHeld(server);
  second.close();
  owner.close();
  assert.is(await first.flush(), '');
});

holds.run();
