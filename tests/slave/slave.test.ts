/** A slave that finds no master: how it waits, and what it leaves behind. */

import { getEventListeners } from 'node:events';
import { createServer } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../src/audit/events.js';
import { startBroker } from '../../src/broker/start-broker.js';
import { ConnectError } from '../../src/link/connection/connect-error.js';
import { connectData } from '../../src/link/connection/data-connection.js';
import { SearchNotes } from '../../src/slave/search-notes.js';
import { type Located, type ParentMaster, Slave } from '../../src/slave/slave.js';
import { Subjects } from '../../src/wire/messages/subjects.js';
import { freePort } from '../support/free-port.js';
import { OwnTime } from '../support/own-time.js';

const search = suite('search for a master');

function createSlave(located: Located | (() => Located), connectTimeoutMs: number, parent?: ParentMaster) {
  const events: AuditEvent[] = [];
  const abort = new AbortController();
  const slave = new Slave({
    locate: async () => (typeof located === 'function' ? located() : located),
    algorithm: () => 0,
    algorithms: [],
    audit: { emit: (event) => void events.push(event) },
    argv: [],
    memberId: 'm',
    clientTimeoutMs: 3000,
    connectTimeoutMs,
    parent,
    signal: abort.signal,
  });
  return { slave, events, abort };
}

search('it says once what is missing, ends with 255, and leaves no listener on its signal', async () => {
  const { slave, events, abort } = createSlave({ kind: 'missing', message: 'no file' }, 900);
  assert.is(await slave.run(), 255);
  assert.is(events.filter(({ type }) => type === 'resource-file-unusable').length, 1);
  assert.equal(events.at(-2), {
    type: 'master-not-found',
    memberId: 'm',
    url: undefined,
    waitedSeconds: 0.9,
    reason: 'no file',
  });
  assert.equal(getEventListeners(abort.signal, 'abort'), []);
});

search('its last line says why the last attempt failed', async () => {
  const url = `nats://127.0.0.1:${await freePort()}`;
  const { slave, events } = createSlave(
    { kind: 'connect', broker: { urls: [url] }, memberId: 'm', run: undefined },
    1_000,
  );
  assert.is(await slave.run(), 255);
  const reason = `nothing listens at ${url}: connection refused`;
  // On a busy machine the last attempt may also have been refused too late
  const [first] = events.filter(({ type }) => type === 'connect-refused');
  assert.equal(first, { type: 'connect-refused', address: url, reason });
  assert.equal(events.at(-2), { type: 'master-not-found', memberId: 'm', url, waitedSeconds: 1, reason });
});

search('it says each thing once, and keeps what says more than a timeout', () => {
  const events: AuditEvent[] = [];
  const notes = new SearchNotes({ emit: (event) => void events.push(event) });
  const late = new ConnectError('timeout', 'late');
  notes.refused('h:1', late);
  assert.is(notes.cause, 'late');
  notes.refused('h:1', new ConnectError('credentials', 'wrong token'));
  notes.refused('h:1', late);
  assert.is(notes.cause, 'wrong token');
  for (let again = 0; again < 3; again++) {
    notes.connected('h:1');
    notes.unheard('h:1', 'm');
  }
  assert.match(notes.cause ?? '', /the broker is there, but no master of member "m" answers/);
  notes.connectionLost();
  notes.connected('h:1');
  const types = events.map(({ type }) => type);
  const refusals = ['connect-refused', 'connect-refused', 'connect-refused'];
  assert.equal(types, [...refusals, 'connected-to-broker', 'master-unheard', 'connected-to-broker']);
});

search('it stops waiting when it is told to', async () => {
  const { slave, abort } = createSlave({ kind: 'missing', message: 'no file' }, Number.POSITIVE_INFINITY);
  const ended = slave.run();
  abort.abort();
  assert.is(await ended, 255);
});

search('it waits for a mute broker no longer than the time it has to find a master', async () => {
  const mute = createServer((socket) => socket.resume().on('error', () => {})).listen(0, '127.0.0.1');
  await new Promise((resolve) => mute.once('listening', resolve));
  const address = mute.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    const broker = { urls: [`nats://127.0.0.1:${port}`] };
    const { slave } = createSlave({ kind: 'connect', broker, memberId: 'm', run: undefined }, 500);
    using time = new OwnTime();
    assert.is(await slave.run(), 255);
    assert.ok(time.ms < 4_000, 'a connection attempt alone may take 5 s');
  } finally {
    mute.close();
  }
});

search('a busy master that refuses late leaves it the whole time to find the next one', async () => {
  const timeoutMs = 1_000;
  const broker = await startBroker({ host: '127.0.0.1', port: 0 });
  const address = { urls: [broker.url] };
  const master = await connectData(address, { name: 'test', timeoutMs: 5_000 });
  try {
    const subjects = new Subjects('m');
    const runs = ['a'.repeat(16), 'b'.repeat(16)];
    const heard = new Set<string>();
    const asked: string[] = [];
    const locate = (): Located => ({
      kind: 'connect',
      broker: address,
      memberId: 'm',
      run: runs[asked.length === 0 ? 0 : 1],
    });
    const { slave } = createSlave(locate, timeoutMs);
    master.subscribe(subjects.allHellos, (_subject, payload) => {
      const { nonce, run } = JSON.parse(Buffer.from(payload).toString());
      // A hello is said again and again until it is answered.
      if (heard.has(run)) return;
      heard.add(run);
      const toSlave = subjects.toSlave({ user: '_', nonce });
      const reject = (): void => {
        asked.push(run);
        master.send(toSlave, Buffer.from(JSON.stringify({ type: 'reject', nonce, reason: 'no such run' })));
      };
      if (run === runs[0]) setTimeout(reject, 1.2 * timeoutMs);
      else reject();
    });
    await master.ready();
    assert.is(await slave.run(), 255);
    assert.equal(asked, runs);
  } finally {
    await master.close();
    await broker.stop();
  }
});

search('it asks again where its master is when nobody answers at the broker', async () => {
  const broker = await startBroker({ host: '127.0.0.1', port: 0 });
  const place = { kind: 'connect', broker: { urls: [broker.url] }, memberId: 'm', run: undefined } as const;
  let asked = 0;
  const locate = (): Located => {
    if (++asked === 2) abort.abort();
    return place;
  };
  const { slave, events, abort } = createSlave(locate, 60_000);
  try {
    assert.is(await slave.run(), 255);
    assert.is(asked, 2);
    assert.equal(
      events.filter(({ type }) => type === 'connected-to-broker' || type === 'master-unheard').length,
      2,
    );
  } finally {
    await broker.stop();
  }
});

search('it does not look for a master that is gone with its process', async () => {
  let looks = 0;
  const parent: ParentMaster = { pipeFd: -1, isGone: () => ++looks > 2 };
  const { slave, events } = createSlave({ kind: 'missing', message: 'no file' }, 60_000, parent);
  assert.is(await slave.run(), 255);
  assert.is(looks, 3);
  assert.is(events.at(-2)?.type, 'master-lost');
});

search.run();
