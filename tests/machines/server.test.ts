/** A server in this process: its users, its answers to strangers, and its leases. In a process of its own: threads. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import {
  endServer,
  JoinError,
  type MasterIdentity,
  passwordAuth,
  ping,
  type ServerAuth,
  startServer,
  UsageError,
} from 'ts-mw';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HIDE_CHANNEL } from '../../src/machines/hidden-channel.js';
import { FrameConnection } from '../../src/machines/protocol/frame-connection.js';
import { messageFrame } from '../../src/machines/protocol/frames.js';
import { greetServer } from '../../src/machines/protocol/handshake.js';
import { SERVER_PROTOCOL } from '../../src/machines/protocol/messages.js';
import { ServerRefusal } from '../../src/machines/protocol/server-refusal.js';
import type { ProcessEnd } from '../../src/machines/slave-process.js';
import { canConnect } from '../support/can-connect.js';
import { isAlive, until } from '../support/programs.js';
import { pair, pem } from '../support/tls-files.js';
import { answerTo, leaseOf, withDialler, withServer } from './lend.js';

const test = suite('a server');
const NEVER = new AbortController().signal;
const HELLO = { type: 'hello', version: SERVER_PROTOCOL, purpose: 'lease', nonce: 'n' };

async function rejection(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => assert.unreachable('it was not refused') as never,
    (error: Error) => error,
  );
}

test('answers pings with its token, refuses others, and slows and tells their failures', () =>
  withServer({ token: 'right' }, async ({ server: { port }, events }) => {
    assert.is(await ping('127.0.0.1', port, { token: 'right' }), true);
    const wrong = await rejection(ping('127.0.0.1', port, { token: 'wrong' }));
    assert.instance(wrong, JoinError);
    assert.match(wrong.message, `server 127.0.0.1:${port}: its token or password is another one`);
    assert.match((await rejection(ping('127.0.0.1', port))).message, /asks for a token, and none was given/);
    assert.match((await rejection(endServer('127.0.0.1', port, { token: 'x' }))).message, /another one/);
    const failures = events
      .filter((event) => event.type === 'server-auth-failed')
      .map(({ reason }) => reason);
    assert.equal(failures, ['the secret is wrong']);
  }));

test('options that are misspelt or of another kind are refused, for they could let in everybody', async () => {
  for (const [host, port, options, part] of [
    ['', 0, {}, /^the host of ping is a name or an address; got ""$/],
    ['127.0.0.1', 70_000, {}, /^the port of ping is a whole number to 65535; got 70000$/],
    ['127.0.0.1', 1, null, /^the options of ping are an object/],
    ['127.0.0.1', 1, { timeout: 'x' }, /^timeout of ping is a number of seconds; got "x"$/],
    ['127.0.0.1', 1, { token: 5 }, /^token of ping is a text that is not empty; got another number$/],
    ['127.0.0.1', 1, { tls: { caa: 'x' } }, /^tls of ping has no option "caa"; it may have cert, key, ca$/],
    [
      '127.0.0.1',
      1,
      { tls: { cert: 'x', key: 'x' } },
      /^tls of ping has cert, key, ca in PEM, which cannot be read: /,
    ],
  ] as const) {
    assert.match((await rejection(ping(host, port, options as never))).message, part);
  }
  assert.match((await rejection(endServer(undefined as never))).message, /^the host of endServer/);
  const auth = passwordAuth({ passwords: { alice: 'a' } });
  for (const ask of [ping, endServer, startServer]) {
    const error = await rejection(ask('127.0.0.1', 1, { token: 't', auth }));
    assert.is(error.message, `${ask.name} takes either a token or an auth; leave one of them out`);
  }
  for (const [options, part] of [
    [
      { auth: { ...auth, prepareServer: 1 } },
      /^auth of startServer is .*; its prepareServer is no function$/,
    ],
    [{ allowedUser: ['alice'] }, /^startServer has no option "allowedUser"; it may have .*allowedUsers/],
    [{ allowedUsers: 'alice' }, /^allowedUsers of startServer is an array of names; got "alice"$/],
    [{ authorize: true }, /^authorize of startServer is a function; got true$/],
    [{ auth: { method: 'own' } }, /^auth of startServer is an object with method, proveToServer and acc/],
    [{ name: 'n'.repeat(257) }, /^name of startServer is a text of 1 to 256 characters/],
  ] as const) {
    const error = await rejection(startServer('127.0.0.1', 0, options as never));
    assert.instance(error, UsageError);
    assert.match(error.message, part);
  }
});

test('a folder that cannot be made is named, where the system has no end of trying, too', async () => {
  for (const folder of ['/proc/nope', '/dev/null/nope']) {
    const error = await rejection(startServer('127.0.0.1', 0, { folder }));
    assert.instance(error, UsageError);
    assert.match(error.message, `the server cannot use the folder ${folder}/bundles: `);
  }
});

test('gives a ping that nobody answers its time, and no more', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  const began = performance.now();
  const ended: number[] = [];
  const asked = [0.9, 0.3].map(async (timeout) => {
    assert.is(await ping('127.0.0.1', port, { timeout }), false);
    ended.push(timeout);
    return performance.now() - began;
  });
  const [, tookMs = 0] = await Promise.all(asked);
  assert.equal(ended, [0.3, 0.9], 'a busy machine may take longer, but not for the shorter one alone');
  assert.ok(tookMs > 250, `${tookMs} ms`);
  for (const socket of sockets) socket.destroy();
  server.close();
  assert.is(await ping('127.0.0.1', port, { timeout: 0.2 }), false);
});

test('cuts strangers that say too much, something else, or another version', () =>
  withServer({ token: 'right' }, async ({ server: { port }, events }) => {
    assert.is((await answerTo(port, Buffer.from([0, 0, 0x10, 1, 1]))).length, 0);
    assert.is((await answerTo(port, 'GET / HTTP/1.1\r\n\r\n')).length, 0);
    assert.is(
      (await answerTo(port, messageFrame({ type: 'stream', version: SERVER_PROTOCOL, key: 'guessed' })))
        .length,
      0,
    );
    assert.match(
      (await answerTo(port, messageFrame({ ...HELLO, version: 9 }))).toString(),
      new RegExp(`this server speaks version ${SERVER_PROTOCOL}, and the master 9; install the same ts-mw`),
    );
    const unproved = await answerTo(
      port,
      Buffer.concat([messageFrame(HELLO), messageFrame({ type: 'lease', sha256: 'a'.repeat(64), bytes: 1 })]),
    );
    assert.not.match(unproved.toString(), /welcome/);
    assert.ok(events.some(({ type }) => type === 'server-auth-failed'));
    assert.not(events.some(({ type }) => type === 'lease-begun'));
  }));

test('speaks TLS, and knows masters by their certificates', () =>
  withServer(
    { tls: { ...pair('broker'), ca: pem('ca') }, allowedUsers: ['client'] },
    async ({ server: { port }, events }) => {
      const ca = pem('ca');
      const own = { ca, ...pair('client') };
      const refusal = async (tls: object) => (await rejection(ping('127.0.0.1', port, { tls }))).message;
      assert.match(await refusal({}), /no authority that is trusted here signed its certificate/);
      assert.match(await refusal({ ca }), /wants a certificate that its authority has signed/);
      assert.match(await refusal({ ca, ...pair('stranger') }), /wants a certificate/);
      const { message } = await rejection(ping('127.0.0.1', port, { tls: { ca, ...pair('broker') } }));
      assert.match(message, /is not one of its allowed users/);
      const client = await ping('127.0.0.1', port, { tls: own }).catch((error: Error) => error.message);
      assert.is(client, true, JSON.stringify(events));
    },
  ));

test("a program's own auth is told the host, keeps its reasons to the trail, and may refuse to start", async () => {
  const hosts: string[] = [];
  const own: ServerAuth = {
    method: 'own',
    proveToServer: async (channel, host) => {
      hosts.push(host);
      channel.send('me');
      await channel.receive();
    },
    acceptMaster: async (channel) => {
      throw new Error(`the list has no ${await channel.receive()}`);
    },
  };
  await withServer({ auth: own }, async ({ server: { port }, events }) => {
    const { message } = await rejection(ping('127.0.0.1', port, { auth: own, timeout: 30 }));
    assert.match(message, /: it does not accept this proof; its audit trail says why$/);
    assert.equal(hosts, ['127.0.0.1']);
    assert.ok(events.some((event) => 'reason' in event && event.reason === 'the list has no me'));
    const slow = { ...own, proveToServer: () => new Promise<void>(() => {}) };
    assert.is(await ping('127.0.0.1', port, { auth: slow, timeout: 0.2 }), false, 'in its time');
  });
  const unprepared = { ...own, prepareServer: () => Promise.reject(new Error('no list')) };
  assert.is((await rejection(withServer({ auth: unprepared }, async () => {}))).message, 'no list');
});

test('asks its program, and takes no other answer than true', () => {
  const seen: MasterIdentity[] = [];
  const answers = [true, false, Promise.reject(new Error('no database')), 1 as never];
  for (const one of answers) Promise.resolve(one).catch(() => {});
  const authorize = (identity: MasterIdentity) => {
    seen.push(identity);
    return answers[seen.length - 1] as boolean;
  };
  const auth = passwordAuth({ passwords: { alice: 'a' } });
  return withServer({ auth, authorize }, async ({ server: { port } }) => {
    const alice = { auth: passwordAuth({ user: 'alice', password: 'a' }) };
    assert.is(await ping('127.0.0.1', port, alice), true);
    assert.match((await rejection(ping('127.0.0.1', port, alice))).message, /does not authorize alice/);
    assert.match(
      (await rejection(ping('127.0.0.1', port, alice))).message,
      /could not authorize alice: no data/,
    );
    assert.match((await rejection(ping('127.0.0.1', port, alice))).message, /does not authorize alice/);
    const { user, fingerprint, purpose } = seen[0] as MasterIdentity;
    assert.equal({ user, fingerprint, purpose }, { user: 'alice', fingerprint: undefined, purpose: 'ping' });
  });
});

/** lfarm's, whose password goes over the stream as it is. */
const streamPassword = (password: string): ServerAuth => ({
  method: 'stream password',
  async proveToServer(channel) {
    channel.send(password);
    if ((await channel.receive()) !== 'ok') throw new Error('no');
  },
  async acceptMaster(channel) {
    if ((await channel.receive()) !== password) throw new Error('wrong password');
    channel.send('ok');
    return 'somebody';
  },
});

