/** Slaves that are let in, and what each is told. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../../src/audit/events.js';
import { silentAudit } from '../../../src/audit/memory-trail.js';
import { PEER_CAPACITY } from '../../../src/link/shared/peer-counters.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import type { Sessions } from '../../../src/master/slaves/sessions.js';
import {
  CREDIT_BYTES,
  type HandshakeMessage,
  type Hello,
  PROTOCOL_VERSION,
} from '../../../src/wire/messages/messages.js';
import type { SessionAddress } from '../../../src/wire/messages/subjects.js';
import { Session } from '../../../src/wire/session/session.js';
import { createEntry, createSessions } from '../parts.js';

const NONCE = '0'.repeat(32);
const hello: Hello = {
  type: 'hello',
  protocol: PROTOCOL_VERSION,
  nonce: NONCE,
  memberId: 'm',
  algorithms: [],
  host: 'h',
  pid: 1,
};

function open(): { sessions: Sessions; said: string[] } {
  const said: string[] = [];
  const sessions = createSessions({
    sendHandshake: ({ user }: SessionAddress, message: HandshakeMessage) =>
      said.push(`${user} ${message.type}${message.type === 'welcome' ? ` ${message.sid}` : ''}`),
  });
  return { sessions, said };
}

const test = suite('master/sessions');

test('the same nonce gets the same welcome, however often it says hello', () => {
  const { sessions, said } = open();
  for (let time = 0; time < 3; time++) sessions.takeHello(hello, { user: 'a', nonce: NONCE });
  assert.equal(said, ['a welcome 0', 'a welcome 0', 'a welcome 0']);
  assert.is(sessions.roster.size, 1);
});

test('a nonce that another user names does not take the place of its slave', () => {
  const { sessions, said } = open();
  sessions.takeHello(hello, { user: 'a', nonce: NONCE });
  const [slave] = sessions.roster;
  sessions.takeHello(hello, { user: 'thief', nonce: NONCE });
  assert.equal(said, ['a welcome 0']);
  assert.equal([...sessions.roster], [slave]);
});

test('a session that is over is answered stale, to hellos and frames', () => {
  const { sessions, said } = open();
  const address = { user: 'a', nonce: NONCE };
  sessions.takeHello(hello, address);
  for (const slave of [...sessions.roster]) sessions.end(slave, { how: 'left', evidence: 'test' });
  sessions.takeHello(hello, address);
  assert.is(sessions.roster.find(address), undefined);
  sessions.refuseFrame(address);
  assert.equal(said, ['a welcome 0', 'a stale', 'a stale']);
});

test('a hello that names another nonce than its subject is none', () => {
  const { sessions, said } = open();
  sessions.takeHello(hello, { user: 'a', nonce: '1'.repeat(32) });
  assert.equal([said.length, sessions.roster.size], [0, 0]);
});

class Stage {
  readonly events: AuditEvent[] = [];
  readonly said: string[] = [];
  /** The frames that went out, by the sid of their slave. */
  readonly sent: string[] = [];
  readonly positions: string[] = [];
  /** How many more frames the link takes. */
  room = Number.POSITIVE_INFINITY;
  readonly sessions = createSessions(
    {
      send: ({ sid }) => {
        if (this.room <= 0) return false;
        this.room--;
        this.sent.push(sid);
        return true;
      },
      sendHandshake: (_address, message, memberId) => void this.said.push(`${message.type} to ${memberId}`),
      positions: ({ sid }) => void this.positions.push(sid),
    },
    { audit: { ...silentAudit, emit: (event) => void this.events.push(event) } },
  );

  hello(number: number, change: Partial<Hello> = {}, user = 'u'): SlaveRecord | undefined {
    const nonce = number.toString(16).padStart(32, '0');
    const address = { user, nonce };
    return this.sessions.takeHello({ ...hello, nonce, pid: number, ...change }, address)?.slave;
  }

  /** One that is sure to be admitted. */
  join(number: number, change: Partial<Hello> = {}): SlaveRecord {
    return this.hello(number, change) as SlaveRecord;
  }

  heard(): string[] {
    return this.events.splice(0).map((event) => Object.values(event).join(' '));
  }
}

