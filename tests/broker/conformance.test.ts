/** The duties of a core-NATS server, byte for byte, asked of nats-server and of our server in either thread alike. */
import { type ConnectionOptions, connect, headers, type NatsConnection } from 'nats';
import * as assert from 'uvu/assert';
import { BROKERS, IN_PROCESS, type TestBroker } from '../support/brokers.js';
import type { NatsServerOptions } from '../support/nats-server.js';
import { CONNECT_QUIET, hpub, pub, RawNats } from '../support/raw-nats.js';
import { suiteInTurns } from '../support/turns.js';

/** Of an answer from this thread, which may be kept from the processor. */
const ANSWERED = { timeout: 30_000 };
const HEADERS = 'NATS/1.0\r\nk: v\r\n\r\n';
const NO_RESPONDERS = '16 16\r\nNATS/1.0 503\r\n\r\n\r\n';

/** The tools of a test; all that it opens is closed after it. */
interface Stage {
  readonly broker: TestBroker;
  raw(first?: string): Promise<RawNats>;
  official(options?: ConnectionOptions): Promise<NatsConnection>;
}

const conformance = suiteInTurns('broker conformance');
let registered = 0;

function it(name: string, body: (stage: Stage) => Promise<void>, options: NatsServerOptions = {}): void {
  for (const kind of [...BROKERS, IN_PROCESS]) {
    const isShort = kind.name === 'embedded' && registered++ % 3 === 0;
    const register = isShort ? conformance : conformance.long;
    register(`it ${name} (${kind.name})`, async () => {
      const broker = await kind.start(options);
      const raws: RawNats[] = [];
      const officials: NatsConnection[] = [];
      try {
        await body({
          broker,
          async raw(first) {
            const client = await RawNats.open(broker.port, first);
            raws.push(client);
            return client;
          },
          async official(more) {
            const client = await connect({ servers: broker.url, reconnect: false, ...more });
            officials.push(client);
            return client;
          },
        });
      } finally {
        for (const client of raws) client.close();
        await Promise.all(officials.map((client) => client.close()));
        await broker.stop();
      }
    });
  }
}

it('introduces itself', async ({ broker, raw }) => {
  const client = await raw();
  const info = JSON.parse(client.info.slice('INFO '.length)) as Record<string, unknown>;
  assert.is(info.headers, true);
  assert.is(info.max_payload, 1048576);
  assert.is(info.proto, 1);
  assert.is(info.port, broker.port);
  assert.type(info.server_id, 'string');
  assert.not(info.auth_required);
});

/** The words of one quiet client, and all that it hears until the PONG. */
const TALKS: readonly (readonly [name: string, said: string, heard: string])[] = [
  ['carries PUB to SUB', `SUB a 1\r\n${pub('a', 'hi')}`, 'MSG a 1 2\r\nhi\r\n'],
  ['carries a reply subject', `SUB a 1\r\n${pub('a', 'hi', 'r')}`, 'MSG a 1 r 2\r\nhi\r\n'],
  ['carries an empty payload', `SUB a 1\r\n${pub('a', '')}`, 'MSG a 1 0\r\n\r\n'],
  [
    'carries protocol words as payload',
    `SUB a 1\r\n${pub('a', '\r\nPUB a 1')}`,
    'MSG a 1 9\r\n\r\nPUB a 1\r\n',
  ],
  ['carries headers', `SUB a 1\r\n${hpub('a', HEADERS, 'hi', 'r')}`, `HMSG a 1 r 18 20\r\n${HEADERS}hi\r\n`],
  ['takes blanks, tabs and bare line feeds', 'sub\ta   1 \nPub  a\t 2 \nhi\r\n', 'MSG a 1 2\r\nhi\r\n'],
  ['sends * one token', `SUB a.* 1\r\n${pub('a.b', 'x')}${pub('a.b.c', 'y')}`, 'MSG a.b 1 1\r\nx\r\n'],
  ['sends > all tokens', `SUB a.> 1\r\n${pub('a', 'x')}${pub('a.b.c', 'y')}`, 'MSG a.b.c 1 1\r\ny\r\n'],
  ['sends nobody what has an empty token', `SUB > 1\r\n${pub('a..b', 'x')}`, ''],
  ['lets a literal subscription be', `SUB a.b 1\r\n${pub('a.*', 'x')}`, ''],
  ['ends at UNSUB', `SUB a 1\r\nUNSUB 1\r\n${pub('a', 'x')}`, ''],
  ['forgives an unknown sid', 'UNSUB 9\r\n', ''],
  [
    'ends after the max of UNSUB',
    `SUB a 1\r\nUNSUB 1 2\r\n${pub('a', 'x').repeat(3)}`,
    'MSG a 1 1\r\nx\r\n'.repeat(2),
  ],
  [
    'counts what came before UNSUB',
    `SUB a 1\r\n${pub('a', 'x').repeat(2)}UNSUB 1 2\r\n${pub('a', 'y')}`,
    'MSG a 1 1\r\nx\r\n'.repeat(2),
  ],
  ['keeps the first of two SUBs with one sid', `SUB a 1\r\nSUB b 1\r\n${pub('b', 'x')}`, ''],
  ['refuses an invalid subject and goes on', 'SUB a..b 1\r\n', "-ERR 'Invalid Subject'\r\n"],
  ['refuses > in the middle and goes on', 'SUB a.>.b 1\r\n', "-ERR 'Invalid Subject'\r\n"],
  [
    'says that there are no responders',
    `SUB r.* 7\r\n${pub('a', 'x', 'r.1')}`,
    `HMSG r.1 7 ${NO_RESPONDERS}`,
  ],
  ['says nothing where there is no reply', `SUB r.* 7\r\n${pub('a', 'x')}`, ''],
  [
    'says nothing where there is a responder',
    `SUB r 7\r\nSUB a 8\r\n${pub('a', 'x', 'r')}`,
    'MSG a 8 r 1\r\nx\r\n',
  ],
];

