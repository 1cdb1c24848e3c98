/** A participant without a socket: messages to clients and from them, and the limits for both. */
import { once } from 'node:events';
import { type ConnectionOptions, connect, type NatsConnection } from 'nats';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Attachment, MOST_UNSENT } from '../../src/broker/attachment.js';
import type { BrokerOptions } from '../../src/broker/options.js';
import { BrokerServer } from '../../src/broker/server.js';
import { until } from '../support/programs.js';
import { CONNECT_QUIET, hpub, pub, RawNats } from '../support/raw-nats.js';
import { pair, pem } from '../support/tls-files.js';

interface Stage {
  readonly server: BrokerServer;
  readonly own: Attachment;
  /** The messages that the attachment heard: subject, payload, and the rest where there is some. */
  readonly heard: string[];
  /** Lets the attachment write down what it hears there. */
  listen(subject: string, attachment?: Attachment): () => void;
  raw(first?: string): Promise<RawNats>;
  official(options?: ConnectionOptions): Promise<NatsConnection>;
}

const attachments = suite('broker attachment');

/** Of an answer from this thread, which may be kept from the processor. */
const ANSWERED = { timeout: 30_000 };

function it(name: string, options: Partial<BrokerOptions>, body: (stage: Stage) => Promise<void>): void {
  attachments(`it ${name}`, async () => {
    const server = new BrokerServer({ host: '127.0.0.1', port: 0, ...options });
    const own = server.attach();
    const heard: string[] = [];
    const raws: RawNats[] = [];
    const officials: NatsConnection[] = [];
    try {
      const port = await server.listen();
      await body({
        server,
        own,
        heard,
        listen: (subject, attachment = own) =>
          attachment.subscribe(subject, (said, payload, { noResponders, reply }) => {
            const more = `${reply === undefined ? '' : ` reply ${reply}`}${noResponders ? ' 503' : ''}`;
            heard.push(`${said} ${Buffer.from(payload).toString('latin1')}${more}`);
          }),
        async raw(first) {
          const client = await RawNats.open(port, first);
          raws.push(client);
          return client;
        },
        async official(more) {
          const client = await connect({ servers: `127.0.0.1:${port}`, reconnect: false, ...more });
          officials.push(client);
          return client;
        },
      });
    } finally {
      for (const client of raws) client.close();
      await Promise.all(officials.map((client) => client.close()));
      await server.stop();
    }
    assert.is(server.totalPending, 0);
  });
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/** The messages of an attachment, sent once or again, and what a client with these subscriptions hears of them. */
const TALKS: readonly (readonly [
  name: string,
  said: string,
  sent: readonly [subject: string, payload: string, reply?: string][],
  heard: string,
])[] = [
  ['reaches a client', 'SUB a 1\r\n', [['a', 'hi']], 'MSG a 1 2\r\nhi\r\n'],
  ['sends a reply subject', 'SUB a 1\r\n', [['a', 'hi', 'r']], 'MSG a 1 r 2\r\nhi\r\n'],
  ['sends an empty payload', 'SUB a 1\r\n', [['a', '']], 'MSG a 1 0\r\n\r\n'],
  [
    'reaches * and >',
    'SUB a.> 1\r\nSUB a.* 2\r\n',
    [['a.b', 'x']],
    'MSG a.b 1 1\r\nx\r\nMSG a.b 2 1\r\nx\r\n',
  ],
  [
    'keeps the order, over several subjects',
    'SUB * 1\r\n',
    [
      ['a', 'x'],
      ['b', 'y'],
      ['a', 'z'],
    ],
    'MSG a 1 1\r\nx\r\nMSG b 1 1\r\ny\r\nMSG a 1 1\r\nz\r\n',
  ],
  [
    'ends a subscription after its max',
    'SUB a 1\r\nUNSUB 1 2\r\n',
    Array.from({ length: 3 }, () => ['a', 'x'] as [string, string]),
    'MSG a 1 1\r\nx\r\n'.repeat(2),
  ],
  ['reaches one member of a group', 'SUB a q 1\r\nSUB a q 1\r\n', [['a', 'x']], 'MSG a 1 1\r\nx\r\n'],
  [
    'sends bytes of all values',
    'SUB \xe9 1\r\n',
    [['\xe9', '\0\xff', '\xe8']],
    'MSG \xe9 1 \xe8 2\r\n\0\xff\r\n',
  ],
];

for (const [name, said, sent, heard] of TALKS) {
  it(name, {}, async ({ own, raw }) => {
    const client = await raw(CONNECT_QUIET + said);
    await client.flush();
    for (const [subject, payload, reply] of sent) assert.ok(own.send(subject, bytes(payload), reply));
    assert.is(await client.flush(), heard);
  });
}

it('knows new subscriptions to a subject that it used before', {}, async ({ own, raw }) => {
  const client = await raw();
  own.send('a', bytes('x'));
  client.send('SUB a 1\r\n');
  await client.flush();
  own.send('a', bytes('y'));
  assert.is(await client.flush(), 'MSG a 1 1\r\ny\r\n');
});

it('shares its messages among a group as a client does', {}, async ({ own, raw }) => {
  const members = [await raw(), await raw(), await raw()];
  for (const member of members) {
    member.send('SUB a q 1\r\n');
    await member.flush();
  }
  for (let sent = 0; sent < 30; sent++) own.send('a', bytes('x'));
  for (const member of members) assert.is((await member.flush()).split('MSG').length - 1, 10);
});

for (const size of [100, 16 * 1024, 200_000, 1024 * 1024]) {
  it(`has copied a payload of ${size} bytes when the tick is over`, {}, async ({ own, raw }) => {
    const clients = [await raw(), await raw()];
    for (const client of clients) {
      client.send('SUB a 1\r\n');
      await client.flush();
    }
    const payload = Buffer.alloc(size, 'x');
    own.send('a', payload);
    payload.fill('y');
    for (const client of clients) {
      assert.ok((await client.flush()) === `MSG a 1 ${size}\r\n${'x'.repeat(size)}\r\n`);
    }
  });
}

it('hears clients, without their headers', {}, async ({ heard, listen, raw }) => {
  listen('a.*');
  const client = await raw();
  const header = 'NATS/1.0 503\r\n\r\n';
  client.send(pub('a.b', 'hi') + pub('a.c', '', 'r') + hpub('a.d', header, 'ho', 'r.1') + pub('b', 'x'));
  await client.flush();
  assert.equal(heard, ['a.b hi', 'a.c  reply r', 'a.d ho reply r.1']);
});

it('hears what came in pieces, and large payloads', {}, async ({ own, raw }) => {
  const sizes: number[] = [];
  own.subscribe('a', (_, payload) => {
    assert.ok(Buffer.from(payload).equals(Buffer.alloc(payload.length, 'x')));
    sizes.push(payload.length);
  });
  const client = await raw();
  const said = pub('a', 'xx');
  for (let cut = 1; cut < said.length; cut++) {
    client.send(said.slice(0, cut));
    await (await raw()).flush();
    client.send(said.slice(cut) + pub('a', 'x'.repeat(300_000)));
    await client.flush();
    assert.equal(sizes.splice(0), [2, 300_000]);
  }
});

it('hears no more when its subscription has ended, also in the middle of a message', {}, async ({
  own,
  heard,
  listen,
  raw,
}) => {
  const end = listen('a');
  let endOther: () => void = () => {};
  const first = own.subscribe('b', () => endOther());
  endOther = listen('b');
  const client = await raw();
  client.send(pub('a', 'x') + pub('b', 'x'));
  await client.flush();
  assert.equal(heard.splice(0), ['a x']);
  end();
  end();
  first();
  client.send(`SUB r 1\r\n${pub('a', 'x', 'r')}`);
  assert.match(await client.flush(), /503/);
  assert.equal(heard, []);
});

it('does not hear itself, but another attachment', {}, async ({ server, own, heard, listen }) => {
  const other = server.attach();
  listen('a');
  listen('a', other);
  own.send('a', bytes('x'));
  assert.equal(heard, ['a x']);
});

it('may publish to another attachment while that one publishes to it', {}, async ({ server, own }) => {
  const other = server.attach();
  const heard: string[] = [];
  own.subscribe('to.own', (_, payload) => {
    if (payload.length < 5) own.send('to.other', bytes(`${Buffer.from(payload)}x`));
    heard.push(`own ${Buffer.from(payload)}`);
  });
  other.subscribe('to.other', (_, payload) => {
    own.send('nobody', bytes('yyyyyyy'));
    other.send('to.own', bytes(`${Buffer.from(payload)}x`));
    heard.push(`other ${Buffer.from(payload)}`);
  });
  own.send('to.other', bytes('x'));
  assert.equal(heard, ['own xxxxxx', 'other xxxxx', 'own xxxx', 'other xxx', 'own xx', 'other x']);
});

it('is told in the next tick that nobody hears, on its own subscription', {}, async ({
  own,
  server,
  heard,
  listen,
  raw,
}) => {
  const client = await raw(`${CONNECT_QUIET}SUB r 1\r\n`);
  await client.flush();
  listen('r', server.attach());
  const end = listen('r');
  assert.ok(own.send('nobody', bytes('x'), 'r'));
  assert.ok(own.send('nobody', bytes('x')));
  assert.ok(own.send('nobody', bytes('x'), 'nobody.either'));
  assert.equal(heard, [], 'not while it sends');
  await client.flush();
  assert.equal(heard.splice(0), ['r  503'], 'nobody else is told');
  own.send('nobody', bytes('x'), 'r');
  end();
  assert.is(await client.flush(), '');
  assert.equal(heard, []);
});

it('answers requests of official clients, and asks them', {}, async ({ own, official }) => {
  const client = await official();
  own.subscribe('echo', (_, payload, { reply }) => void own.send(String(reply), payload));
  assert.is((await client.request('echo', 'hello', ANSWERED)).string(), 'hello');
  const large = Uint8Array.from({ length: 1_000_000 }, (_, index) => index % 251);
  assert.ok(Buffer.from(large).equals((await client.request('echo', large, ANSWERED)).data));
  client.subscribe('ask', { callback: (_, message) => message.respond(message.data) });
  await client.flush();
  const answered = new Promise((resolve) => {
    own.subscribe('answer', (_, payload, { noResponders }) =>
      resolve([Buffer.from(payload).toString(), noResponders]),
    );
  });
  own.send('ask', bytes('42'), 'answer');
  assert.equal(await answered, ['42', false]);
});

it('loses nothing and keeps the order under load, both ways', {}, async ({ own, official }) => {
  const total = 20_000;
  const client = await official();
  let [there, back] = [0, 0];
  client.subscribe('there', {
    callback: (_, { data }) => {
      assert.is(Buffer.from(data).readUInt32LE(0), there++);
      client.publish('back', data);
    },
  });
  await client.flush();
  own.subscribe('back', (_, payload) => {
    assert.is((payload as Buffer).readUInt32LE(0), back++);
  });
  for (let number = 0; number < total; number++) {
    const payload = Buffer.alloc(4 + (number % 400));
    payload.writeUInt32LE(number, 0);
    while (!own.send('there', payload)) {
      await new Promise<void>((resolve) => {
        own.onDrained = resolve;
      });
    }
  }
  await until('all came back', () => back === total);
});

it('harms nobody else when its handler throws', {}, async ({ own, heard, listen, raw }) => {
  const thrown: unknown[] = [];
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => thrown.push(error.message));
  try {
    own.subscribe('a', () => {
      throw new Error('a bad handler');
    });
    listen('a');
    const client = await raw(`${CONNECT_QUIET}SUB a 1\r\n`);
    client.send(pub('a', 'x') + pub('a', 'y'));
    assert.is(await client.flush(), 'MSG a 1 1\r\nx\r\nMSG a 1 1\r\ny\r\n');
    assert.equal(heard, ['a x', 'a y']);
    assert.equal(thrown, ['a bad handler', 'a bad handler']);
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of others) process.on('uncaughtException', listener);
  }
});

