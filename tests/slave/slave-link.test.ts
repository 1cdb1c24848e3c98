/** A slave's attempt to join a master that the test plays, over a broker that comes and goes. */

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../src/audit/events.js';
import { type Broker, startBroker } from '../../src/broker/start-broker.js';
import { connectData } from '../../src/link/connection/data-connection.js';
import type { DataLink } from '../../src/link/ports.js';
import { TICK_MS } from '../../src/slave/core/ticker.js';
import { killLine, killNotice } from '../../src/slave/kill-line.js';
import type { SlaveHandle } from '../../src/slave/run/slave-handle.js';
import { type Located, Slave, type SlaveParams } from '../../src/slave/slave.js';
import { SlaveLink, type SlaveLinkParams } from '../../src/slave/slave-link.js';
import type { SpareThread } from '../../src/threads/spare-thread.js';
import { CREDIT_BYTES, type Hello } from '../../src/wire/messages/messages.js';
import { Subjects } from '../../src/wire/messages/subjects.js';
import { freePort } from '../support/free-port.js';
import { OwnTime } from '../support/own-time.js';
import { until, within } from '../support/programs.js';
import { standStill } from '../support/stand-still.js';
import { PlayedSentinel } from './played-sentinel.js';

const RUN = 'a'.repeat(16);
const subjects = new Subjects('m');

const test = suite('slave/slave-link');

/** A master that answers as the test says. */
class PlayedMaster {
  readonly hellos: Hello[] = [];
  /** Payloads that a session has sent. */
  readonly frames: Buffer[] = [];
  readonly link: DataLink;

  private constructor(link: DataLink, answer: (hello: Hello, master: PlayedMaster) => void) {
    this.link = link;
    link.subscribe(subjects.allHellos, (_subject, payload) => {
      const hello = JSON.parse(Buffer.from(payload).toString()) as Hello;
      this.hellos.push(hello);
      answer(hello, this);
    });
  }

  static async start(
    url: string,
    answer: (hello: Hello, master: PlayedMaster) => void,
  ): Promise<PlayedMaster> {
    const link = await connectData({ urls: [url] }, { name: 'test', timeoutMs: 5_000 });
    const master = new PlayedMaster(link, answer);
    await link.ready();
    return master;
  }

  say(nonce: string, payload: string | Uint8Array): void {
    this.link.send(subjects.toSlave({ user: '_', nonce }), Buffer.from(payload));
  }

  welcome({ nonce }: Hello, clientTimeoutMs: number): void {
    this.link.subscribe(subjects.toMaster({ user: '_', nonce }), (_subject, payload) => {
      this.frames.push(Buffer.from(payload));
    });
    const welcome = {
      type: 'welcome',
      run: RUN,
      nonce,
      sid: 7,
      resultGroup: 'auto',
      algorithms: [],
      broker: 'external',
      limit: CREDIT_BYTES,
      clientTimeoutMs,
      maxMessageBytes: CREDIT_BYTES,
    };
    this.say(nonce, JSON.stringify(welcome));
  }

  reject({ nonce }: Hello, reason: string): void {
    this.say(nonce, JSON.stringify({ type: 'reject', nonce, reason }));
  }
}

function createSlave(url: string, more: Partial<SlaveParams> = {}) {
  const events: AuditEvent[] = [];
  const slave = new Slave({
    locate: async () => placeOf(url),
    algorithm: (handle: SlaveHandle) => handle.slaveLoopSimple(),
    algorithms: [],
    audit: { emit: (event) => void events.push(event) },
    argv: [],
    memberId: 'mine',
    clientTimeoutMs: 5_000,
    connectTimeoutMs: 5_000,
    ...more,
  });
  return { slave, events };
}

const placeOf = (url: string, run?: string): Located => ({
  kind: 'connect',
  broker: { urls: [url] },
  memberId: 'm',
  run,
});

/** For all tests in which it stays. */
let shared: Broker;

test.before(async () => {
  shared = await startBroker({ host: '127.0.0.1', port: 0 });
});

test.after(() => shared.stop());

const withBroker = (body: (broker: Broker) => Promise<void>): Promise<void> => body(shared);

const typesOf = (events: readonly AuditEvent[]) => events.map(({ type }) => type);