for (const [name, said, heard] of TALKS) {
  it(name, async ({ raw }) => {
    const client = await raw();
    client.send(said);
    assert.is(await client.flush(), heard);
  });
}

it('answers every PING, also those in another spelling, and needs no answer to PONG', async ({ raw }) => {
  const client = await raw();
  client.send('PING\r\nping\nPONG\r\nPINGS\r\n');
  assert.is(await client.take(/^PONG\r\nPONG\r\nPONG\r\n/), 'PONG\r\n'.repeat(3));
});

it('keeps what a second CONNECT leaves out', async ({ raw }) => {
  const client = await raw();
  client.send(`CONNECT {"echo":false}\r\nSUB a 1\r\nSUB r 2\r\n${pub('a', 'x', 'r')}`);
  assert.is(await client.flush(), `HMSG r 2 ${NO_RESPONDERS}`);
});

it('reads a message cut at every byte boundary', async ({ raw }) => {
  const client = await raw();
  const said = `SUB a 1\r\n${pub('a', 'hi', 'r')}${hpub('a', HEADERS, 'ho')}UNSUB 1\r\n`;
  const heard = `MSG a 1 r 2\r\nhi\r\nHMSG a 1 18 20\r\n${HEADERS}ho\r\n`;
  for (let cut = 1; cut < said.length; cut++) {
    client.send(said.slice(0, cut));
    // Another client's round trip: the first part has been read by itself by then.
    const other = await raw();
    await other.flush();
    other.close();
    client.send(said.slice(cut));
    assert.is(await client.flush(), heard, `cut at ${cut}`);
  }
});

it('runs thousands of commands of one segment in their order', async ({ raw }) => {
  const client = await raw();
  const numbers = Array.from({ length: 5000 }, (_, index) => String(index));
  client.send(`SUB a 1\r\n${numbers.map((number) => pub('a', number)).join('')}`);
  const heard = numbers.map((number) => `MSG a 1 ${number.length}\r\n${number}\r\n`).join('');
  assert.is(await client.flush(), heard);
});

it('confirms each command when verbose, which is so until CONNECT says otherwise', async ({ raw }) => {
  const client = await raw('');
  client.send(`SUB a 1\r\n${pub('a', 'x')}UNSUB 1\r\nCONNECT {}\r\n`);
  assert.is(await client.flush(), '+OK\r\n+OK\r\nMSG a 1 1\r\nx\r\n+OK\r\n+OK\r\n');
  client.send('CONNECT {"verbose":false}\r\nSUB b 2\r\n');
  assert.is(await client.flush(), '');
});

