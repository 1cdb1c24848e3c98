/** A master's link between a core that the test plays and a broker: what it brings to the one, and to the other. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent, AuditEventOf } from '../../src/audit/events.js';
import { type Broker, startBroker } from '../../src/broker/start-broker.js';
import { JoinError } from '../../src/errors.js';
import { connectData } from '../../src/link/connection/data-connection.js';
import type { DataLink, DataPort, PortPeer, SentinelEvent } from '../../src/link/ports.js';
import type { MasterCore } from '../../src/master/core/master-core.js';
import { MasterLink, type MasterLinkParams } from '../../src/master/master-link.js';
import type { MasterPorts } from '../../src/master/model/master-ports.js';
import type { ResultStore, ResultStoreListener } from '../../src/master/model/result-store.js';
import type { SlaveIdentity } from '../../src/master/model/slave-identity.js';
import type { SlaveRecord } from '../../src/master/model/slave-record.js';
import { Subjects } from '../../src/wire/messages/subjects.js';
import { freePort } from '../support/free-port.js';
import { until } from '../support/programs.js';
import { coreOptions, createSlave } from './parts.js';

const NONCE = 'b'.repeat(32);
const subjects = new Subjects('m');
const address = { user: 'Jürgen', nonce: NONCE };

const test = suite('master/master-link');

/** For all tests in which it stays. */
let broker: Broker;

test.before(async () => {
  broker = await startBroker({ host: '127.0.0.1', port: 0 });
});

test.after(() => broker.stop());

/** Notes what it is told. */
class PlayedCore {
  readonly told: unknown[][] = [];
  readonly events: SentinelEvent[] = [];
  dispatches = 0;
  ticks = 0;
  turns = 0;
  flushes = 0;
  reconnections = 0;

  readonly slaves = {
    takeHello: (...args: unknown[]) => void this.told.push(['hello', ...args]),
    takeFrame: (from: unknown, payload: Buffer) => void this.told.push(['frame', from, payload.toString()]),
    takeFrameOf: (from: unknown, payload: Buffer) =>
      void this.told.push(['frame of', from, payload.toString()]),
    losePort: (...args: unknown[]) => void this.told.push(['port lost', ...args]),
    takeAuthorization: (...args: unknown[]) => void this.told.push(['authorization', ...args]),
  };

  dispatch(): void {
    this.dispatches++;
  }

  tick(): void {
    this.ticks++;
  }

  takeTurn(): void {
    this.turns++;
  }

  flush(): void {
    this.flushes++;
  }

  reconnected(): void {
    this.reconnections++;
  }

  takeCommitted(count: number): void {
    this.told.push(['committed', count]);
  }

  end(error: unknown): void {
    this.told.push(['end', error]);
  }

  takeSentinelEvent(event: SentinelEvent): void {
    this.events.push(event);
  }
}

interface Opened {
  readonly url: string;
  readonly link: MasterLink;
  readonly ports: MasterPorts;
  readonly core: PlayedCore;
  readonly events: AuditEvent[];
  /** A slave's side. */
  readonly peer: DataLink;
  /** The messages that came to the slave's address. */
  readonly heard: string[];
  /** Resolves when all that the slave has sent is there. */
  arrived(): Promise<void>;
}

function paramsOf(url: string, more: Partial<MasterLinkParams>): MasterLinkParams & { events: AuditEvent[] } {
  const events: AuditEvent[] = [];
  const { ports: _none, ...options } = coreOptions({}, { broker: 'embedded' });
  const audit = { emit: (event: AuditEvent) => void events.push(event) };
  return { ...options, address: { urls: [url] }, audit, ...more, events };
}

async function withLink(
  body: (opened: Opened) => Promise<void>,
  more: Partial<MasterLinkParams> = {},
): Promise<void> {
  const { events, ...params } = paramsOf(broker.url, more);
  const link = await MasterLink.open(params);
  const peer = await connectData({ urls: [broker.url] }, { name: 'test', timeoutMs: 5_000 });
  try {
    const core = new PlayedCore();
    const heard: string[] = [];
    peer.subscribe(subjects.toSlave(address), (_subject, payload) => void heard.push(String(payload)));
    await peer.ready();
    const ports = link.ports(() => {});
    await link.start(core as unknown as MasterCore);
    const arrived = async (): Promise<void> => {
      const last = { user: 'last', nonce: 'f'.repeat(32) };
      const marks = () => core.told.filter(([what, from]) => what === 'frame' && isLast(from)).length;
      const before = marks();
      peer.send(subjects.toMaster(last), Buffer.from('last'));
      await until('the last frame', () => marks() > before);
    };
    await body({ url: broker.url, link, ports, core, events, peer, heard, arrived });
  } finally {
    await peer.close();
    await link.close();
  }
}

const isLast = (from: unknown): boolean => (from as { user?: string }).user === 'last';
const toldOf = ({ told }: PlayedCore) => told.filter(([, from]) => from === undefined || !isLast(from));
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('it is ready where its broker is', () =>
  withLink(async ({ url, events, core }) => {
    assert.equal(events, [{ type: 'master-ready', address: url }]);
    await until('a tick', () => core.ticks > 0);
  }));

