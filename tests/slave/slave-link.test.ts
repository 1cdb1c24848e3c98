/** A slave's attempt to join a master that the test plays, over a broker that comes and goes. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../src/audit/events.js';
import { type Broker, startBroker } from '../../src/broker/start-broker.js';
import { connectData } from '../../src/link/connection/data-connection.js';
import type { DataLink } from '../../src/link/ports.js';
import type { SlaveHandle } from '../../src/slave/run/slave-handle.js';
import { type Located, Slave, type SlaveParams } from '../../src/slave/slave.js';
import { CREDIT_BYTES, type Hello } from '../../src/wire/messages/messages.js';
import { Subjects } from '../../src/wire/messages/subjects.js';
import { until } from '../support/programs.js';

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

async function withBroker(body: (broker: Broker) => Promise<void>): Promise<void> {
  const broker = await startBroker({ host: '127.0.0.1', port: 0 });
  try {
    await body(broker);
  } finally {
    await broker.stop();
  }
}

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
    const began = performance.now();
    assert.is(await slave.run(), 255);
    assert.ok(performance.now() - began < 3_000);
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
  const broker = await startBroker({ host: '127.0.0.1', port: 0 });
  const { url, port } = broker;
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

test('a computation that is over ends it with 0, before it looks for a broker', async () => {
  const { slave, events } = createSlave('', {
    locate: async () => ({ kind: 'finished', memberId: 'm2', timestamp: 't', run: RUN, path: '/p' }),
  });
  assert.is(await slave.run(), 0);
  assert.equal(typesOf(events), ['resource-file-finished', 'slave-finished']);
});

test.run();