test('a master that refuses it ends it with 255, and it says why', () =>
  withBroker(async ({ url }) => {
    const master = await PlayedMaster.start(url, (hello, played) => {
      // Nothing of this is an answer, and it waits on.
      for (const noise of ['{', '{}', '\u0001', '']) played.say(hello.nonce, noise);
      played.reject(hello, 'no room');
    });
    const { slave, events } = createSlave(url, { memberId: 'mine', concurrency: 3 });
    assert.is(await slave.run(), 255);
    assert.equal(events, [
      { type: 'connected-to-broker', address: url },
      { type: 'connected-to-master', address: url },
      { type: 'refused-by-master', reason: 'no room' },
      { type: 'slave-finished', outcome: 'master-disconnect', memberId: 'm' },
    ]);
    const { concurrency, pid, memberId, run } = master.hellos[0] as Hello;
    assert.equal([concurrency, pid, memberId, run], [3, process.pid, 'm', undefined]);
    await master.link.close();
  }));

test('a refusal counts no more when the computation has meanwhile finished', () =>
  withBroker(async ({ url }) => {
    let isOver = false;
    const master = await PlayedMaster.start(url, (hello, played) => {
      isOver = true;
      played.reject(hello, 'no such run');
    });
    const finished: Located = { kind: 'finished', memberId: 'm2', timestamp: 't', run: RUN, path: '/p' };
    const { slave, events } = createSlave(url, {
      locate: async () => (isOver ? finished : placeOf(url, RUN)),
    });
    assert.is(await slave.run(), 0);
    assert.equal(events.slice(-2), [
      { type: 'resource-file-finished', timestamp: 't', runId: RUN, path: '/p' },
      { type: 'slave-finished', outcome: 'computation-finished', memberId: 'm2' },
    ]);
    await master.link.close();
  }));

test('it says once that no master listens at a broker, and names the member', () =>
  withBroker(async ({ url }) => {
    const { slave, events } = createSlave(url, { connectTimeoutMs: 700 });
    using time = new OwnTime();
    assert.is(await slave.run(), 255);
    assert.ok(time.ms < 3_000);
    assert.equal(typesOf(events), [
      'connected-to-broker',
      'master-unheard',
      'master-not-found',
      'slave-finished',
    ]);
    const [, unheard, notFound] = events as { reason?: string; url?: string; waitedSeconds?: number }[];
    assert.match(unheard?.reason ?? '', /no master of member "m" answers/);
    assert.equal([notFound?.reason, notFound?.url, notFound?.waitedSeconds], [unheard?.reason, url, 0.7]);
  }));

test('a warning about the place of the master is said once', () =>
  withBroker(async ({ url }) => {
    const master = await PlayedMaster.start(url, (hello, played) => played.reject(hello, 'no'));
    const { slave, events } = createSlave(url, {
      locate: async () => ({ ...placeOf(url, RUN), kind: 'connect', warning: 'odd' }) as Located,
    });
    assert.is(await slave.run(), 255);
    assert.equal(events[0], { type: 'resource-file-unusable', reason: 'odd' });
    assert.is(master.hellos[0]?.run, RUN, 'it says which run it belongs to');
    await master.link.close();
  }));

test('a broker that goes before the master has answered is looked for again', async () => {
  const port = await freePort();
  const broker = await startBroker({ host: '127.0.0.1', port });
  const { url } = broker;
  const master = await PlayedMaster.start(url, () => {});
  const { slave, events } = createSlave(url, { connectTimeoutMs: 20_000 });
  const ended = slave.run();
  await until('a hello', () => master.hellos.length > 0);
  await master.link.close();
  await broker.stop();
  const next = await startBroker({ host: '127.0.0.1', port });
  const other = await PlayedMaster.start(url, (hello, played) => played.reject(hello, 'no'));
  try {
    assert.is(await ended, 255);
    assert.is(typesOf(events).filter((type) => type === 'connected-to-broker').length, 2);
    assert.is.not(other.hellos[0]?.nonce, master.hellos[0]?.nonce);
  } finally {
    await other.link.close();
    await next.stop();
  }
});

test('a broker that goes while the sentinel starts is looked for again', async () => {
  const broker = await startBroker({ host: '127.0.0.1', port: await freePort() });
  let next: Broker | undefined;
  let other: PlayedMaster | undefined;
  const take = async (): Promise<unknown> => {
    if (next === undefined) {
      await broker.stop();
      next = await startBroker({ host: '127.0.0.1', port: 0 });
      other = await PlayedMaster.start(next.url, (hello, played) => played.reject(hello, 'no'));
    }
    return new PlayedSentinel();
  };
  const spare = { take, end: async () => {} } as unknown as SpareThread;
  const { slave } = createSlave(broker.url, {
    spare,
    locate: async () => placeOf(next?.url ?? broker.url),
  });
  try {
    const code = await within(10_000, slave.run(), () => 'the slave waits');
    assert.is(code, 255);
    assert.is(other?.hellos.length, 1);
  } finally {
    await other?.link.close();
    await next?.stop();
  }
});