test('it dispatches at the time that the core asks for; a later wish replaces an earlier one', () =>
  withLink(async ({ ports, core }) => {
    const from = performance.now();
    ports.dispatchAt?.(from + 60_000);
    ports.dispatchAt?.(from + 30);
    ports.dispatchAt?.(from + 30);
    await until('a dispatch', () => core.dispatches > 0);
    assert.ok(performance.now() - from >= 29, 'not before its time');
    ports.dispatchAt?.(from);
    await until('a dispatch that is late already', () => core.dispatches === 2);
    // It is cleared when the link closes; else this test would last
    ports.dispatchAt?.(from + 3_600_000);
  }));

test('all that is due in a turn goes out together, and the next turn again', () =>
  withLink(async ({ link, ports, core }) => {
    for (const count of [1, 2]) {
      for (let again = 0; again < 3; again++) link.dispatchSoon();
      assert.is(core.dispatches, count - 1);
      await turn();
      assert.is(core.dispatches, count);
    }
    for (const count of [1, 2]) {
      for (let again = 0; again < 3; again++) ports.askTurn?.();
      assert.is(core.turns, count - 1);
      await turn();
      assert.is(core.turns, count);
    }
  }));

test('frames are those of a slave from when it is watched until it is forgotten', () =>
  withLink(async ({ ports, core, peer, heard, arrived }) => {
    const slave = createSlave(1);
    Object.assign(slave, { address });
    const say = async (text: string): Promise<void> => {
      peer.send(subjects.toMaster(address), Buffer.from(text));
      await arrived();
    };
    await say('one');
    ports.positions(slave);
    ports.watch(slave);
    ports.positions(slave);
    const { dispatches } = core;
    await say('two');
    assert.ok(core.dispatches > dispatches, 'what a frame brings may let other tasks go');
    assert.is(ports.send(slave, Buffer.from('to it')), true);
    await until('its frame', () => heard.length > 0);
    ports.forget(slave);
    ports.forget(slave);
    ports.positions(slave);
    await say('three');
    const [one, two, three] = toldOf(core);
    assert.equal(one, ['frame', address, 'one']);
    assert.equal([two?.[0], two?.[2]], ['frame of', 'two']);
    assert.is(two?.[1], slave);
    assert.equal(three, ['frame', address, 'three']);
    assert.equal(heard, ['to it']);
  }));

test('a slave of which there is evidence is lost, with that evidence', () =>
  withLink(async ({ ports, core }) => {
    const slave = createSlave(1);
    ports.watch(slave);
    ports.condemn(slave, 'it has exited');
    await until('its loss', () => core.events.some(({ type }) => type === 'lost'));
    const lost = core.events.find(({ type }) => type === 'lost');
    assert.equal(lost, { type: 'lost', nonce: slave.nonce, evidence: 'it has exited' });
    ports.forget(slave);
  }));

const hello = { type: 'hello', nonce: NONCE, memberId: 'm' };

for (const kind of ['embedded', 'external'] as const) {
  test(`hellos come from ${kind === 'embedded' ? 'all members' : 'its own member'} at an ${kind} broker`, () =>
    withLink(
      async ({ core, peer, arrived }) => {
        for (const text of [
          '',
          '\u0001',
          'x{}',
          '{',
          JSON.stringify({ type: 'stale', nonce: NONCE }),
          JSON.stringify(hello),
        ]) {
          peer.send(subjects.hello(address), Buffer.from(text));
        }
        const other = { ...hello, memberId: 'other' };
        peer.send(new Subjects('other').hello(address), Buffer.from(JSON.stringify(other)));
        await arrived();
        const foreign = kind === 'embedded' ? [['hello', other, address]] : [];
        assert.equal(toldOf(core), [['hello', hello, address], ...foreign]);
      },
      { broker: kind },
    ));
}

test('an answer goes to the member whose slave it is', () =>
  withLink(async ({ ports, peer, heard }) => {
    const elsewhere: string[] = [];
    const toOther = new Subjects('other').toSlave(address);
    peer.subscribe(toOther, (_subject, payload) => void elsewhere.push(String(payload)));
    await peer.ready();
    const answer = { type: 'reject', nonce: NONCE, reason: 'no' } as const;
    ports.sendHandshake(address, answer);
    ports.sendHandshake(address, { ...answer, reason: 'other' }, 'other');
    await until('both', () => heard.length + elsewhere.length > 1);
    assert.equal(
      heard.map((text) => JSON.parse(text)),
      [answer],
    );
    assert.equal(
      elsewhere.map((text) => JSON.parse(text)),
      [{ ...answer, reason: 'other' }],
    );
  }));