test("auth-test: a program's own handshake takes the right password, refuses the wrong one, and survives", () =>
  withServer({ auth: streamPassword('right') }, ({ server, events }) =>
    withDialler(async (dialler) => {
      const wrong = leaseOf(dialler, server.port, { auth: streamPassword('wrong') });
      assert.instance(await rejection(wrong.host.open(NEVER)), ServerRefusal);
      const right = leaseOf(dialler, server.port, { auth: streamPassword('right') });
      await right.host.open(NEVER);
      assert.ok(events.some((event) => event.type === 'lease-begun' && event.user === 'somebody'));
      await right.host.close();
    }),
  ));

test('a lease: slaves in empty folders of their own, told from start to end, and nothing left', () =>
  withServer({ token: 't', slots: 2 }, ({ server, events, work }) =>
    withDialler(async (dialler) => {
      const script = `const { readdirSync } = require('node:fs');
        console.log(process.argv.slice(2).join(), readdirSync('.').length, process.env.TS_MW_PARENT_PIPE.split(':')[0]);
        require('node:child_process').spawn('sleep', ['60'], { stdio: 'ignore' });
        require('node:fs').writeFileSync('left', '');
        setInterval(() => {}, 1000);`;
      const { host, granted, output, sent } = leaseOf(dialler, server.port, {
        token: 't',
        script,
        args: () => ['a', 'b'],
      });
      const began = Date.now();
      const facts = await host.open(NEVER);
      assert.is(facts.node, process.versions.node);
      // One clock, asked once meanwhile
      const mostMs = (Date.now() - began) / 2 + 1;
      assert.ok(Math.abs(facts.clockOffsetMs) <= mostMs, `${facts.clockOffsetMs} of ${mostMs} ms`);
      await until('slots', () => granted.length > 0);
      assert.equal([granted, sent.length, server.freeSlots], [[2], 1, 0]);
      const ends: ProcessEnd[] = [];
      const slaves = [1, 2, 3].map(() => host.startSlave((end) => ends.push(end)));
      await until('the third has no slot', () => ends.length === 1);
      assert.match(String(ends[0]?.error), /no slot is free/);
      await until('output of both', () => output.length >= 2);
      assert.is(output[0], 'stdout a,b 0 3\n');
      const pids = slaves.slice(0, 2).map(({ pid }) => pid as number);
      slaves[0]?.terminate();
      await until('its end', () => ends.length === 2);
      assert.is(ends[1]?.signal, 'SIGTERM');
      // In the place of the one that has ended
      host.startSlave((end) => ends.push(end));
      await until('another', () => output.length >= 3);
      await host.close();
      assert.equal([ends.length, server.freeSlots, work()], [4, 2, []]);
      await until('no process', () => pids.every((pid) => !isAlive(pid) && !isAlive(-pid)));
      const ended = events.filter((event) => event.type === 'lease-ended').map(({ reason }) => reason);
      assert.equal(ended, ['its master has left']);
      // The bundle is there already
      const again = leaseOf(dialler, server.port, { token: 't', script });
      await again.host.open(NEVER);
      assert.equal(again.sent, []);
      await again.host.close();
    }),
  ));