test('a slave that joins is told of, with its places only if it has several', () => {
  const stage = new Stage();
  stage.join(5);
  stage.join(6, { concurrency: 1 });
  stage.join(7, { concurrency: 2 });
  assert.equal(stage.heard(), [
    'hello-received h 5',
    'slave-connecting SLAVE-0 h 5 m unordered',
    'hello-received h 6',
    'slave-connecting SLAVE-1 h 6 m unordered',
    'hello-received h 7',
    'slave-connecting SLAVE-2 h 7 m unordered 2',
  ]);
  assert.is(stage.sessions.roster.slots, 4);
});

test('a slave that comes back has the history of its nonce, and is told of with its last id', () => {
  const stage = new Stage();
  const { nonce } = stage.join(0);
  stage.heard();
  const back = stage.join(1, { previousNonce: nonce, runs: [[0, 0, 1]] });
  assert.equal([back.earlier.map(({ number }) => number), back.nextIndex], [[0], 1]);
  assert.ok(stage.heard().includes('slave-rejoined SLAVE-1 SLAVE-0'));
  assert.equal(stage.join(2, { previousNonce: 'f'.repeat(32) }).earlier, []);
  assert.equal(stage.join(3).nextIndex, 0);
  assert.not(stage.heard().some((line) => line.startsWith('slave-rejoined')));
});

test('one of another member is refused in its own words, any other with the reason', () => {
  const stage = new Stage();
  assert.is(stage.hello(0, { memberId: 'x' }), undefined);
  assert.is(stage.hello(1, { protocol: 99 }), undefined);
  const lines = stage.heard().filter((line) => !line.startsWith('hello-received'));
  assert.is(lines[0], 'member-refused m x h 0');
  assert.match(lines[1] as string, /^hello-refused h 1 its protocol version is 99/);
  assert.equal(stage.said, ['reject to x', 'reject to m']);
});

test('a user is admitted whose name takes 255 characters in a subject, and no longer one', () => {
  const stage = new Stage();
  assert.ok(stage.hello(0, {}, 'u'.repeat(255)));
  assert.is(stage.hello(1, {}, 'u'.repeat(256)), undefined);
  assert.is(stage.said.length, 1);
});

test('a master takes so many slaves and no more, however they were admitted', () => {
  const stage = new Stage();
  const { roster } = stage.sessions;
  const { address, history } = stage.join(0);
  for (let number = 1; number < PEER_CAPACITY - 1; number++) {
    const slave = { number, nonce: `${number}`, address, history, concurrency: 1 };
    roster.add(slave as Partial<SlaveRecord> as SlaveRecord);
  }
  assert.ok(stage.hello(1));
  assert.is(roster.size, PEER_CAPACITY);
  assert.is(stage.hello(2), undefined);
  assert.match(stage.heard().at(-1) as string, /the master has 16384 slaves and takes no more/);
  assert.is(roster.size, PEER_CAPACITY);
});

test('of too many hellos at once some are not heard, which is told', () => {
  const stage = new Stage();
  // One that is refused is not remembered.
  const value = { ...hello, protocol: 99 };
  const address = { user: 'u', nonce: NONCE };
  const knock = (times: number): void => {
    for (let time = 0; time < times; time++) stage.sessions.takeHello(value, address);
  };
  knock(PEER_CAPACITY);
  assert.is(stage.said.length, PEER_CAPACITY);
  stage.events.length = 0;
  stage.sessions.tick(0);
  assert.equal(stage.heard(), []);
  knock(53);
  assert.is(stage.said.length, PEER_CAPACITY + 50);
  stage.events.length = 0;
  stage.sessions.tick(0);
  assert.equal(stage.heard(), ['warning 3 hellos were ignored: too many came at once']);
});

