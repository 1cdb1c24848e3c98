/** The data port: one pass a slave and no more than that, strangers without cost, and a master that is busy. */
import { connect as connectSocket, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type ConnectionOptions, connect, type NatsConnection } from 'nats';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BrokerEvent } from '../../src/broker/broker-event.js';
import { type DataPass, DataPort, type DataPortOptions } from '../../src/broker/data-port.js';
import { MwError } from '../../src/errors.js';
import { PortClient } from '../support/port-client.js';
import { until } from '../support/programs.js';
import { pub, RawNats } from '../support/raw-nats.js';
import { pair, pem } from '../support/tls-files.js';

const MEGABYTE = 1024 * 1024;
const MOST_BLOCKED_MS = 30_000;
const TO_MASTER = 'data.1.to-master';
const TO_SLAVE = 'data.1.to-slave';

/** The master's side of one pass. */
interface Side {
  readonly pass: DataPass;
  /** `opened`, `closed`, `drained`. */
  readonly log: string[];
  /** A copy of each frame. */
  readonly frames: Buffer[];
}

interface Stage {
  readonly dataPort: DataPort;
  readonly port: number;
  readonly events: BrokerEvent[];
  /** Called in the tick of each event. */
  onEvent: (event: BrokerEvent) => void;
  side(name?: string): Side;
  /** A slave that hears. */
  slave(side: Side, name?: string): Promise<RawNats>;
  raw(first: string): Promise<RawNats>;
  official(options: ConnectionOptions): Promise<NatsConnection>;
  elsewhere(...args: ConstructorParameters<typeof PortClient>): PortClient;
}

const login = (secret: string): string =>
  `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, auth_token: secret })}\r\n`;

const ports = suite('data port');

function it(name: string, more: Partial<DataPortOptions>, body: (stage: Stage) => Promise<void>): void {
  ports(`it ${name}`, async () => {
    const events: BrokerEvent[] = [];
    const options: DataPortOptions = { host: '127.0.0.1', port: 0, mostPasses: 100, ...more };
    let stage: Stage | undefined;
    const dataPort = await DataPort.open(options, (event) => {
      events.push(event);
      stage?.onEvent(event);
    });
    const { port } = dataPort;
    const raws: RawNats[] = [];
    const officials: NatsConnection[] = [];
    const elsewhere: PortClient[] = [];
    const raw = async (first: string): Promise<RawNats> => {
      const client = await RawNats.open(port, first);
      raws.push(client);
      return client;
    };
    try {
      stage = {
        dataPort,
        port,
        events,
        onEvent: () => {},
        side: (who = 'data.1') => admit(dataPort, who),
        async slave({ pass }, who = 'data.1') {
          const client = await raw(`${login(pass.secret)}SUB ${who}.to-slave 1\r\n`);
          await client.flush();
          return client;
        },
        raw,
        async official(connection) {
          const client = await connect({ servers: `127.0.0.1:${port}`, reconnect: false, ...connection });
          officials.push(client);
          return client;
        },
        elsewhere(...args) {
          const client = new PortClient(...args);
          elsewhere.push(client);
          return client;
        },
      };
      await body(stage);
    } finally {
      for (const client of raws) client.close();
      await Promise.all(officials.map((client) => client.close()));
      await Promise.all(elsewhere.map((client) => client.end()));
      await dataPort.stop();
    }
  });
}

function admit(dataPort: DataPort, name: string): Side {
  const log: string[] = [];
  const frames: Buffer[] = [];
  const pass = dataPort.admit(
    { toMaster: `${name}.to-master`, toSlave: `${name}.to-slave` },
    {
      onFrame: (payload) => frames.push(Buffer.from(payload)),
      onOpened: () => log.push('opened'),
      onClosed: () => log.push('closed'),
      onDrained: () => log.push('drained'),
    },
  );
  if (pass === undefined) throw new Error('no pass');
  return { pass, log, frames };
}