test('masters share the slots as they come; a silent one loses its lease, and a stopped server its masters', () =>
  withServer({ slots: 2 }, ({ server, events }) =>
    withDialler(async (dialler) => {
      const first = leaseOf(dialler, server.port, { slots: 1 });
      const second = leaseOf(dialler, server.port);
      await first.host.open(NEVER);
      await second.host.open(NEVER);
      await until('slots', () => second.granted.length === 1);
      assert.equal([first.granted, second.granted], [[1], [1]]);
      await first.host.close();
      await until('the slot of the first', () => second.granted.length === 2);
      assert.equal(second.granted, [1, 2]);
      let lost = '';
      second.host.onLost = (reason) => {
        lost = reason;
      };
      const ends: ProcessEnd[] = [];
      second.host.startSlave((end) => ends.push(end));
      await server.stop();
      await until('the loss', () => lost !== '' && ends.length === 1);
      assert.is(await canConnect(server.port), false);
      const reasons = events.filter((event) => event.type === 'lease-ended').map(({ reason }) => reason);
      assert.equal(reasons, ['its master has left', 'its server was stopped']);
    }),
  ));

const ECHO_OF_SLAVE = `const socket = require('node:net').connect(+process.argv[2], '127.0.0.1');
const sent = require('node:crypto').randomBytes(1 << 20);
let chunks = [], size = 0;
socket.write(sent);
socket.on('data', (chunk) => {
  chunks.push(chunk);
  if ((size += chunk.length) < sent.length) return;
  console.log(Buffer.concat(chunks).equals(sent));
  socket.end();
});
socket.on('error', () => {}).on('close', () => console.log('closed'));`;