test('stale is told in the trail once, however often it is sent', () => {
  const stage = new Stage();
  const slave = stage.join(0);
  stage.sessions.refuseFrame(slave.address);
  assert.equal(stage.said, ['welcome to undefined'], 'its session is alive');
  stage.sessions.end(slave, { how: 'left', evidence: 'test' });
  stage.heard();
  for (let time = 0; time < 2; time++) stage.sessions.refuseFrame(slave.address);
  assert.equal([stage.heard(), stage.said.length], [['stale-sent SLAVE-0'], 3]);
  stage.sessions.sendStale({ user: 'u', nonce: 'f'.repeat(32) });
  assert.equal([stage.heard(), stage.said.length], [[], 4]);
});

test('there may be room where a slave is idle, or runs several tasks at once', () => {
  const stage = new Stage();
  const { sessions } = stage;
  const slave = stage.join(0);
  assert.not(sessions.mayHaveFreeSlots);
  slave.machine.send('confirmed');
  assert.ok(sessions.mayHaveFreeSlots);
  slave.machine.send('tasks-given');
  assert.not(sessions.mayHaveFreeSlots);
  slave.machine.send('all-settled');
  assert.ok(sessions.mayHaveFreeSlots);
  sessions.end(slave, { how: 'left', evidence: 'test' });
  assert.not(sessions.mayHaveFreeSlots);
  stage.join(1, { concurrency: 2 });
  assert.ok(sessions.mayHaveFreeSlots);
});

test('each move of a slave is told', () => {
  const stage = new Stage();
  const slave = stage.join(0);
  stage.heard();
  for (const event of ['confirmed', 'tasks-given', 'all-settled', 'shutdown-sent', 'gone'] as const) {
    slave.machine.send(event);
  }
  assert.equal(
    stage.heard(),
    ['idle', 'busy', 'idle', 'shutting-down', 'disconnected'].map((state) => `slave-${state} SLAVE-0`),
  );
});

test('what was posted goes out in the order of waking, as far as the link takes it, and then the rest', () => {
  const stage = new Stage();
  const { sessions } = stage;
  const slaves = [0, 1, 2].map((number) => stage.join(number)) as [SlaveRecord, SlaveRecord, SlaveRecord];
  for (const slave of slaves) {
    slave.session.post({ text: '[]', raws: [] });
    sessions.wake(slave);
    sessions.wake(slave);
    assert.ok(slave.needsFlush);
  }
  stage.room = 1;
  sessions.flush(0);
  assert.equal([stage.sent, slaves.map(({ needsFlush }) => needsFlush)], [['SLAVE-0'], [false, true, true]]);
  assert.equal(stage.positions, ['SLAVE-0', 'SLAVE-1'], 'the second was tried');
  sessions.wake(slaves[1]);
  stage.room = 9;
  sessions.flush(0);
  assert.equal(stage.sent, ['SLAVE-0', 'SLAVE-1', 'SLAVE-2']);
  sessions.flush(0);
  assert.equal([stage.sent.length, stage.positions.length], [3, 4], 'nothing is left');
});

test('nothing goes out to a slave that is gone, and all to those behind it', () => {
  const stage = new Stage();
  const { sessions } = stage;
  const [gone, other] = [0, 1].map((number) => stage.join(number)) as [SlaveRecord, SlaveRecord];
  for (const slave of [gone, other]) {
    slave.session.post({ text: '[]', raws: [] });
    sessions.wake(slave);
  }
  sessions.end(gone, { how: 'left', evidence: 'test' });
  sessions.flush(0);
  assert.equal(stage.sent, ['SLAVE-1']);
});