test('a master that is silent for longer than it may is lost: 255', () =>
  withBroker(async ({ url }) => {
    const master = await PlayedMaster.start(url, (hello, played) => played.welcome(hello, 300));
    const { slave, events } = createSlave(url);
    assert.is(await slave.run(), 255);
    assert.equal(typesOf(events), [
      'connected-to-broker',
      'connected-to-master',
      'id-received',
      'master-lost',
      'slave-finished',
    ]);
    assert.equal(events.at(-1), {
      type: 'slave-finished',
      outcome: 'master-disconnect',
      memberId: 'm',
    });
    await master.link.close();
  }));

test('a session that its master does not know any more begins again under another nonce', () =>
  withBroker(async ({ url }) => {
    const master = await PlayedMaster.start(url, (hello, played) => {
      if (played.hellos.length > 1) played.reject(hello, 'enough');
      else played.welcome(hello, 60_000);
    });
    const { slave, events } = createSlave(url);
    const ended = slave.run();
    await slave.joined;
    const { nonce } = master.hellos[0] as Hello;
    master.say(nonce, JSON.stringify({ type: 'stale', nonce }));
    assert.is(await ended, 255);
    const [first, second] = master.hellos as [Hello, Hello];
    assert.is.not(first.nonce, second.nonce);
    assert.equal([second.previous, second.previousNonce, second.run], [7, first.nonce, RUN]);
    assert.is(typesOf(events).filter((type) => type === 'connected-to-master').length, 1, 'said once');
    await master.link.close();
  }));

test('one whose signal has come before it began looks for nothing', async () => {
  let looks = 0;
  const { slave, events } = createSlave('', {
    signal: AbortSignal.abort(),
    locate: async () => {
      looks++;
      return { kind: 'missing', message: 'no file' };
    },
  });
  assert.is(await slave.run(), 255);
  assert.equal([looks, typesOf(events)], [0, ['slave-finished']]);
});

test('a time in which it stood still is no time in which it found no master', async () => {
  let looks = 0;
  const { slave, events } = createSlave('', {
    connectTimeoutMs: 300,
    locate: async () => {
      if (++looks > 1) return { kind: 'finished', memberId: 'm', timestamp: 't', run: RUN, path: '/p' };
      setImmediate(() => standStill(400));
      return { kind: 'missing', message: 'no file' };
    },
  });
  assert.is(await slave.run(), 0);
  assert.equal([looks, typesOf(events).includes('master-not-found')], [2, false]);
});

test('a computation that is over ends it with 0, before it looks for a broker', async () => {
  const { slave, events } = createSlave('', {
    locate: async () => ({ kind: 'finished', memberId: 'm2', timestamp: 't', run: RUN, path: '/p' }),
  });
  assert.is(await slave.run(), 0);
  assert.equal(typesOf(events), ['resource-file-finished', 'slave-finished']);
});

/** One attempt, whose sentinel the test plays. */
async function openLink(url: string, more: Partial<SlaveLinkParams> = {}) {
  const events: AuditEvent[] = [];
  const sentinel = new PlayedSentinel();
  const link = await SlaveLink.open({
    place: { broker: { urls: [url] }, memberId: 'm', run: undefined },
    algorithms: [],
    audit: { emit: (event) => void events.push(event) },
    argv: [],
    concurrency: 1,
    clientTimeoutMs: 5_000,
    withinMs: 5_000,
    takeParentPipe: () => undefined,
    mayKill: false,
    spare: sentinel.asSpare(),
    auditFile: undefined,
    auditFormat: 'text',
    onAnswer: () => {},
    killOnStandardError: 'line',
    ...more,
  });
  return { link, sentinel, events };
}

/** The same in a session with a played master. */
async function joinedLink(url: string, more: Partial<SlaveLinkParams> = {}) {
  const master = await PlayedMaster.start(url, (hello, played) => {
    if (played.hellos.length === 1) played.welcome(hello, 60_000);
  });
  const opened = await openLink(url, more);
  await opened.link.until(() => opened.link.core.sid !== undefined);
  const close = async (): Promise<void> => {
    await opened.link.close();
    await master.link.close();
  };
  return { ...opened, master, nonce: opened.link.core.nonce, close };
}

