/** The protocol of servers: frames, messages and their bounds. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError } from '../../src/errors.js';
import { Fields } from '../../src/machines/protocol/fields.js';
import { FrameConnection } from '../../src/machines/protocol/frame-connection.js';
import {
  bytesFrame,
  FrameReader,
  LARGEST_FRAME,
  messageFrame,
  STRANGERS_FRAME,
} from '../../src/machines/protocol/frames.js';
import {
  readFromServer,
  readHello,
  readLeaseRequest,
  readToServer,
  readWelcome,
  SERVER_PROTOCOL,
} from '../../src/machines/protocol/messages.js';
import { Silence } from '../../src/machines/protocol/silence.js';
import { standStill } from '../support/stand-still.js';

const test = suite('protocol of servers');

const isFormatError = (part: RegExp) => (error: Error) =>
  error instanceof FormatError && part.test(error.message);

test('frames come out as they went in, however they are cut, and the rest stays', () => {
  const all = Buffer.concat([messageFrame({ a: 'ä' }), bytesFrame(Buffer.from([1, 2])), Buffer.from('raw')]);
  for (const size of [1, 2, 7, all.length]) {
    const reader = new FrameReader(STRANGERS_FRAME);
    const found: unknown[] = [];
    for (let at = 0; at < all.length; at += size) {
      reader.push(all.subarray(at, at + size));
      while (found.length < 2) {
        const frame = reader.next();
        if (frame === undefined) break;
        found.push(frame.kind === 'message' ? frame.value : [...frame.bytes]);
      }
    }
    assert.equal(found, [{ a: 'ä' }, [1, 2]], `in pieces of ${size}`);
    assert.is(reader.takeRest().toString(), 'raw');
    assert.is(reader.waiting, 0);
  }
});

test('a frame that is too large is refused at its head, before its body has come', () => {
  const reader = new FrameReader(STRANGERS_FRAME);
  reader.push(Buffer.from([0, 0, 0x10, 1, 1]));
  assert.throws(() => reader.next(), isFormatError(/4097 bytes, where at most 4096/));
  reader.largest = LARGEST_FRAME;
  assert.is(reader.next(), undefined);
  assert.throws(() => messageFrame({ text: 'x'.repeat(LARGEST_FRAME) }), isFormatError(/at most 1048576/));
});

test('what is no frame is refused', () => {
  for (const [bytes, part] of [
    [[0, 0, 0, 1, 7, 0], /unknown kind 7/],
    [[0, 0, 0, 1, 1, 0x7b], /not JSON/],
    [[0x47, 0x45, 0x54, 0x20, 0x2f], /a frame of 1195725856 bytes/],
  ] as const) {
    const reader = new FrameReader(STRANGERS_FRAME);
    reader.push(Buffer.from(bytes));
    assert.throws(() => reader.next(), isFormatError(part));
  }
});

const LEASE = {
  type: 'lease',
  memberId: 'm',
  sha256: 'a'.repeat(64),
  bytes: 3,
  clientTimeoutMs: 30_000,
  ways: ['data', 'broker', 'broker'].slice(0, 2),
  env: { A: 'b' },
  files: {},
};

test('messages are taken field by field, and nothing else', () => {
  assert.equal(readHello({ type: 'stream', version: SERVER_PROTOCOL, key: 'k', more: 1 }), {
    type: 'stream',
    version: SERVER_PROTOCOL,
    key: 'k',
  });
  assert.equal(readLeaseRequest({ ...LEASE, slots: 2, x: 1 }), {
    ...LEASE,
    ways: ['broker', 'data'],
    slots: 2,
  });
  assert.equal(readLeaseRequest({ ...LEASE, slots: null }).slots, undefined);
  assert.equal(readToServer({ type: 'start', slave: 1, args: ['--slave'] }), {
    type: 'start',
    slave: 1,
    args: ['--slave'],
  });
  assert.equal(readFromServer({ type: 'ready', ports: { broker: 4222, other: 1 } }), {
    type: 'ready',
    ports: { broker: 4222 },
  });
  assert.equal(readFromServer({ type: 'ended', slave: 2, code: null, signal: 'SIGKILL' }), {
    type: 'ended',
    slave: 2,
    code: null,
    signal: 'SIGKILL',
    error: undefined,
  });
});

test('a newer version is heard out, so that it can be told', () => {
  assert.is(
    readHello({ type: 'hello', version: SERVER_PROTOCOL + 1, purpose: 'what comes later', nonce: '' })
      .version,
    SERVER_PROTOCOL + 1,
  );
});

const WRONG: readonly (readonly [what: string, read: () => unknown, part: RegExp])[] = [
  ['not an object', () => readHello([1]), /not an object/],
  ['no type', () => readHello({ version: SERVER_PROTOCOL }), /type/],
  [
    'another purpose',
    () => readHello({ type: 'hello', version: SERVER_PROTOCOL, purpose: 'x', nonce: '' }),
    /purpose/,
  ],
  [
    'a long key',
    () => readHello({ type: 'stream', version: SERVER_PROTOCOL, key: 'k'.repeat(65) }),
    /key is not a text/,
  ],
  ['a huge bundle', () => readLeaseRequest({ ...LEASE, bytes: 2 ** 40 }), /bytes/],
  ['no slot', () => readLeaseRequest({ ...LEASE, slots: 0 }), /slots/],
  ['too many slots', () => readLeaseRequest({ ...LEASE, slots: 1025 }), /from 1 to 1024/],
  ['a variable that is no text', () => readLeaseRequest({ ...LEASE, env: { A: 1 } }), /env/],
  ['an argument that is no text', () => readToServer({ type: 'start', slave: 1, args: [1] }), /args/],
  ['a slave of a fraction', () => readToServer({ type: 'stop', slave: 1.5, how: 'kill' }), /slave/],
  ['an unknown message', () => readToServer({ type: 'fork' }), /type is not beat or/],
  ['a port beyond', () => readFromServer({ type: 'ready', ports: { broker: 65_536 } }), /broker/],
  ['ports that claim a type', () => readFromServer({ type: 'ready', ports: { type: 3 } }), /type/],
  ['a field of the prototype', () => readToServer({ type: 'undialled', toString: 1 }), /key/],
  ['half a welcome', () => readWelcome(new Fields({ type: 'welcome', name: 'n' })), /hostname/],
];

for (const [what, read, part] of WRONG) {
  test(`${what} is refused by name`, () => assert.throws(read, isFormatError(part)));
}

test('the silence of the other side counts as long as our own loop turns, and what waits there is read before', async () => {
  const { now } = performance;
  let clockMs = 1_000;
  performance.now = () => clockMs;
  try {
    const silence = new Silence();
    const judged = (afterMs: number, saysNow = false): Promise<string> =>
      new Promise((resolve) => {
        clockMs += afterMs;
        if (saysNow) setImmediate(() => silence.end());
        silence.judge({ limitMs: 2_000, everyMs: 500 }, () => resolve('alive'), resolve);
      });
    const turns = async (...times: number[]): Promise<string[]> => {
      const all: string[] = [];
      for (const afterMs of times) all.push(await judged(afterMs));
      return all;
    };
    // A machine that was suspended: both sides stood still for a minute
    assert.equal(await turns(500, 60_000, 500), ['alive', 'alive', 'alive']);
    assert.is(await judged(500, true), 'alive');
    assert.equal(await turns(500, 500, 500, 700), ['alive', 'alive', 'alive', '2.0 s']);
  } finally {
    performance.now = now;
  }
});

test('an answer that came while this side stood still is in time', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const connection = new FrameConnection(connect(port, '127.0.0.1'));
  const [socket] = await accepted;
  try {
    const answer = connection.receive(4);
    socket.write(messageFrame({ type: 'answer' }));
    standStill(20);
    assert.equal(await answer, { type: 'answer' });
  } finally {
    socket.destroy();
    connection.destroy();
    server.close();
  }
});

test.run();