it('refuses what the protocol cannot carry', { maxPayload: 10 }, async ({ own }) => {
  const nothing = bytes('');
  for (const word of ['', 'a b', 'a\r\nPUB b 1', 'a\tb', 'a\0', '€']) {
    assert.throws(() => own.send(word, nothing), /no word/);
    assert.throws(() => own.send('a', nothing, word), /no word/);
    assert.throws(() => own.subscribe(word, () => {}), /no word/);
  }
  for (const subject of ['a..b', 'a.>.b', '.'])
    assert.throws(() => own.subscribe(subject, () => {}), /invalid/);
  assert.ok(own.send('a', Buffer.alloc(10)));
  assert.throws(() => own.send('a', Buffer.alloc(11)), /payload of 11 bytes/);
});

/** Sends until a recipient is full. */
function fill(own: Attachment, subject: string): number {
  let sent = 0;
  while (own.send(subject, Buffer.alloc(100_000))) sent++;
  return sent;
}

async function deaf(raw: Stage['raw'], said: string): Promise<RawNats> {
  const client = await raw(CONNECT_QUIET + said);
  await client.flush();
  client.socket.pause();
  return client;
}

it('waits for a recipient that leaves much unread, and is told once when it has read all', {}, async ({
  server,
  own,
  raw,
}) => {
  const slow = await deaf(raw, 'SUB a 1\r\n');
  const quick = await raw(`${CONNECT_QUIET}SUB > 1\r\n`);
  await quick.flush();
  let drained = 0;
  let pendingThen = -1;
  own.onDrained = () => {
    drained++;
    pendingThen = server.totalPending;
  };
  let sent = 0;
  // The quick one takes part: nobody gets what one of them cannot.
  for (; own.send('a', Buffer.alloc(100_000)); sent++) await quick.take(/MSG a 1 100000\r\n\0{100000}\r\n/);
  assert.not(own.send('a', bytes('x')));
  assert.is(await quick.flush(), '');
  assert.ok(server.totalPending >= MOST_UNSENT && server.totalPending < MOST_UNSENT + 200_000);
  assert.ok(own.send('b', bytes('x')), 'others are reached');
  assert.is(await quick.flush(), 'MSG b 1 1\r\nx\r\n');
  assert.is(drained, 0);
  slow.socket.resume();
  await until('it is drained', () => drained > 0);
  assert.equal([drained, pendingThen], [1, 0]);
  assert.is((await slow.flush()).split('MSG a').length - 1, sent);
  assert.ok(own.send('a', bytes('x')));
  await quick.flush();
  assert.is(drained, 1);
});