test('after a reconnection all sessions say how far they are', () => {
  const stage = new Stage();
  for (const number of [0, 1]) stage.join(number);
  stage.sessions.flush(0);
  assert.equal(stage.sent, []);
  stage.sessions.reconnected();
  stage.sessions.flush(0);
  assert.equal(stage.sent, ['SLAVE-0', 'SLAVE-1']);
});

/** The slave's end of its session. */
function slaveEnd(slave: SlaveRecord): Session {
  return new Session({
    epoch: slave.session.epoch,
    sendLimit: slave.session.receiveLimit,
    receiveLimit: CREDIT_BYTES,
    maxMessageBytes: 1_024,
  });
}

function framesOf(session: Session): Buffer {
  const frames: Buffer[] = [];
  session.flush((frame) => frames.push(Buffer.from(frame)) > 0, 0);
  return Buffer.concat(frames);
}

test('what came is acknowledged at the next tick, once, and not to a slave that has gone meanwhile', () => {
  const stage = new Stage();
  const { sessions } = stage;
  const [alive, gone] = [0, 1].map((number) => stage.join(number)) as [SlaveRecord, SlaveRecord];
  for (const slave of [alive, gone]) {
    const end = slaveEnd(slave);
    end.post({ text: '[]', raws: [] });
    slave.session.receive(framesOf(end), 0);
    sessions.settleCredit(slave);
  }
  sessions.flush(0);
  assert.equal([stage.sent, alive.needsTick, gone.needsTick], [[], true, true]);
  sessions.end(gone, { how: 'left', evidence: 'test' });
  sessions.tick(100);
  sessions.flush(100);
  assert.equal([stage.sent, alive.needsTick, gone.needsTick], [['SLAVE-0'], true, false]);
  sessions.tick(200);
  sessions.flush(200);
  assert.equal([stage.sent.length, alive.needsTick], [1, false]);
});

test('the credit of a slave that is gone goes to one that waits for it', () => {
  const stage = new Stage();
  const { sessions } = stage;
  const slaves = [0, 1, 2, 3, 4, 5].map((number) => stage.join(number));
  const before = slaves.map(({ session }) => session.receiveLimit);
  // Each wants far more than there is.
  for (const slave of slaves) {
    const end = slaveEnd(slave);
    for (let count = 0; count < 300; count++) end.post({ text: `"${'x'.repeat(1_000)}"`, raws: [] });
    framesOf(end);
    // Its position, which says what it wants; the data is lost.
    end.confirm();
    slave.session.receive(framesOf(end), 0);
    sessions.settleCredit(slave);
  }
  const waiting = slaves.filter(({ session }, index) => session.receiveLimit === before[index]);
  assert.ok(waiting.length > 0 && waiting.length < slaves.length);
  sessions.flush(0);
  stage.sent.length = 0;
  const served = slaves.find((slave) => !waiting.includes(slave)) as SlaveRecord;
  sessions.end(served, { how: 'left', evidence: 'test' });
  sessions.flush(0);
  assert.equal(stage.sent, [waiting[0]?.sid]);
});

test('a session that finds a gap, and one that serves it, tell of it by their streams', () => {
  const stage = new Stage();
  const slave = stage.join(0);
  const end = slaveEnd(slave);
  stage.heard();
  end.post({ text: '[]', raws: [] });
  framesOf(end);
  end.post({ text: '[]', raws: [] });
  slave.session.receive(framesOf(end), 0);
  stage.sessions.wake(slave);
  stage.sessions.flush(0);
  assert.equal(stage.heard(), ['resend-sent SLAVE-0 results 1']);
  slave.session.post({ text: '[]', raws: [] });
  slave.session.post({ text: '[]', raws: [] });
  const frames: Buffer[] = [];
  slave.session.flush((frame) => frames.push(Buffer.from(frame)) > 0, 0);
  const position = framesOf(end);
  assert.is(position.length, 0);
  slave.session.post({ text: '[]', raws: [] });
  slave.session.flush((frame) => frames.push(Buffer.from(frame)) > 0, 0);
  end.receive(frames.at(-1) as Buffer, 0);
  slave.session.receive(framesOf(end), 0);
  assert.equal(stage.heard(), ['resend-received SLAVE-0 tasks 1']);
});