for (const [how, options, tls] of [
  ['', {}, undefined],
  [', encrypted', { tls: pair('broker') }, { ca: pem('ca') }],
] as const) {
  test(`connections of slaves run through streams that the master dials, byte for byte${how}`, () =>
    withServer({ token: 't', ...options }, ({ server }) =>
      withDialler(async (dialler) => {
        const broker = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
        await new Promise((resolve) => broker.once('listening', resolve));
        const { port } = broker.address() as { port: number };
        const { host, granted, output } = leaseOf(dialler, server.port, {
          token: 't',
          tls,
          script: ECHO_OF_SLAVE,
          ways: { broker: { host: '127.0.0.1', port } },
          args: (ports) => [String(ports.broker)],
        });
        await host.open(NEVER);
        await until('slots', () => granted.length > 0);
        host.startSlave(() => {});
        await until('the bytes', () => output.join('').includes('closed'));
        assert.equal(output.join('').match(/true|false|closed/g), ['true', 'closed']);
        // A port where nobody listens any more: the slave's connection ends too
        broker.close();
        host.startSlave(() => {});
        await until('the end', () => output.join('').match(/closed/g)?.length === 2);
        await host.close();
      }),
    ));
}

test('main takes the streams to its data port, which end with the lease', () =>
  withServer({}, ({ server }) =>
    withDialler(async (dialler) => {
      const taken: Socket[] = [];
      const { host, granted, output } = leaseOf(dialler, server.port, {
        script: ECHO_OF_SLAVE,
        // Nobody listens there
        ways: { data: { host: '127.0.0.1', port: 1 } },
        args: (ports) => [String(ports.data)],
        takeData: (stream) => {
          taken.push(stream);
          if (taken.length === 1) stream.pipe(stream);
        },
      });
      await host.open(NEVER);
      await until('slots', () => granted.length > 0);
      host.startSlave(() => {});
      await until('the bytes', () => output.join('').includes('closed'));
      assert.equal(output.join('').match(/true|false|closed/g), ['true', 'closed']);
      host.startSlave(() => {});
      await until('a stream that nobody reads', () => taken.length === 2);
      assert.is(taken[1]?.destroyed, false);
      await host.close();
      assert.equal(
        taken.map(({ destroyed }) => destroyed),
        [true, true],
      );
    }),
  ));