/** As a master algorithm that computes for long. */
function block(ms: number, until: () => boolean): void {
  const began = performance.now();
  while (performance.now() < began + ms || !until())
    if (performance.now() > began + MOST_BLOCKED_MS) throw new Error('what was to happen meanwhile did not');
}

async function refused(client: RawNats): Promise<void> {
  assert.is(await client.closed(), '', 'it is cut without an answer');
}

it('carries frames between an official client and the master, also large ones', {}, async ({
  side,
  official,
}) => {
  const { pass, log, frames } = side();
  assert.equal([pass.isOpen, pass.send(Buffer.from('early'))], [false, false]);
  assert.is(pass.secret.length, 32);
  const client = await official({ token: pass.secret });
  assert.equal([pass.isOpen, log], [false, []], 'it does not hear yet');
  const heard: Uint8Array[] = [];
  client.subscribe(TO_SLAVE, { callback: (_, { data }) => heard.push(data) });
  await client.flush();
  assert.equal([pass.isOpen, log], [true, ['opened']]);
  const sizes = [0, 1, 100, 20_000, 256 * 1024, 256 * 1024, MEGABYTE];
  for (const [index, size] of sizes.entries()) {
    const frame = Buffer.alloc(size, index + 1);
    client.publish(TO_MASTER, frame);
    await until('there is room', () => pass.send(frame));
    frame.fill(0);
  }
  await until('all came', () => heard.length === sizes.length && frames.length === sizes.length);
  for (const [index, size] of sizes.entries()) {
    const frame = Buffer.alloc(size, index + 1);
    assert.ok(frame.equals(heard[index] as Uint8Array) && frame.equals(frames[index] as Buffer));
  }
  await client.close();
  await until('it is closed', () => !pass.isOpen);
  assert.equal(
    log.filter((what) => what !== 'drained'),
    ['opened', 'closed'],
  );
});

it('sends in the tick of the call', {}, async ({ side, slave }) => {
  const here = side();
  const client = await slave(here);
  // A message that goes out at the next turn is sent by then, but never read. A busy kernel may be as late with another.
  for (let tries = 0; ; tries++) {
    await new Promise(setImmediate);
    here.pass.send(Buffer.from('x'));
    await new Promise(setImmediate);
    if (client.received === `MSG ${TO_SLAVE} 1 1\r\nx\r\n`) break;
    assert.is(await client.flush(), `MSG ${TO_SLAVE} 1 1\r\nx\r\n`);
    assert.ok(tries < 100, 'it is always late');
  }
});

for (const verify of [false, true]) {
  const tls = { ...pair('broker'), ...(verify ? { clientCa: pem('ca') } : {}) };
  it(`carries frames over ${verify ? 'mutual ' : ''}TLS`, { tls, shutAfter: 2 }, async ({
    side,
    official,
    port,
    events,
  }) => {
    const { pass, frames } = side();
    const shown = { ca: pem('ca'), ...(verify ? pair('client') : {}) };
    const client = await official({ token: pass.secret, tls: shown });
    client.subscribe(TO_SLAVE, { callback: (_, { data }) => client.publish(TO_MASTER, data) });
    await client.flush();
    const frame = Buffer.alloc(256 * 1024, 'x');
    assert.ok(pass.send(frame));
    await until('it came back', () => frames.length === 1);
    assert.ok(frame.equals(frames[0] as Buffer));
    for (let round = 0; events.length === 0; round++) {
      assert.ok(round < ROUNDS_OF_FLOOD);
      // Bytes that are not a handshake, and a certificate of another authority.
      await RawNats.open(port, 'no TLS at all\r\n').then(refused, (error: Error) => {
        // It has been shut meanwhile
        assert.match(error.message, 'closed');
      });
      const why = await official({
        token: verify ? pass.secret : 'wrong',
        tls: { ca: pem('ca'), ...(verify ? pair('stranger') : {}) },
      }).then(
        () => 'it got in',
        (error: Error) => error.message,
      );
      assert.not.match(why, /it got in|Required|Violation/);
    }
    assert.is(events[0]?.type, 'port-shut');
    assert.ok(pass.send(frame));
    await until('the open session goes on', () => frames.length === 2);
  });
}