/** 'waits' if the promise takes a turn of the event loop. */
const atOnce = <T>(promise: Promise<T>): Promise<T | 'waits'> =>
  Promise.race([promise, new Promise<'waits'>((resolve) => setImmediate(() => resolve('waits')))]);

test('its sentinel knows whom it watches, and what to write where when it kills', () =>
  withBroker(async ({ url }) => {
    for (const [killOnStandardError, notice] of [
      ['line', undefined],
      ['notice', killNotice()],
      ['nothing', ''],
    ] as const) {
      const { link, sentinel } = await openLink(url, {
        killOnStandardError,
        auditFormat: 'json',
        auditFile: '/f',
        mayKill: true,
        takeParentPipe: () => 77,
      });
      const { data } = sentinel;
      assert.is(data?.killNotice, notice, killOnStandardError);
      assert.equal([data?.killLine, data?.auditFile, data?.mayKill], [killLine('json'), '/f', true]);
      assert.equal([data?.role, data?.memberId, data?.parentPipeFd], ['slave', 'm', 77]);
      await link.close();
    }
  }));

test('without a sentinel there is no attempt, and no connection is left', () =>
  withBroker(async ({ url }) => {
    const spare = { take: () => Promise.reject(new RangeError('no thread')) } as unknown as SpareThread;
    const thrown = await openLink(url, { spare }).catch((error: unknown) => error);
    assert.instance(thrown, RangeError);
  }));

test('what holds already is waited for no moment, and nothing is asked after it has held', () =>
  withBroker(async ({ url }) => {
    const { link, sentinel, close } = await joinedLink(url);
    assert.is(await atOnce(link.until(() => true)), undefined);
    let asked = 0;
    let holds = false;
    const waiting = link.until(() => {
      asked++;
      return holds;
    });
    assert.is(await atOnce(waiting), 'waits');
    holds = true;
    await sentinel.say({ type: 'acknowledged', nonce: link.core.nonce, id: 1 });
    assert.is(await atOnce(waiting), undefined, 'news let it look again');
    const before = asked;
    await sentinel.say({ type: 'acknowledged', nonce: link.core.nonce, id: 1 });
    assert.is(asked, before);
    await close();
  }));

test('what came while main stood still is read before it looks at its clock', () =>
  withBroker(async ({ url }) => {
    const { link, close } = await joinedLink(url);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const peer = connect((server.address() as { readonly port: number }).port, '127.0.0.1');
    const [socket] = await accepted;
    const order: string[] = [];
    socket.on('data', () => order.push('answer'));
    const deadline = performance.now() + 50;
    const late = link.until(() => performance.now() > deadline).then(() => order.push('judgement'));
    peer.write('x');
    standStill(2 * TICK_MS);
    await late;
    peer.destroy();
    server.close();
    await close();
    assert.equal(order, ['answer', 'judgement']);
  }));

test('the trail has what its sentinel warns of, and nothing once it closes', () =>
  withBroker(async ({ url }) => {
    const { link, sentinel, events, close } = await joinedLink(url);
    const begun = events.length;
    await sentinel.say({ type: 'warning', text: 'odd' });
    assert.equal(events.slice(begun), [{ type: 'warning', text: 'odd' }]);
    assert.is(link.core.end, undefined);
    const closed = close();
    await sentinel.say({ type: 'warning', text: 'late' }, { type: 'shutdown', nonce: link.core.nonce });
    assert.is(sentinel.asked('ending').length, 1);
    assert.equal([events.length, link.core.end], [begun + 1, undefined]);
    await closed;
    assert.is(sentinel.asked('stop').length, 1);
  }));

test('a master whose sentinel has ended counts as gone, since nothing watches it any more', () =>
  withBroker(async ({ url }) => {
    const { link, sentinel, events, close } = await joinedLink(url);
    const begun = events.length;
    sentinel.emit('exit', 1);
    assert.equal(events.slice(begun), [
      { type: 'error', text: "the sentinel ended: the sentinel's thread ended with code 1" },
      { type: 'master-lost', evidence: 'its own sentinel ended' },
    ]);
    assert.equal(link.core.end, { kind: 'master-lost', evidence: 'its own sentinel ended' });
    await close();
  }));