const CHANNEL = new URL('../../src/machines/protocol/stream-channel.js', import.meta.url).href;
/** It asks for more streams than it may have. */
const ASKING_SLAVE = `${HIDE_CHANNEL}
process.on('message', (message) => console.log('got', message));
const seen = [process.send, process.connected, Object.keys(process).includes('send')].join();
import(${JSON.stringify(CHANNEL)}).then(async ({ StreamChannel }) => {
  const words = process.env.TS_MW_PARENT_PIPE.split(':')[2];
  console.log('words', words, seen);
  if (words === '') return;
  const channel = new StreamChannel();
  const ends = await Promise.allSettled(Array.from({ length: 32 }, () => channel.open(10_000)));
  for (const why of new Set(ends.map(({ reason }) => reason?.message))) if (why) console.log('none:', why);
  const [{ value: first }, ...others] = ends;
  const sent = require('node:crypto').randomBytes(1 << 20);
  first.write(sent);
  let size = 0, equal = true;
  first.on('data', (chunk) => {
    equal &&= chunk.equals(sent.subarray(size, size + chunk.length));
    if ((size += chunk.length) < sent.length) return;
    console.log('got', equal, others.some(({ value }) => value?.readable));
    first.end();
  });
  first.on('close', () => console.log('closed'));
});`;

test('slaves are handed the streams to the data port, unless the server decrypts them', async () => {
  await withServer({}, ({ server }) =>
    withDialler(async (dialler) => {
      const taken: Socket[] = [];
      const { host, granted, output } = leaseOf(dialler, server.port, {
        script: ASKING_SLAVE,
        ways: { data: { host: '127.0.0.1', port: 1 } },
        takeData: (stream) => {
          taken.push(stream);
          stream.pipe(stream);
        },
      });
      await host.open(NEVER);
      await until('slots', () => granted.length > 0);
      host.startSlave(() => {});
      await until('the bytes', () => output.join('').includes('closed'));
      assert.equal(output.join('').match(/(words|none|got|closed).*/g), [
        'words streams ,,false',
        'none: its server has no stream for it',
        'got true true',
        'closed',
      ]);
      assert.is(taken.filter(({ destroyed }) => destroyed).length, 1);
      await host.close();
      assert.ok(taken.every(({ destroyed }) => destroyed));
    }),
  );
  await withServer({ tls: pair('broker') }, ({ server }) =>
    withDialler(async (dialler) => {
      const { host, granted, output } = leaseOf(dialler, server.port, {
        tls: { ca: pem('ca') },
        script: ASKING_SLAVE,
        ways: { data: { host: '127.0.0.1', port: 1 } },
      });
      await host.open(NEVER);
      await until('slots', () => granted.length > 0);
      await new Promise((ended) => host.startSlave(ended));
      await until('its words', () => output.length > 0);
      assert.match(output.join(''), /^stdout words {2},,false\n$/);
      await host.close();
    }),
  );
});

