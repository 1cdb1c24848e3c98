/** The sentinel's thread between a broker, its main and the clock; the test plays main and the other sentinel. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Broker, startBroker } from '../../../src/broker/start-broker.js';
import { connectData } from '../../../src/link/connection/data-connection.js';
import type { DataLink, SentinelEvent, SentinelRequest } from '../../../src/link/ports.js';
import type {
  FromSentinelThread,
  SentinelThreadData,
  ToSentinelThread,
} from '../../../src/link/sentinel/sentinel-messages.js';
import { SharedState } from '../../../src/link/shared/shared-state.js';
import { openThread } from '../../../src/threads/open-thread.js';
import { Subjects } from '../../../src/wire/messages/subjects.js';
import { freePort } from '../../support/free-port.js';
import { until, within } from '../../support/programs.js';

const test = suite('link/sentinel-thread');

const subjects = new Subjects('m');
const address = { user: 'u', nonce: 'a'.repeat(32) };
const { nonce } = address;
const epoch = { run: 'r', nonce, sid: 3 };
const bytes = (message: object): Buffer => Buffer.from(JSON.stringify(message));

class Thread {
  readonly shared = SharedState.create({ peers: 4 });
  readonly batches: (readonly SentinelEvent[])[] = [];
  readonly others: FromSentinelThread[] = [];
  /** Whether main says at once that it has read a batch. */
  reads = true;
  readonly exited: Promise<unknown[]>;
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.exited = once(worker, 'exit');
    worker.on('message', (message: FromSentinelThread) => {
      if (message.type !== 'events') this.others.push(message);
      else {
        this.batches.push(message.events);
        if (this.reads) this.#post({ type: 'taken', requests: [] });
      }
    });
  }

  static async begin(url: string, data: Partial<SentinelThreadData> = {}): Promise<Thread> {
    const worker = await openThread('sentinel');
    begun.push(worker);
    const thread = new Thread(worker);
    thread.#post({
      type: 'begin',
      data: {
        ...{ role: 'slave', address: { urls: [url] }, memberId: 'm', run: 'r', clientTimeoutMs: 60_000 },
        ...{ broker: 'external', connectTimeoutMs: 5_000, buffers: thread.shared.buffers },
        ...{ mayKill: false, killLine: '' },
        ...data,
      },
    });
    await until('it has begun', () => thread.others.length > 0);
    return thread;
  }

  get events(): readonly SentinelEvent[] {
    return this.batches.flat();
  }

  request(request: SentinelRequest): void {
    this.#post({ type: 'request', request });
  }

  watch(more: Partial<SentinelRequest & { op: 'watch' }> = {}): void {
    this.request({
      op: 'watch',
      peer: { ...address, ...epoch, slot: this.shared.counters.allocate() },
      ...more,
    });
  }

  taken(): void {
    this.#post({ type: 'taken', requests: [] });
  }

  /** The event of this kind, which comes or has come. */
  async event<T extends SentinelEvent['type']>(type: T): Promise<SentinelEvent & { readonly type: T }> {
    const find = () => this.events.find((event) => event.type === type);
    await until(`${type}`, () => find() !== undefined);
    return find() as SentinelEvent & { readonly type: T };
  }

  async stop(): Promise<void> {
    this.request({ op: 'stop' });
    assert.equal(await within(30_000, this.exited, () => 'the thread ends'), [0]);
  }

  #post(message: ToSentinelThread): void {
    this.#worker.postMessage(message);
  }
}

/** As much of a broker as a thread needs to connect, whose other words are the test's. */
class FakeBroker implements Disposable {
  readonly sockets: Socket[] = [];
  /** The subjects published on, in their order. */
  readonly published: string[] = [];
  pings = 0;
  answers = true;
  /** Before the answer to a ping goes. */
  onPing = (): void => {};
  #unanswered = '';
  readonly #server: Server;

