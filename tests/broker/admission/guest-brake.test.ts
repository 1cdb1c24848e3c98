/** An owner that is behind is not cut for what guests say: they wait, and everything arrives. */
import type { Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GuestBrake } from '../../../src/broker/admission/guest-brake.js';
import type { BrokerEvent } from '../../../src/broker/broker-event.js';
import { BrokerServer } from '../../../src/broker/server.js';
import { until } from '../../support/programs.js';
import { pub, RawNats } from '../../support/raw-nats.js';
import { withTimersByHand } from '../../support/timers-by-hand.js';

const OWNER = 'the-owners-own';
const HOLD_AT = 300 * 1024;
/** The bytes that the server reads of a socket at once, and the bound of an owner. */
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
  const payloads = Array.from({ length: MESSAGES }, (_, n) => `${n} ${'x'.repeat(100_000)}`);
  for (const payload of payloads) flood.send(pub('to.flood', payload));
  await isHeld(server);
  let most = 0;
  for (let look = 0; look < 200; look++) {
    await new Promise(setImmediate);
    most = Math.max(most, server.totalPending);
  }
  assert.ok(most <= HOLD_AT + 100_000 + CHUNK, `${most} bytes were pending`);
  const sent = payloads.map((payload) => `MSG to.flood 1 ${payload.length}\r\n${payload}\r\n`).join('');
  // Counted here: to look through megabytes again at each piece takes longer than to carry them.
  let arrived = 0;
  owner.socket.on('data', ({ length }: Buffer) => {
    arrived += length;
  });
  owner.socket.resume();
  await until('all of it has arrived', () => arrived >= sent.length);
  assert.ok((await owner.flush()) === sent, 'it is what was sent, in its order');
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

/** The brake alone: sockets that write down whether they are read, and owners that are behind by so much. */
const RELEASE_AT = 10;
const LOOK_MS = 5;

class Guest {
  isRead = true;
  destroyed = false;
  readonly socket = this as unknown as Socket;

  pause(): void {
    this.isRead = false;
  }

  resume(): void {
    this.isRead = true;
  }
}

const owner = (pending: number, isClosed = false) => ({ isClosed, pending });

holds('each guest waits for its own owner, until that has caught up or is gone', () => {
  withTimersByHand((timers) => {
    const brake = new GuestBrake(RELEASE_AT);
    const [behind, caughtUp, gone] = [owner(RELEASE_AT + 1), owner(RELEASE_AT), owner(99, true)];
    const guests = [new Guest(), new Guest(), new Guest()] as const;
    const [first, second, third] = guests;
    const read = (): readonly boolean[] => guests.map(({ isRead }) => isRead);
    const held = (): readonly boolean[] => guests.map(({ socket }) => brake.isHeld(socket));
    brake.hold(first.socket, behind);
    brake.hold(second.socket, caughtUp);
    brake.hold(third.socket, gone);
    assert.equal(timers.set, [LOOK_MS], 'one look is for all');
    assert.equal(
      [read(), held()],
      [
        [false, false, false],
        [true, true, true],
      ],
    );
    timers.ring(LOOK_MS);
    assert.equal(
      [read(), held()],
      [
        [false, true, true],
        [true, false, false],
      ],
    );
    timers.ring(LOOK_MS);
    assert.not(first.isRead, 'its owner is still behind');
    behind.pending = RELEASE_AT;
    timers.ring(LOOK_MS);
    assert.ok(first.isRead);
    assert.equal(timers.set, [], 'nobody is left to look after');
    behind.pending = RELEASE_AT + 1;
    brake.hold(first.socket, behind);
    assert.equal(timers.set, [LOOK_MS], 'and somebody is again');
    assert.not(first.isRead);
  });
});

holds('who has gone is not held, and not read again', () => {
  withTimersByHand((timers) => {
    const brake = new GuestBrake(RELEASE_AT);
    const [gone, going] = [new Guest(), new Guest()];
    gone.destroyed = true;
    brake.hold(gone.socket, owner(99));
    assert.equal([brake.isHeld(gone.socket), gone.isRead, timers.set], [false, true, []]);
    brake.hold(going.socket, owner(0));
    brake.forget(going.socket);
    assert.not(brake.isHeld(going.socket));
    timers.ring(LOOK_MS);
    assert.not(going.isRead);
    assert.equal(timers.set, []);
  });
});

holds('a brake that stops holds nobody, and looks after nobody', () => {
  withTimersByHand((timers) => {
    const brake = new GuestBrake(RELEASE_AT);
    const guest = new Guest();
    brake.hold(guest.socket, owner(99));
    brake.stop();
    brake.stop();
    assert.not(brake.isHeld(guest.socket));
    assert.equal(timers.set, []);
  });
});

holds.run();