test('a slave is watched before its welcome, which says all that it must know', () => {
  const log: unknown[] = [];
  const sessions = createSessions(
    {
      watch: ({ sid }) => void log.push(`watch ${sid}`),
      forget: ({ sid }) => void log.push(`forget ${sid}`),
      sendHandshake: (_address, message) => void log.push(message),
      dataPort: ({ sid }) => ({ port: 7, secret: sid, encrypted: false }),
    },
    { algorithms: [createEntry('one').definition, createEntry('two').definition] },
  );
  const algorithms = ['one', 'two'].map((name) => [name, name] as const);
  const joined = sessions.takeHello({ ...hello, algorithms }, { user: 'u', nonce: NONCE });
  const { slave } = joined as { slave: SlaveRecord };
  sessions.end(slave, { how: 'left', evidence: 'test' });
  assert.equal(log, [
    'watch SLAVE-0',
    {
      type: 'welcome',
      run: '00112233445566ff',
      nonce: NONCE,
      sid: 0,
      resultGroup: 'auto',
      algorithms: ['one', 'two'],
      broker: 'external',
      limit: slave.session.receiveLimit,
      clientTimeoutMs: 1_000,
      maxMessageBytes: 1_024,
      dataPort: { port: 7, secret: 'SLAVE-0', encrypted: false },
      cells: undefined,
    },
    'forget SLAVE-0',
  ]);
});

test('other code that is allowed is told of, with the names of its algorithms', () => {
  const events: AuditEvent[] = [];
  const sessions = createSessions(
    {},
    {
      algorithms: [createEntry('one').definition, createEntry('two').definition],
      allowVersionSkew: true,
      audit: { emit: (event) => void events.push(event) },
    },
  );
  const join = (nonce: string, ...fingerprints: readonly [string, string]): void => {
    const algorithms = [
      ['one', fingerprints[0]],
      ['two', fingerprints[1]],
    ] as const;
    sessions.takeHello({ ...hello, nonce, algorithms }, { user: 'u', nonce });
  };
  join('0'.repeat(32), 'one', 'two');
  join('1'.repeat(32), 'x', 'two');
  join('2'.repeat(32), 'x', 'y');
  assert.equal(
    events.filter(({ type }) => type === 'skew-accepted').map((event) => Object.values(event).join(' ')),
    ['skew-accepted SLAVE-1 one', 'skew-accepted SLAVE-2 one, two'],
  );
});

test('a slave that comes back again is told of with its last id, and its place in a group is open', () => {
  const stage = new Stage();
  const { sessions } = stage;
  sessions.allocation.allocate(1, 'ordered');
  const first = stage.join(0);
  sessions.end(first, { how: 'left', evidence: 'test' });
  assert.is(sessions.allocation.slavesNeeded, 1);
  const second = stage.join(1, { previousNonce: first.nonce });
  sessions.end(second, { how: 'left', evidence: 'test' });
  stage.heard();
  const third = stage.join(2, { previousNonce: second.nonce });
  assert.is(third.kind, 'ordered');
  assert.ok(stage.heard().includes('slave-rejoined SLAVE-2 SLAVE-1'));
});

test('one whom the program admits is refused when there are too many by then', () => {
  const said: string[] = [];
  const sessions = createSessions({
    authorize: () => {},
    sendHandshake: (_address, { type }) => void said.push(type),
  });
  sessions.takeHello(hello, { user: 'u', nonce: NONCE });
  Object.defineProperty(sessions.roster, 'size', { value: PEER_CAPACITY });
  assert.is(sessions.takeAuthorization(0, { admitted: true }), undefined);
  assert.equal(said, ['reject']);
});

test.run();