it('complains of a wildcard in PUB when pedantic, and carries it all the same', async ({ raw }) => {
  const client = await raw('CONNECT {"verbose":false,"pedantic":true}\r\n');
  client.send(`SUB > 1\r\n${pub('a.*', 'x')}`);
  assert.is(await client.flush(), "-ERR 'Invalid Publish Subject'\r\nMSG a.* 1 1\r\nx\r\n");
});

it('sends nobody his own messages with echo off', async ({ raw }) => {
  const quiet = await raw(CONNECT_QUIET.replace('{', '{"echo":false,'));
  const other = await raw();
  quiet.send('SUB a 1\r\nSUB a q 2\r\n');
  other.send('SUB a 3\r\nSUB a q 4\r\n');
  await other.flush();
  quiet.send(pub('a', 'x'));
  assert.is(await quiet.flush(), '');
  await other.take(/(MSG a [34] 1\r\nx\r\n){2}/);
  other.send(pub('a', 'y'));
  await quiet.take(/MSG a 1 1\r\ny\r\n/);
});

it('says that there are no responders where the only one is the deaf publisher', async ({ raw }) => {
  const client = await raw(CONNECT_QUIET.replace('{', '{"echo":false,'));
  client.send(`SUB a 1\r\nSUB r 2\r\n${pub('a', 'x', 'r')}`);
  assert.is(await client.flush(), `HMSG r 2 ${NO_RESPONDERS}`);
});

it('takes the headers off for a client that wants none', async ({ raw }) => {
  const plain = await raw('CONNECT {"verbose":false}\r\n');
  plain.send('SUB a 1\r\n');
  await plain.flush();
  const client = await raw();
  client.send(hpub('a', HEADERS, 'hi', 'r') + hpub('a', HEADERS, 'ho'));
  await client.flush();
  await plain.take(/MSG a 1 r 2\r\nhi\r\nMSG a 1 2\r\nho\r\n/);
});

it('gives each message to one member of a queue group, and to each group', async ({ raw }) => {
  const [left, right, publisher] = [await raw(), await raw(), await raw()];
  left.send('SUB a q 1\r\nSUB a 2\r\n');
  right.send('SUB * q 1\r\nSUB a p 3\r\n');
  await left.flush();
  await right.flush();
  publisher.send(pub('a', 'x').repeat(400));
  await publisher.flush();
  const heard = (await left.flush()) + (await right.flush());
  const count = (sid: number, text = heard): number => text.split(`MSG a ${sid} `).length - 1;
  assert.is(count(1), 400);
  assert.is(count(2), 400);
  assert.is(count(3), 400);
});

it(
  'names subject and queue to whom they are forbidden, as they were said',
  async ({ raw }) => {
    const client = await raw();
    client.send(
      'SUB from.a q 1\r\nSUB no.b 2\r\nSUB no.b q.1 3\r\nSUB "no "q\\ 4\r\nSUB n\xc3\xa9 q\xc3\xa9 5\r\n',
    );
    client.send(pub('no', 'x') + pub('"no', 'x') + pub('to.a', 'x'));
    assert.equal((await client.flush()).split('\r\n').filter(Boolean), [
      `-ERR 'Permissions Violation for Subscription to "no.b"'`,
      `-ERR 'Permissions Violation for Subscription to "no.b" using queue "q.1"'`,
      `-ERR 'Permissions Violation for Subscription to "\\"no" using queue "\\"q\\\\"'`,
      `-ERR 'Permissions Violation for Subscription to "n\xc3\xa9" using queue "q\xc3\xa9"'`,
      `-ERR 'Permissions Violation for Publish to "no"'`,
      `-ERR 'Permissions Violation for Publish to "\\"no"'`,
    ]);
  },
  { guests: { mayPublish: ['to.*'], mayHear: ['from.*'] } },
);

it('spreads the messages of a queue group over its members', async ({ raw }) => {
  const members = await Promise.all(Array.from({ length: 4 }, () => raw()));
  for (const member of members) {
    member.send('SUB a q 1\r\n');
    await member.flush();
  }
  const publisher = await raw();
  publisher.send(pub('a', 'x').repeat(400));
  await publisher.flush();
  const counts = await Promise.all(
    members.map(async (member) => (await member.flush()).split('MSG').length - 1),
  );
  assert.is(
    counts.reduce((sum, count) => sum + count, 0),
    400,
  );
  for (const count of counts) assert.ok(count > 40, `${counts} is not spread`);
});