it('confines a slave to its own two subjects', {}, async ({ side, slave, events }) => {
  const [mine, other] = [side('data.1'), side('data.2')];
  const client = await slave(mine);
  await slave(other, 'data.2');
  const refusals = async (said: string): Promise<string> => {
    client.send(said);
    return client.flush();
  };
  for (const subject of [
    'data.2.to-master',
    'data.2.to-slave',
    TO_SLAVE,
    '_INBOX.x',
    '$SYS.x',
    'a',
    'data.*',
  ]) {
    assert.is(
      await refusals(pub(subject, 'x')),
      `-ERR 'Permissions Violation for Publish to "${subject}"'\r\n`,
    );
  }
  const heard = [
    'data.2.to-slave',
    'data.2.to-master',
    TO_MASTER,
    '>',
    '*.*.*',
    'data.>',
    'data.1.*',
    '_INBOX.x',
    '$SYS.>',
  ];
  for (const subject of heard) {
    assert.is(
      await refusals(`SUB ${subject} 7\r\n`),
      `-ERR 'Permissions Violation for Subscription to "${subject}"'\r\n`,
    );
  }
  other.pass.send(Buffer.from('secret'));
  assert.is(await client.flush(), '');
  assert.equal([mine.frames, other.frames], [[], []]);
  assert.is(await refusals(pub(TO_MASTER, 'mine')), '');
  assert.equal(mine.frames, [Buffer.from('mine')]);
  assert.equal(
    events.map(({ type }) => type),
    ['forbidden'],
  );
});

it('gives a client four subscriptions', {}, async ({ side, slave }) => {
  const client = await slave(side());
  client.send([2, 3, 4, 5].map((sid) => `SUB ${TO_SLAVE} ${sid}\r\n`).join(''));
  assert.is(await client.flush(), "-ERR 'maximum subscriptions exceeded'\r\n");
});

it('closes and opens with the subscription', {}, async ({ side, slave }) => {
  const here = side();
  const client = await slave(here);
  client.send('UNSUB 1\r\n');
  await client.flush();
  assert.equal([here.pass.isOpen, here.pass.send(Buffer.from('x'))], [false, false]);
  client.send(`SUB ${TO_SLAVE} 2\r\n`);
  await client.flush();
  assert.equal([here.log, here.pass.isOpen], [['opened', 'closed', 'opened'], true]);
});

it('cuts the older connection of a pass for a newer one', {}, async ({ side, slave }) => {
  const here = side();
  const older = await slave(here);
  const newer = await slave(here);
  assert.match(await older.closed(), /^$/);
  assert.equal([here.log, here.pass.isOpen], [['opened', 'closed', 'opened'], true]);
  assert.ok(here.pass.send(Buffer.from('x')));
  assert.is(await newer.flush(), `MSG ${TO_SLAVE} 1 1\r\nx\r\n`);
});

it('cuts the client of a revoked pass, and hears it no more', {}, async ({ side, slave, raw }) => {
  const here = side();
  const client = await slave(here);
  client.send(pub(TO_MASTER, 'x'));
  here.pass.revoke();
  here.pass.revoke();
  await client.closed();
  await refused(await raw(login(here.pass.secret)));
  assert.equal([here.log, here.frames, here.pass.isOpen], [['opened', 'closed'], [], false]);
  assert.not(here.pass.send(Buffer.from('x')));
  const next = side();
  (await slave(next)).send(pub(TO_MASTER, 'y'));
  await until('the next one hears', () => next.frames.length > 0);
  assert.equal(here.frames, []);
});