it('is told when the recipient for which it waits is gone', {}, async ({ own, raw }) => {
  const gone = await deaf(raw, 'SUB a 1\r\n');
  fill(own, 'a');
  const drained = new Promise<void>((resolve) => {
    own.onDrained = resolve;
  });
  gone.close();
  await drained;
  assert.ok(own.send('a', bytes('x')));
});

it('waits for the member of a group whose turn it is, and does not take its turn away', {}, async ({
  own,
  raw,
}) => {
  const full = await raw(`${CONNECT_QUIET}SUB a q 1\r\nSUB fill 2\r\n`);
  const other = await raw(`${CONNECT_QUIET}SUB a q 1\r\n`);
  for (const member of [full, other]) await member.flush();
  // Any of them may be the first one.
  do own.send('a', bytes('x'));
  while ((await other.flush()) === '');
  full.socket.pause();
  fill(own, 'fill');
  for (let again = 0; again < 5; again++) assert.not(own.send('a', bytes('y')));
  assert.is(await other.flush(), '');
  const drained = new Promise<void>((resolve) => {
    own.onDrained = resolve;
  });
  full.socket.resume();
  await drained;
  assert.ok(own.send('a', bytes('z')));
  assert.match(await full.flush(), /MSG a 1 1\r\nz\r\n$/);
});