/** Bytes that end the connection, and what nats-server says; where it says nothing, an `-ERR` is allowed. */
const ENDS: readonly (readonly [bytes: string, error?: string])[] = [
  ['GET / HTTP/1.1\r\n\r\n', 'Unknown Protocol Operation'],
  ['\x16\x03\x01\x02\x00\x01', 'Unknown Protocol Operation'],
  ['\r\n', 'Unknown Protocol Operation'],
  ['PUB\r\n', 'Unknown Protocol Operation'],
  ['PUB a 2\r\nhello\r\n', 'Unknown Protocol Operation'],
  ['MSG a 1 2\r\nhi\r\n', 'Unknown Protocol Operation'],
  ['PUB a 1048577\r\n', 'Maximum Payload Violation'],
  ['HPUB a 12 1048577\r\n', 'Maximum Payload Violation'],
  [`SUB ${'a'.repeat(5000)} 1\r\n`, 'maximum control line exceeded'],
  [`PUB ${'a'.repeat(10_000_000)}`, 'maximum control line exceeded'],
  ['CONNECT {"protocol":9}\r\n', 'invalid client protocol'],
  ['CONNECT {"no_responders":true}\r\n', 'no responders requires headers support'],
  ['CONNECT {rubbish}\r\n'],
  ['CONNECT {"verbose":"yes"}\r\n'],
  ['CONNECT 5\r\n'],
  ['PUB a\r\n'],
  ['PUB a x\r\n'],
  ['PUB a -1\r\n'],
  ['PUB a b c 1\r\n'],
  ['HPUB a 12 4\r\n'],
  ['SUB a\r\n'],
  ['UNSUB 1 2 3\r\n'],
];