it('may revoke a pass from each of its calls', {}, async ({ dataPort, raw }) => {
  for (const when of ['onOpened', 'onFrame', 'onClosed'] as const) {
    const subjects = { toMaster: `${when}.a`, toSlave: `${when}.b` };
    const calls: string[] = [];
    const note = (what: string) => () => {
      calls.push(what);
      if (what === when) pass?.revoke();
    };
    const pass = dataPort.admit(subjects, {
      onOpened: note('onOpened'),
      onFrame: note('onFrame'),
      onClosed: note('onClosed'),
      onDrained: () => {},
    });
    const said = `SUB ${subjects.toSlave} 1\r\n${pub(subjects.toMaster, 'x').repeat(2)}`;
    const client = await raw(`${login(String(pass?.secret))}${said}`);
    if (when === 'onClosed') client.socket.end();
    await client.closed();
    await until('it is closed', () => calls.at(-1) === 'onClosed');
    const between = { onOpened: [], onFrame: ['onFrame'], onClosed: ['onFrame', 'onFrame'] }[when];
    assert.equal(calls, ['onOpened', ...between, 'onClosed'], when);
  }
});

function peerOf() {
  return { onFrame() {}, onOpened() {}, onClosed() {}, onDrained() {} };
}

/** Longer than a test waits for anything. */
const NEVER_MS = 3_600_000;

it('cuts strangers at once, whatever they do', {
  shutAfter: 1000,
  bounds: { connectTimeoutMs: NEVER_MS },
}, async ({ side, raw, events }) => {
  const { pass } = side();
  for (const first of [
    login('wrong'),
    login(''),
    'CONNECT {}\r\n',
    'CONNECT {rubbish\r\n',
    'PING\r\n',
    `PUB ${TO_MASTER} 1000000\r\n`,
    'GET / HTTP/1.1\r\n\r\n',
    `CONNECT ${'x'.repeat(5000)}`,
  ]) {
    await refused(await raw(first));
  }
  assert.equal([pass.isOpen, events], [false, []]);
});

it('cuts who says nothing after a while', { bounds: { connectTimeoutMs: 100 } }, async ({ raw, events }) => {
  await refused(await raw(''));
  assert.equal(events, []);
});

it('does not let a client have a second pass', {}, async ({ side, slave }) => {
  const [mine, other] = [side('data.1'), side('data.2')];
  const client = await slave(mine);
  client.send(login(other.pass.secret));
  await client.closed();
  assert.equal([mine.log, other.log], [['opened', 'closed'], []]);
});

/** Strangers that fail while its thread is kept from the processor are forgiven, so that it takes more of them. */
const ROUNDS_OF_FLOOD = 2_000;

/** Connects without waiting for anything. */
function knock(port: number, say: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(port, '127.0.0.1', () => {
      if (say === undefined) socket.end();
      else socket.write(say);
    });
    socket.on('error', () => {});
    let wasServed = false;
    socket.on('data', () => {
      wasServed = true;
    });
    socket.on('close', () => resolve(wasServed));
  });
}

for (const [how, said] of [
  ['wrong secrets', login('wrong')],
  ['nothing at all', undefined],
] as const) {
  it(`shuts for a while after a flood of ${how}, and an open session goes on`, {
    shutMs: 400,
  }, async (stage) => {
    const { port, side, slave, events } = stage;
    const here = side();
    const client = await slave(here);
    let wasServed: Promise<boolean> | undefined;
    // In that tick: later it may be open again
    stage.onEvent = () => {
      wasServed = knock(port, said);
    };
    for (let round = 0; events.length === 0; round++) {
      assert.ok(round < ROUNDS_OF_FLOOD);
      await Promise.all(Array.from({ length: 10 }, () => knock(port, said)));
    }
    assert.is(await wasServed, false, 'it is shut');
    const [event] = events;
    if (event?.type !== 'port-shut') throw new Error('another event');
    assert.is(event.port, port);
    assert.ok(event.failures > 16 && event.failures < 100, String(event.failures));
    client.send(pub(TO_MASTER, 'x'));
    await client.flush();
    here.pass.send(Buffer.from('y'));
    assert.is(await client.flush(), `MSG ${TO_SLAVE} 1 1\r\ny\r\n`);
    assert.equal([here.frames, here.pass.isOpen], [[Buffer.from('x')], true]);
    const another = side('data.2');
    await until('it opens again, at the same port', async () => {
      await slave(another, 'data.2').catch(() => {});
      return another.pass.isOpen;
    });
    assert.is(events.length, 1);
  });
}