const WELCOME = {
  type: 'welcome',
  name: 'n',
  hostname: 'h',
  platform: 'linux',
  node: '20.0.0',
  cores: 1,
  memoryBytes: 1,
  slots: 1,
  time: 0,
};

test('a master that says nothing for its timeout loses its lease', () =>
  withServer({}, async ({ server, events, work }) => {
    const connection = new FrameConnection(connect({ host: '127.0.0.1', port: server.port }));
    await greetServer(connection, 'lease', async () => {});
    const sizes = { bytes: 1, sha256: createHash('sha256').update('x').digest('hex'), clientTimeoutMs: 200 };
    connection.send({ type: 'lease', memberId: 'm', ways: [], env: {}, files: {}, ...sizes });
    // It wants the bundle
    await connection.receive(5000);
    await connection.sendBytes(Buffer.from('x'));
    await until('its end', () => events.some(({ type }) => type === 'lease-ended'));
    const reasons = events.filter((event) => event.type === 'lease-ended').map(({ reason }) => reason);
    assert.match(String(reasons), /^its master was silent for \d+\.\d s$/);
    assert.ok(Number(/[\d.]+/.exec(String(reasons))?.[0]) >= 0.2, String(reasons));
    assert.equal([work(), server.freeSlots], [[], server.slots]);
    connection.destroy();
  }));

test('a server that says nothing for the timeout is lost, with its slaves', () =>
  withDialler(async (dialler) => {
    const mute = createServer(async (socket) => {
      const connection = new FrameConnection(socket);
      await connection.receive(5000);
      connection.send({ type: 'challenge', version: SERVER_PROTOCOL, method: 'none', nonce: 'n' });
      connection.send(WELCOME);
      await connection.receive(5000);
      connection.send({ type: 'bundle', wanted: false });
      connection.send({ type: 'ready', ports: {} });
      connection.send({ type: 'granted', slots: 1, wanted: 1 });
      connection.listen({ onFrame: () => {}, onClose: () => {} });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => mute.once('listening', resolve));
    const { port } = mute.address() as { port: number };
    const { host } = leaseOf(dialler, port, { clientTimeoutMs: 200 });
    await host.open(NEVER);
    const ends: ProcessEnd[] = [];
    host.startSlave((end) => ends.push(end));
    const reason = await new Promise<string>((resolve) => {
      host.onLost = resolve;
    });
    assert.match(reason, /^the server was silent for \d+\.\d s$/);
    assert.match(String(ends[0]?.error), /its server was lost: the server was silent/);
    await host.close();
    mute.close();
  }));

test('a server that ends takes no new master, keeps those that it has, and closes after the last', () =>
  withServer({}, ({ server, events }) =>
    withDialler(async (dialler) => {
      const { host } = leaseOf(dialler, server.port);
      await host.open(NEVER);
      await endServer('127.0.0.1', server.port);
      const late = leaseOf(dialler, server.port);
      const error = await rejection(late.host.open(NEVER));
      assert.match(error.message, /it is ending and takes no new master/);
      assert.not(error instanceof ServerRefusal, 'another may listen there later');
      await host.close();
      await server.ended;
      assert.ok(events.some(({ type }) => type === 'server-finished'));
    }),
  ));

test('a port that is taken, and a folder that cannot be had, are named', async () => {
  await withServer({}, async ({ server: { port }, folder }) => {
    assert.match(
      (await rejection(startServer('127.0.0.1', port, { folder }))).message,
      /cannot listen on 127.0.0.1/,
    );
  });
  assert.match(
    (await rejection(startServer('127.0.0.1', 0, { folder: '/dev/null/x' }))).message,
    /name another with --folder/,
  );
});

test('an attempt to open can be given up', () =>
  withDialler(async (dialler) => {
    const silent = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { host } = leaseOf(dialler, (silent.address() as { port: number }).port);
    const stop = new AbortController();
    const isReached = once(silent, 'connection');
    const opening = rejection(host.open(stop.signal));
    await isReached;
    stop.abort();
    assert.match((await opening).message, /closed from here/);
    await host.close();
    silent.close();
  }));

test.run();