for (const [bytes, error] of ENDS) {
  const shown = bytes.length > 40 ? `${bytes.slice(0, 40)}… (${bytes.length} bytes)` : bytes;
  it(`closes on ${JSON.stringify(shown)}, and everyone else goes on`, async ({ raw }) => {
    const bystander = await raw();
    bystander.send('SUB a 1\r\n');
    await bystander.flush();
    const culprit = await raw(bytes.startsWith('CONNECT') ? '' : CONNECT_QUIET);
    culprit.send(bytes);
    const said = await culprit.closed();
    // A server that closes while bytes still arrive resets the connection, and may so eat its own words.
    if (error !== undefined && bytes.length < 10_000) assert.is(said, `-ERR '${error}'\r\n`);
    else assert.match(said, /^(-ERR '[^']+'\r\n)?$/);
    bystander.send(pub('a', 'x'));
    assert.is(await bystander.flush(), 'MSG a 1 1\r\nx\r\n');
  });
}

it(
  'has the max payload that it was given',
  async ({ raw }) => {
    const client = await raw();
    assert.match(client.info, /"max_payload":\s*100\b/);
    client.send(`SUB a 1\r\n${pub('a', 'x'.repeat(100))}`);
    assert.is(await client.flush(), `MSG a 1 100\r\n${'x'.repeat(100)}\r\n`);
    client.send(pub('a', 'x'.repeat(101)));
    assert.is(await client.closed(), "-ERR 'Maximum Payload Violation'\r\n");
  },
  { maxPayload: 100 },
);

const TOKEN: NatsServerOptions = { token: 'right' };
const USER: NatsServerOptions = { user: 'me', password: 'right' };
const REFUSED = "-ERR 'Authorization Violation'\r\n";

it(
  'says that it wants credentials',
  async ({ raw }) => {
    assert.match((await raw('')).info, /"auth_required":\s*true/);
  },
  TOKEN,
);

for (const [options, good, bad] of [
  [TOKEN, '{"auth_token":"right"}', ['{"auth_token":"wrong"}', '{"auth_token":""}', '{}']],
  [
    USER,
    '{"user":"me","pass":"right"}',
    ['{"user":"me","pass":"wrong"}', '{"user":"x","pass":"right"}', '{}'],
  ],
] as const) {
  it(
    `lets in who says ${good}`,
    async ({ raw }) => {
      const client = await raw(`CONNECT ${good}\r\n`);
      assert.is(await client.flush(), '+OK\r\n');
    },
    options,
  );
  for (const said of bad) {
    it(
      `refuses who says ${said}`,
      async ({ raw }) => {
        assert.is(await (await raw(`CONNECT ${said}\r\n`)).closed(), REFUSED);
      },
      options,
    );
  }
  for (const said of ['PING\r\n', 'PUB a 1000000\r\n', 'rubbish\r\n']) {
    it(
      `refuses ${JSON.stringify(said)} before ${good}`,
      async ({ raw }) => {
        assert.is(await (await raw(said)).closed(), REFUSED);
      },
      options,
    );
  }
}

it(
  'closes who never sends CONNECT',
  async ({ raw }) => {
    const started = performance.now();
    assert.is(await (await raw('')).closed(), "-ERR 'Authentication Timeout'\r\n");
    assert.ok(performance.now() - started > 1500);
  },
  TOKEN,
);

it(
  'lets an official client in with the right token only',
  async ({ broker, official }) => {
    const client = await official({ token: 'right' });
    await client.flush();
    await official({ token: 'wrong' }).then(
      () => assert.unreachable(),
      (error: { code?: string }) => assert.is(error.code, 'AUTHORIZATION_VIOLATION'),
    );
    assert.is(client.getServer(), broker.url.replace('nats://', ''));
  },
  TOKEN,
);

it(
  'lets an official client in with user and password',
  async ({ official }) => {
    await (await official({ user: 'me', pass: 'right' })).flush();
  },
  USER,
);

it('carries requests, headers and large payloads of official clients', async ({ official }) => {
  const [asking, answering] = [await official(), await official({ noEcho: true })];
  answering.subscribe('echo.*', {
    callback: (_, message) => {
      if (message.headers === undefined) message.respond(message.data);
      else message.respond(message.data, { headers: message.headers });
    },
  });
  await answering.flush();
  assert.is((await asking.request('echo.a', 'hello', ANSWERED)).string(), 'hello');
  const large = Uint8Array.from({ length: 1_000_000 }, (_, index) => index % 251);
  assert.ok(Buffer.from(large).equals((await asking.request('echo.a', large, ANSWERED)).data));
  const sent = headers();
  sent.append('k', 'v');
  assert.is((await asking.request('echo.a', 'x', { ...ANSWERED, headers: sent })).headers?.get('k'), 'v');
  await asking.request('nobody', 'x', ANSWERED).then(
    () => assert.unreachable(),
    (error: { code?: string }) => assert.is(error.code, '503'),
  );
});

it('keeps the order of what one client sends under load, and loses nothing at a drain', async ({
  official,
}) => {
  const senders = [await official(), await official(), await official()];
  const receiver = await official();
  const total = 20_000;
  const next = senders.map(() => 0);
  const subscription = receiver.subscribe('load.*', {
    callback: (_, message) => {
      const sender = Number(message.subject.split('.')[1]);
      const number = Buffer.from(message.data).readUInt32LE(0);
      assert.is(number, next[sender]);
      next[sender] = number + 1;
    },
  });
  await receiver.flush();
  await Promise.all(
    senders.map(async (client, sender) => {
      for (let number = 0; number < total; number++) {
        const payload = Buffer.alloc(4 + (number % 400));
        payload.writeUInt32LE(number, 0);
        client.publish(`load.${sender}`, payload);
        if (number % 500 === 0) await client.flush();
      }
      await client.drain();
    }),
  );
  await subscription.drain();
  assert.equal(
    next,
    senders.map(() => total),
  );
});

it(
  'cuts a subscriber that never reads, and everyone else is undisturbed',
  async ({ raw, official }) => {
    const deaf = await raw();
    deaf.send('SUB big 1\r\n');
    await deaf.flush();
    deaf.socket.pause();
    const listener = await official();
    let heard = 0;
    listener.subscribe('big', {
      callback: () => {
        heard++;
      },
    });
    await listener.flush();
    const publisher = await official();
    const payload = new Uint8Array(256 * 1024);
    const total = 160;
    for (let sent = 0; sent < total; sent++) {
      publisher.publish('big', payload);
      await publisher.flush();
      await listener.flush();
    }
    assert.is(heard, total);
    // It reads what the kernel kept for it, and finds the end of its connection.
    deaf.socket.resume();
    await deaf.closed();
  },
  { maxPending: 4 * 1024 * 1024 },
);

conformance.run();