it('shuts when many are there who say nothing, and cuts them', { shutMs: 100, mostPasses: 3 }, async ({
  side,
  slave,
  raw,
  events,
}) => {
  const sides = ['data.1', 'data.2', 'data.3'].map((name) => side(name));
  const silent = await Promise.all(Array.from({ length: 19 }, () => raw('')));
  assert.equal(events, []);
  await raw('').catch(() => {});
  await Promise.all(silent.map(refused));
  assert.equal(
    events.map(({ type }) => type),
    ['port-shut'],
  );
  await until('slaves come in again', async () => {
    await slave(sides[0] as Side).catch(() => {});
    return sides[0]?.pass.isOpen === true;
  });
});

it('lets all its slaves in at once', {}, async ({ side, slave, events }) => {
  const names = Array.from({ length: 60 }, (_, index) => `data.${index}`);
  const sides = names.map((name) => side(name));
  await Promise.all(sides.map((here, index) => slave(here, names[index])));
  assert.ok(sides.every(({ pass }) => pass.isOpen));
  assert.equal(events, []);
});

it('condemns nobody when it was blocked, and lets new ones in', {
  bounds: { connectTimeoutMs: 1000 },
}, async ({ side, slave, port, events, elsewhere }) => {
  const names = ['data.1', 'data.2', 'data.3', 'data.4'];
  const [open, waiting, late, after] = names.map((name) => side(name)) as [Side, Side, Side, Side];
  const slaveOf = ({ pass: { secret } }: Side, name: string) => ({
    port,
    slave: { token: secret, toMaster: `${name}.to-master`, toSlave: `${name}.to-slave` },
  });
  const session = elsewhere(slaveOf(open, 'data.1'));
  await until('a session is open', () => open.frames.length > 2);
  let blocked = false;
  // It has its INFO, and the time for its CONNECT passes while nobody can read that.
  const connecting = elsewhere(
    { port, late: `${login(late.pass.secret)}SUB data.3.to-slave 1\r\nPING\r\n` },
    (report) => {
      if (report !== 'info') return;
      const arriving = elsewhere(slaveOf(waiting, 'data.2'));
      const givingUp = elsewhere({ port, givenUp: 60 });
      block(2500, () => givingUp.done === 60 && connecting.done === 1);
      blocked = true;
      assert.equal([arriving.reports, givingUp.reports], [[], []]);
    },
  );
  await until('they are in', () => waiting.pass.isOpen && late.pass.isOpen);
  assert.ok(blocked);
  const before = open.frames.length;
  open.pass.send(Buffer.from('are you there?'));
  await until('the old session goes on', () => open.frames.some((frame) => frame.length > 1));
  assert.ok(open.frames.length > before);
  await slave(after, 'data.4');
  await pause(1600);
  await slave(after, 'data.4');
  assert.equal(
    [open, waiting, late].map(({ log }) => log),
    [['opened'], ['opened'], ['opened']],
  );
  assert.equal([session.reports, connecting.reports, events], [['connected'], ['info', 'pong'], []]);
});

it('keeps at most 1 MB for a slave that does not read, and says when it has read it', {}, async ({
  side,
  slave,
}) => {
  const here = side();
  const client = await slave(here);
  client.socket.pause();
  let sent = 0;
  while (here.pass.send(Buffer.alloc(100_000))) {
    sent++;
    await pause(1);
  }
  for (let again = 0; again < 10; again++) assert.not(here.pass.send(Buffer.alloc(0)));
  assert.equal(here.log, ['opened']);
  client.socket.resume();
  await until('it is drained', () => here.log.length > 1);
  assert.ok(here.pass.send(Buffer.from('x')));
  assert.is((await client.flush()).split('MSG').length - 1, sent + 1);
  assert.equal(here.log, ['opened', 'drained']);
});