test('a data port that ends is lost, but not that of a slave which leaves, though its goodbye comes later', async () => {
  const peers: PortPeer[] = [];
  const pass = { secret: 's', send: () => true, hangUp() {}, revoke() {} };
  const dataPort: DataPort = {
    port: 1,
    encrypted: false,
    admit: (_subjects, peer) => {
      peers.push(peer);
      return pass;
    },
  };
  await withLink(
    async ({ ports, core, events }) => {
      const slaves = [1, 2, 3, 4].map((number) => createSlave(number));
      for (const slave of slaves) ports.watch(slave);
      const [, leaving, stopped, gone] = slaves as [SlaveRecord, SlaveRecord, SlaveRecord, SlaveRecord];
      for (const peer of peers) peer.onOpened();
      for (const peer of peers) peer.onClosed();
      leaving.sayFarewell({ running: [], begun: 0, sent: 0 }, 1);
      stopped.machine.send('shutdown-sent');
      ports.forget(gone);
      for (const peer of peers) peer.onOpened();
      const lost = events.filter(({ type }) => type === 'data-port-lost');
      assert.equal(lost, [{ type: 'data-port-lost', peer: 'SLAVE-1' }]);
      assert.equal(
        core.told.filter(([what]) => what === 'port lost').map(([, slave]) => slave),
        slaves,
      );
    },
    { dataPort },
  );
});

test('the program is asked about slaves where it wants to be', async () => {
  await withLink(async ({ ports }) => assert.is(ports.authorize, undefined));
  await withLink(
    async ({ ports, core }) => {
      ports.authorize?.({} as SlaveIdentity, 5);
      await turn();
      assert.equal(core.told, [['authorization', 5, { admitted: true }]]);
    },
    { authorizeSlave: () => true },
  );
});

test('what a store says comes to the core', async () => {
  let listener: ResultStoreListener | undefined;
  const listen = (one: ResultStoreListener): void => {
    listener = one;
  };
  const store = { listen } as unknown as ResultStore;
  await withLink(
    async ({ core }) => {
      const error = new RangeError('full');
      listener?.onCommitted(3);
      listener?.onFailed(error);
      assert.equal(core.told, [
        ['committed', 3],
        ['end', error],
      ]);
    },
    { store },
  );
});

test('a broker that takes no more at once says when it does again', () =>
  withLink(async ({ ports, core }) => {
    const slave = createSlave(1);
    ports.watch(slave);
    const frame = Buffer.alloc(100_000);
    let sent = 0;
    while (ports.send(slave, frame)) sent++;
    assert.ok(sent > 5 && sent < 100, `${sent} frames`);
    assert.is(core.flushes, 0);
    await until('there is room', () => core.flushes > 0);
    assert.is(core.reconnections, 0);
    assert.is(ports.send(slave, frame), true);
    ports.forget(slave);
  }));

type BrokerBack = AuditEventOf<'broker-back'>;

test('a broker that goes and comes back is told once, and the core hears that it is back', async () => {
  const lost = await startBroker({ host: '127.0.0.1', port: await freePort() });
  const { events, ...params } = paramsOf(lost.url, {});
  const link = await MasterLink.open(params);
  const core = new PlayedCore();
  await link.start(core as unknown as MasterCore);
  await lost.stop();
  const ofType = (type: AuditEvent['type']) => events.filter((event) => event.type === type);
  await until('it is lost', () => ofType('broker-lost').length > 0);
  assert.is(core.reconnections, 0);
  const next = await startBroker({ host: '127.0.0.1', port: lost.port });
  try {
    await until('it is back', () => ofType('broker-back').length > 0);
    const { url } = lost;
    assert.equal(ofType('broker-lost'), [{ type: 'broker-lost', url, reason: 'the connection ended' }]);
    const [{ awaySeconds = 0, ...back } = {} as BrokerBack] = ofType('broker-back') as BrokerBack[];
    assert.equal(back, { type: 'broker-back', url });
    assert.ok(awaySeconds > 0 && awaySeconds < 600, `${awaySeconds} s`);
    assert.is(core.reconnections, 1);
    assert.is(core.flushes, 0);
  } finally {
    await link.close();
    await next.stop();
  }
  assert.is(ofType('broker-lost').length, 1, 'its own end is no loss');
});

test('of two masters of a member id the first stays, and the other says which it found', () =>
  withLink(
    async ({ url, core }) => {
      const { events, ...params } = paramsOf(url, { broker: 'external', run: 'f'.repeat(16) });
      const thrown = await MasterLink.open(params).catch((error: unknown) => error);
      assert.instance(thrown, JoinError);
      assert.match(String(thrown), /another master of member "m" is alive \(run 00112233445566ff answered\)/);
      assert.equal(events, [
        { type: 'other-master-found', memberId: 'm', evidence: 'run 00112233445566ff answered' },
      ]);
      await until('it heard of the other', () => core.events.some(({ type }) => type === 'other-master'));
      const { events: none, ...other } = paramsOf(url, { broker: 'external', memberId: 'm2' });
      await (await MasterLink.open(other)).close();
      assert.equal(none, []);
    },
    { broker: 'external' },
  ));

test.run();