test('a sentinel that has lost the master hears that main ends by itself', () =>
  withBroker(async ({ url }) => {
    const { link, sentinel, close } = await joinedLink(url);
    assert.is(sentinel.asked('ending').length, 0);
    await sentinel.say({ type: 'lost', nonce: link.core.nonce, evidence: 'silent' });
    assert.is(sentinel.asked('ending').length, 1);
    assert.equal(link.core.end, { kind: 'master-lost', evidence: 'silent' });
    await close();
  }));

test('a goodbye goes out in a session, once it is answered there is a farewell, and before one there is none', () =>
  withBroker(async ({ url }) => {
    const { link: lone, sentinel: alone } = await openLink(url);
    assert.is(lone.goodbye('no'), false);
    assert.equal(alone.asked('command'), []);
    await lone.close();
    const { link, sentinel, nonce, close } = await joinedLink(url);
    assert.is(link.goodbye('so'), true);
    const [{ id, body, ...command } = {} as never] = sentinel.asked('command');
    assert.equal([command.nonce, id, body.command], [nonce, 1, 'bye']);
    assert.equal(body, { command: 'bye', running: [], begun: 0, sent: 0, error: 'so' });
    await sentinel.say({ type: 'cleared', nonce });
    assert.is(link.farewell, false);
    await sentinel.say({ type: 'acknowledged', nonce, id: 1 });
    assert.is(link.farewell, true);
    await close();
  }));

test('its sentinel watches the master under the nonce of the session, and again after it was stale', () =>
  withBroker(async ({ url }) => {
    const { link, sentinel, master, nonce, close } = await joinedLink(url);
    const [{ peer, ...watch } = {} as never] = sentinel.asked('watch');
    assert.equal([peer.user, peer.run, peer.nonce, peer.sid], ['_', RUN, nonce, 7]);
    assert.equal([watch.broker, watch.clientTimeoutMs], ['external', 60_000]);
    const frames: string[] = [];
    link.core.takeFrame = (frame) => void frames.push(frame.toString());
    master.say(nonce, '\u0001');
    await link.until(() => frames.length > 0);
    await sentinel.say({ type: 'stale', nonce });
    const next = link.core.nonce;
    assert.is.not(next, nonce);
    assert.equal(
      sentinel.asked('listen').map((request) => request.nonce),
      [nonce, next],
    );
    await until('the next hello', () => master.hellos.length > 1);
    master.say(nonce, '\u0002');
    master.say(next, '\u0003');
    await link.until(() => frames.length > 1);
    assert.equal(frames, ['\u0001', '\u0003'], 'nobody listens to the old session');
    await close();
  }));

test('what comes and makes no sense ends nothing, and the trail says so', () =>
  withBroker(async ({ url }) => {
    const { link, events, master, nonce, close } = await joinedLink(url);
    link.core.takeFrame = () => {
      throw new RangeError('cannot be');
    };
    master.say(nonce, '\u0001');
    await link.until(() => events.at(-1)?.type === 'warning');
    assert.equal(events.at(-1), { type: 'warning', text: 'cannot be' });
    assert.equal([link.core.end, link.linkLost], [undefined, false]);
    await close();
  }));

test('it remembers since when no master listens, from the first time', () =>
  withBroker(async ({ url }) => {
    const { link } = await openLink(url);
    assert.is(link.unheardSince, undefined);
    await link.until(() => link.unheardSince !== undefined);
    const since = link.unheardSince;
    const frames: Buffer[] = [];
    link.core.takeFrame = (frame) => void frames.push(frame);
    const other = await connectData({ urls: [url] }, { name: 'test', timeoutMs: 5_000 });
    const address = { user: '_', nonce: link.core.nonce };
    // The broker answers this one where an answer to a hello would come.
    other.send(subjects.hello(address), Buffer.from('{}'), subjects.toSlave(address));
    other.send(subjects.toSlave(address), Buffer.from('\u0001'));
    await link.until(() => frames.length > 0);
    assert.is(link.unheardSince, since);
    await other.close();
    await link.close();
  }));

test('a connection that breaks is news, and its core hears when it is back', async () => {
  const broker = await startBroker({ host: '127.0.0.1', port: await freePort() });
  const { link, close } = await joinedLink(broker.url);
  let back = 0;
  link.core.reconnected = () => void back++;
  await broker.stop();
  await link.until(() => link.linkLost);
  assert.is(back, 0);
  const next = await startBroker({ host: '127.0.0.1', port: broker.port });
  try {
    await until('it is back', () => back > 0);
    assert.equal([back, link.core.end], [1, undefined]);
    await close();
  } finally {
    await next.stop();
  }
});

test.run();