it('tells each attachment that waits', {}, async ({ server, own, raw }) => {
  const slow = await deaf(raw, 'SUB a 1\r\n');
  const both = [own, server.attach()];
  fill(own, 'a');
  assert.not(both.some((one) => one.send('a', bytes('x'))));
  const drained = both.map(
    (one) =>
      new Promise<void>((resolve) => {
        one.onDrained = resolve;
      }),
  );
  slow.socket.resume();
  await Promise.all(drained);
});

it('may do everything among guests', {
  guests: { ownerToken: 'owner', mayPublish: ['to.*'], mayHear: ['from.*'] },
}, async ({ own, heard, listen, raw }) => {
  listen('>');
  const guest = await raw(`${CONNECT_QUIET}SUB from.a 1\r\n${pub('to.a', 'x')}${pub('else', 'x')}`);
  assert.match(await guest.flush(), /^-ERR 'Permissions Violation for Publish to "else"'\r\n$/);
  assert.equal(heard, ['to.a x']);
  own.send('from.a', bytes('y'));
  assert.is(await guest.flush(), 'MSG from.a 1 1\r\ny\r\n');
});

for (const verify of [false, true]) {
  const tls = { ...pair('broker'), ...(verify ? { clientCa: pem('ca') } : {}) };
  it(`talks with clients over ${verify ? 'mutual ' : ''}TLS`, { tls }, async ({ own, official }) => {
    const client = await official({ tls: { ca: pem('ca'), ...(verify ? pair('client') : {}) } });
    own.subscribe('echo', (_, payload, { reply }) => void own.send(String(reply), payload));
    for (const size of [0, 100, 256 * 1024, 1_000_000]) {
      const sent = Buffer.alloc(size, 'x');
      assert.ok(sent.equals((await client.request('echo', sent, ANSWERED)).data));
    }
    if (!verify) return;
    await official({ tls: { ca: pem('ca') } }).then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, /Client Certificate Required/),
    );
  });
}

it('outlives the server without harm', {}, async ({ server, own, heard, listen, raw }) => {
  const client = await raw(`${CONNECT_QUIET}SUB a 1\r\n`);
  await client.flush();
  listen('b');
  const closed = once(client.socket, 'close');
  await server.stop();
  await closed;
  assert.ok(own.send('a', bytes('x')));
  assert.equal(heard, []);
});

attachments.run();
