/** A whole master with slaves in its process: its end, and a broker that goes away and comes back. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../src/audit/events.js';
import { silentAudit } from '../../src/audit/memory-trail.js';
import { startBroker } from '../../src/broker/start-broker.js';
import { defineAlgorithm, master, StoppedError, slave } from '../../src/index.js';
import { Master } from '../../src/master/master.js';
import { Slave } from '../../src/slave/slave.js';
import { ifNatsServer, startNatsServer } from '../support/nats-server.js';
import { OwnTime } from '../support/own-time.js';
import { until } from '../support/programs.js';
import { coreOptions } from './parts.js';

const it = suite('master');

const double = defineAlgorithm('double', (n: number) => 2 * n);

function listening() {
  const events: AuditEvent[] = [];
  const ofType = <Type extends AuditEvent['type']>(type: Type) =>
    events.filter((event): event is Extract<AuditEvent, { type: Type }> => event.type === type);
  return { ofType, onAudit: (event: AuditEvent) => void events.push(event) };
}

it('computes, tells its slaves to stop, and takes nothing after its end', async () => {
  const { ofType, onAudit } = listening();
  const mw = await master({ onAudit });
  const slaves = await Promise.all([slave(mw), slave(mw)]);
  await mw.run(async () => {
    assert.is(await double.future(21), 42);
    double.targetNumber = -1;
    assert.is(double.targetNumber, 0);
    double.targetNumber = 7;
    assert.is(double.targetNumber, 7);
    assert.is(double.pendingTasks, 0);
  });
  using time = new OwnTime();
  await mw.stop();
  assert.ok(time.ms < 4_000, 'it does not wait for those that have answered');
  assert.equal(await Promise.all(slaves.map(({ finished }) => finished)), [0, 0]);
  assert.is(ofType('shutdown-unanswered').length, 0);
  assert.is(ofType('slave-lost').length, 0);
  assert.equal(
    ofType('slave-disconnected').map(({ sid }) => sid),
    ['SLAVE-0', 'SLAVE-1'],
  );
  await mw.stop();
  assert.throws(
    () => mw.run(() => double.funcall(1)),
    (error: unknown) => error instanceof StoppedError,
  );
});

it('refuses a slave of another member id at its own broker', async () => {
  const { ofType, onAudit } = listening();
  const mw = await master({ memberId: 'mine', onAudit });
  try {
    const refused = await slave(mw, { memberId: 'other' }).catch((error: unknown) => error);
    assert.match(String(refused), /its member id is "other", the master's is "mine"/);
    assert.is(ofType('member-refused').length, 1);
  } finally {
    await mw.stop();
  }
});

it('names each slave that has not answered in time, and for how long it waited', async () => {
  const broker = await startBroker({ host: '127.0.0.1', port: 0 });
  const { ofType, onAudit } = listening();
  const { ports: _none, ...options } = coreOptions({}, { audit: { emit: onAudit } });
  const address = { urls: [broker.url] };
  const mw = await Master.open({ ...options, clientTimeoutMs: 60_000, address, argv: [] });
  const abort = new AbortController();
  const lone = new Slave({
    locate: async () => ({ kind: 'connect', broker: address, memberId: 'm', run: undefined }),
    algorithm: (handle) => handle.slaveLoopSimple(),
    algorithms: [],
    audit: silentAudit,
    argv: [],
    memberId: 'm',
    clientTimeoutMs: 60_000,
    connectTimeoutMs: 60_000,
    signal: abort.signal,
  });
  const ended = lone.run();
  try {
    await lone.joined;
    await until('the master knows it', () => mw.slaves.length > 0);
    const { performance } = globalThis;
    const real = performance.now;
    let steps = 0;
    // The time to answer is over at once.
    performance.now = () => real.call(performance) + 10_000 * steps++;
    const stopped = mw.stop({ by: 'stop' });
    performance.now = real;
    assert.is(mw.stop({ by: 'return' }), stopped);
    await stopped;
    assert.equal(ofType('shutdown-unanswered'), [
      { type: 'shutdown-unanswered', sid: 'SLAVE-0', waitedSeconds: 5 },
    ]);
    assert.equal([...mw.leavingPids], []);
  } finally {
    abort.abort();
    await ended;
    await broker.stop();
  }
});

const onServer = ifNatsServer(it);
onServer('hears no slave of another member id at a broker that others use too', async () => {
  const server = await startNatsServer();
  const { ofType, onAudit } = listening();
  const mw = await master({ natsUrl: server.url, memberId: 'mine', onAudit });
  try {
    const own = slave(mw);
    const other = slave(mw, { memberId: 'other', connectTimeout: 1 }).catch((error: unknown) => error);
    assert.match(String(await other), /no master of member "other"/i);
    await own;
    assert.is(ofType('member-refused').length, 0);
  } finally {
    await mw.stop();
    await server.stop();
  }
});

onServer('tells of a broker that goes and comes back, and for how long it was away', async () => {
  const server = await startNatsServer();
  const { ofType, onAudit } = listening();
  const mw = await master({ natsUrl: server.url, onAudit });
  try {
    await slave(mw);
    await server.kill();
    await until('it is heard', () => ofType('broker-lost').length > 0);
    const pending = mw.run(() => double.future(4));
    await server.restart();
    await until('it is back', () => ofType('broker-back').length > 0);
    assert.is(await pending, 8, 'what was submitted meanwhile is done');
    assert.is(ofType('broker-lost').length, 1);
    assert.is(ofType('broker-lost')[0]?.reason, 'the connection ended');
    const [{ awaySeconds = 0, url = '' } = {}] = ofType('broker-back');
    assert.ok(awaySeconds > 0.01 && awaySeconds < 60, `away for ${awaySeconds} s`);
    assert.is(url, server.url);
  } finally {
    await mw.stop();
    await server.stop();
  }
});

it.run();