  private constructor(refuses: (connection: number) => boolean) {
    this.#server = createServer((socket) => {
      this.sockets.push(socket);
      const refused = refuses(this.sockets.length);
      socket.on('error', () => {});
      socket.write('INFO {"server_id":"fake","version":"2.9.0","headers":true,"max_payload":1048576}\r\n');
      let rest = '';
      socket.on('data', (chunk) => {
        const lines = (rest + chunk.toString('latin1')).split('\r\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          if (line.startsWith('CONNECT') && refused) socket.end("-ERR 'Authorization Violation'\r\n");
          if (line.startsWith('PUB ')) this.published.push(line.split(' ')[1] as string);
          if (line !== 'PING') continue;
          this.pings++;
          this.#unanswered += 'PONG\r\n';
          this.onPing();
        }
        if (this.answers) this.answer();
      });
    });
  }

  static async open(refuses: (connection: number) => boolean = () => false): Promise<FakeBroker> {
    const broker = new FakeBroker(refuses);
    broker.#server.listen(0, '127.0.0.1');
    await once(broker.#server, 'listening');
    return broker;
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  answer(): void {
    this.answers = true;
    this.sockets.at(-1)?.write(this.#unanswered);
    this.#unanswered = '';
  }

  end(): void {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
  }

  [Symbol.dispose](): void {
    this.end();
  }
}

/** Threads of the test that runs; one that fails leaves its own behind. */
const begun: Worker[] = [];
let broker: Broker;
/** The other sentinel's. */
let link: DataLink;

test.before(async () => {
  broker = await startBroker({ host: '127.0.0.1', port: 0 });
  link = await connectData({ urls: [broker.url] }, { name: 'test', timeoutMs: 5_000 });
});

test.after.each(async () => {
  await Promise.all(begun.splice(0).map((worker) => worker.terminate()));
});

test.after(async () => {
  await link.close();
  await broker.stop();
});

/** The messages on a subject; tests end it by `end`. */
async function hear(subject: string): Promise<{ readonly said: Record<string, unknown>[]; end(): void }> {
  const said: Record<string, unknown>[] = [];
  const end = link.subscribe(subject, (_subject, payload) => {
    said.push(JSON.parse(Buffer.from(payload).toString()));
  });
  await link.ready();
  return { said, end };
}

/** Whether somebody listens on a session's own subject. */
async function isHeard(there: string): Promise<boolean> {
  let heard = true;
  const end = link.subscribe('answers', () => {
    heard = false;
  });
  link.send(there, Buffer.from('?'), 'answers');
  await link.ready();
  await link.ready();
  end();
  return heard;
}

test('a slave listens, says so, and answers its master while main has not read the welcome', async () => {
  const slave = await Thread.begin(broker.url);
  assert.equal(slave.others, [{ type: 'ready' }]);
  const { said, end } = await hear(subjects.masterControl(address));
  const here = subjects.slaveControl(address);
  assert.is(await isHeard(here), false);
  slave.request({ op: 'listen', ...address });
  assert.equal(await slave.event('listening'), { type: 'listening', nonce });
  link.send(here, bytes({ type: 'probe', ...epoch }));
  await until('an answer', () => said.length > 0);
  assert.equal(said, [
    { type: 'beat', ...epoch, sent: 0, received: 0, limit: 0, begun: 0, server: link.server },
  ]);
  const other = { ...address, nonce: 'b'.repeat(32) };
  slave.request({ op: 'listen', ...other });
  await until('it listens to both', () => slave.events.length === 2);
  assert.equal([await isHeard(here), await isHeard(subjects.slaveControl(other))], [true, true]);
  slave.watch();
  await until('the other session is left', async () => !(await isHeard(subjects.slaveControl(other))));
  assert.ok(await isHeard(here));
  slave.request({ op: 'forget', nonce });
  await until('the session is left', async () => !(await isHeard(here)));
  end();
  await slave.stop();
});

test('both sides beat with what main keeps for the session, and tell main of the other', async () => {
  const activity = ['begun', 'memoryBytes', 'running', 'runningMs'];
  for (const [role, there, here] of [
    ['slave', subjects.masterControl(address), subjects.slaveControl(address)],
    ['master', subjects.slaveControl(address), subjects.masterControl(address)],
  ] as const) {
    const thread = await Thread.begin(broker.url, { role });
    const { said, end } = await hear(there);
    if (role === 'slave') {
      thread.request({ op: 'listen', ...address });
      await thread.event('listening');
    }
    const slot = thread.shared.counters.allocate();
    thread.shared.counters.set(slot, 5, 6, 7);
    thread.request({ op: 'watch', peer: { ...address, ...epoch, slot } });
    await until('a beat', () => said.length > 0);
    const { sent, received, limit, server } = said[0] ?? {};
    assert.equal([sent, received, limit, server], [5, 6, 7, link.server]);
    const known = Object.keys(said[0] ?? {}).filter((key) => activity.includes(key));
    assert.equal(known.sort(), role === 'slave' ? activity : []);
    if (role === 'slave') assert.ok(Number(said[0]?.memoryBytes) > 1_000_000);
    link.send(here, bytes({ type: 'beat', ...epoch, sent: 8, received: 9, limit: 10 }));
    const beat = await thread.event('beat');
    assert.equal([beat.sent, beat.received, beat.limit], [8, 9, 10]);
    end();
    await thread.stop();
  }
});

test('who is not there is suspected as soon as the broker says so', async () => {
  const master = await Thread.begin(broker.url, { role: 'master' });
  master.watch();
  assert.equal(await master.event('suspect'), { type: 'suspect', nonce, evidence: '503' });
  await master.stop();
});

test('a busy main gets what happened meanwhile at once when it is back, the newest of each kind', async () => {
  const slave = await Thread.begin(broker.url);
  const { said, end } = await hear(subjects.masterControl(address));
  slave.request({ op: 'listen', ...address });
  await slave.event('listening');
  slave.watch();
  // A thread that stalls may read its connection before what main has posted
  await until('it watches', () => said.length > 0);
  slave.reads = false;
  const here = subjects.slaveControl(address);
  const beat = (sent: number): boolean =>
    link.send(here, bytes({ type: 'beat', ...epoch, sent, received: 0, limit: 0 }));
  const before = slave.batches.length;
  beat(1);
  await slave.event('beat');
  for (const sent of [2, 3]) beat(sent);
  link.send(here, bytes({ type: 'command', ...epoch, id: 1, body: { command: 'shutdown' } }));
  beat(4);
  link.send(here, bytes({ type: 'command', ...epoch, id: 2, body: { command: 'recall', from: 0, to: 0 } }));
  await until('the last is answered', () => said.some(({ type, id }) => type === 'ack' && id === 2));
  assert.is(slave.batches.length, before + 1);
  slave.taken();
  await slave.event('shutdown');
  const seen = slave.batches.at(-1)?.map((event) => (event.type === 'beat' ? event.sent : event.type));
  assert.equal(seen, ['shutdown', 4]);
  end();
  await slave.stop();
});

test('the end of a process counts after all that it said, however late that is read', async () => {
  using fake = await FakeBroker.open();
  const master = await Thread.begin(fake.url, { role: 'master' });
  const other = 'b'.repeat(32);
  master.watch();
  master.request({ op: 'watch', peer: { ...address, ...epoch, nonce: other, slot: 0 } });
  await until('it watches both', () => new Set(fake.published).size === 2);
  const body = { command: 'bye', running: [], begun: 0, sent: 0 };
  const bye = bytes({ type: 'command', ...epoch, id: 1, body }).toString();
  const asked = fake.pings;
  fake.onPing = () => {
    // Words that are read together with the first question may be sent on after the answer
    if (fake.pings !== asked + 2) return;
    fake.sockets.at(-1)?.write(`MSG ${subjects.masterControl(address)} 1 ${bye.length}\r\n${bye}\r\n`);
  };
  const evidence = 'process exited with code 255';
  for (const gone of [nonce, other]) master.request({ op: 'evidence', nonce: gone, evidence });
  await master.event('lost');
  const told = master.events.filter(({ type }) => type === 'bye' || type === 'lost');
  assert.equal(
    told.map((event) => [event.type, 'nonce' in event && event.nonce]),
    [
      ['bye', nonce],
      ['lost', other],
    ],
  );
  await master.stop();
});

test('a start that fails says why, and the thread ends', async () => {
  const port = await freePort();
  const thread = await Thread.begin(`nats://127.0.0.1:${port}`);
  const message = `nothing listens at nats://127.0.0.1:${port}: connection refused`;
  assert.equal(thread.others, [{ type: 'failed', reason: 'refused', message }]);
  assert.equal(await thread.exited, [0]);
  const without = await Thread.begin('nats://127.0.0.1:1:1');
  assert.is(without.others[0]?.type, 'failed');
  assert.equal(await without.exited, [0]);
});

test('a second stop changes nothing, and the connection has ended', async () => {
  using fake = await FakeBroker.open();
  const thread = await Thread.begin(fake.url);
  thread.request({ op: 'stop' });
  await thread.stop();
  await until('its connections are closed', () => fake.sockets.every(({ destroyed }) => destroyed));
});

test('a connection that stands is asked often whether it does, and never made beside it', async () => {
  using fake = await FakeBroker.open();
  const thread = await Thread.begin(fake.url, { clientTimeoutMs: 1_600, broker: 'embedded' });
  const { length } = fake.sockets;
  // One each 200 ms, as the turns.
  await until('pings', () => fake.pings >= 5);
  // Another is made only in place of one that counts as dead, since this thread was too busy to answer.
  if (fake.sockets.length > length) await thread.event('link');
  await thread.stop();
});

test('what the broker forbids is told to main', async () => {
  using fake = await FakeBroker.open();
  const thread = await Thread.begin(fake.url);
  fake.sockets.at(-1)?.write(`-ERR 'Permissions Violation for Publish to "x"'\r\n`);
  const { text } = await thread.event('warning');
  assert.is(text, 'the broker forbids the publish to "x"');
  await thread.stop();
});

test('what a slow broker has no room for follows in turns, before anything newer', async () => {
  const SLAVES = 4_500;
  using fake = await FakeBroker.open();
  const master = await Thread.begin(fake.url, { role: 'master' });
  fake.answers = false;
  const wanted: string[] = [];
  for (let sid = 0; sid < SLAVES; sid++) {
    const one = { user: 'u', nonce: sid.toString(16).padStart(32, '0') };
    wanted.push(subjects.slaveControl(one));
    master.request({ op: 'watch', peer: { ...one, run: 'r', sid, slot: 0 } });
  }
  await until('the connection is full', () => fake.published.length > SLAVES / 4);
  assert.ok(fake.published.length < SLAVES);
  fake.answer();
  await until('all got theirs', () => new Set(fake.published).size === SLAVES);
  // Later beats of a slave are due at turns of its own, so that they would come in another order.
  assert.equal([...new Set(fake.published)], wanted);
  await master.stop();
});

for (const [first, watched, clientTimeoutMs, evidence] of [
  ['external', 'embedded', 600, /^connection refused for \d/],
  ['embedded', 'external', 200, /^no connection for \d/],
] as const) {
  test(`the end of a broker that turned out to be ${watched} is ${evidence.source}`, async () => {
    using fake = await FakeBroker.open();
    const slave = await Thread.begin(fake.url, { broker: first });
    slave.watch({ broker: watched, clientTimeoutMs });
    await until('it watches', () => fake.published.length > 0);
    fake.end();
    assert.match((await slave.event('lost')).evidence, evidence);
    assert.ok(slave.events.some((event) => event.type === 'link' && !event.connected));
    await slave.stop();
  });
}

test('an embedded broker that refuses our credentials is another one', async () => {
  let isOurs = true;
  using fake = await FakeBroker.open(() => !isOurs);
  const slave = await Thread.begin(fake.url, { broker: 'embedded', clientTimeoutMs: 600 });
  slave.watch();
  await until('it watches', () => fake.published.length > 0);
  isOurs = false;
  for (const socket of fake.sockets) socket.destroy();
  assert.match((await slave.event('lost')).evidence, /^connection refused for \d/);
  assert.not(slave.events.some(({ type }) => type === 'warning'));
  await slave.stop();
});

test('a session whose subscription was cut is listened to after the reconnection', async () => {
  using fake = await FakeBroker.open();
  const slave = await Thread.begin(fake.url);
  fake.answers = false;
  const asked = fake.pings;
  slave.request({ op: 'listen', ...address });
  await until('it asks whether it is taken', () => fake.pings > asked);
  assert.equal(slave.events, []);
  fake.answers = true;
  fake.sockets.at(-1)?.destroy();
  await slave.event('listening');
  const links = slave.events.filter(({ type }) => type === 'link');
  assert.equal(links, [
    { type: 'link', connected: false },
    { type: 'link', connected: true },
  ]);
  await slave.stop();
});

test.run();