it('says nothing of a drain when the slave is gone', {}, async ({ side, slave }) => {
  const here = side();
  const client = await slave(here);
  client.socket.pause();
  while (here.pass.send(Buffer.alloc(100_000))) await pause(1);
  client.close();
  await until('it is closed', () => !here.pass.isOpen);
  await pause(20);
  assert.equal(here.log, ['opened', 'closed']);
});

it('has bounds for lines and payloads', {}, async ({ side, slave }) => {
  const here = side();
  const client = await slave(here);
  client.send(`PUB ${TO_MASTER} ${MEGABYTE + 1}\r\n`);
  assert.is(await client.closed(), "-ERR 'Maximum Payload Violation'\r\n");
  const again = await slave(here);
  assert.throws(() => here.pass.send(Buffer.alloc(MEGABYTE + 1)), RangeError);
  again.send(`PUB ${'a'.repeat(5000)} 1\r\n`);
  assert.is(await again.closed(), "-ERR 'maximum control line exceeded'\r\n");
});

it('gives no more passes than it may, and none with a wildcard', { mostPasses: 2 }, async ({
  dataPort,
  side,
}) => {
  const first = side('data.1');
  for (const wrong of ['data.*', '>', 'data..1', '', 'a b']) {
    assert.throws(() => dataPort.admit({ toMaster: wrong, toSlave: 'b' }, peerOf()), RangeError);
    assert.throws(() => dataPort.admit({ toMaster: 'a', toSlave: wrong }, peerOf()), RangeError);
  }
  side('data.2');
  const subjects = { toMaster: 'a', toSlave: 'b' };
  assert.is(dataPort.admit(subjects, peerOf()), undefined);
  first.pass.revoke();
  const third = dataPort.admit(subjects, peerOf());
  assert.ok(third);
  assert.is.not(third?.secret, first.pass.secret);
});

it('throws errors of a peer elsewhere', {}, async ({ dataPort, raw }) => {
  const thrown: string[] = [];
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', ({ message }) => thrown.push(message));
  const fail = (what: string) => () => {
    throw new Error(what);
  };
  try {
    const pass = dataPort.admit(
      { toMaster: TO_MASTER, toSlave: TO_SLAVE },
      {
        onFrame: fail('frame'),
        onOpened: fail('opened'),
        onClosed: fail('closed'),
        onDrained: fail('drained'),
      },
    );
    const client = await raw(`${login(String(pass?.secret))}SUB ${TO_SLAVE} 1\r\n${pub(TO_MASTER, 'x')}`);
    await client.flush();
    client.close();
    await until('it is closed', () => thrown.length === 3);
    assert.equal(thrown, ['opened', 'frame', 'closed']);
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of others) process.on('uncaughtException', listener);
  }
});

it('closes all at its end, also while it is shut', { shutAfter: 0, shutMs: 50 }, async ({
  dataPort,
  side,
  slave,
  port,
  events,
}) => {
  const here = side();
  const client = await slave(here);
  for (let round = 0; events.length === 0; round++) {
    assert.ok(round < ROUNDS_OF_FLOOD);
    await knock(port, login('wrong'));
  }
  await Promise.all([dataPort.stop(), dataPort.stop()]);
  await client.closed();
  assert.equal([here.log, here.pass.isOpen], [['opened', 'closed'], false]);
  assert.is(dataPort.admit({ toMaster: 'a', toSlave: 'b' }, peerOf()), undefined);
  await pause(100);
  assert.is(await knock(port, undefined), false);
});

ports('it says where it cannot listen', async () => {
  const other = createServer();
  const port = await new Promise<number>((resolve) =>
    other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
  );
  try {
    await DataPort.open({ host: '127.0.0.1', port, mostPasses: 1 }, () => {}).then(
      () => assert.unreachable(),
      (error: MwError) => {
        assert.instance(error, MwError);
        assert.is(error.code, 'ERR_MW_BROKER');
        assert.match(
          error.message,
          new RegExp(
            `^the data port cannot listen on 127.0.0.1:${port}: another program has that port; .*EADDRINUSE`,
          ),
        );
      },
    );
  } finally {
    other.close();
  }
});

ports.run();
