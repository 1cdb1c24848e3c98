/** A slave's core on ports that only note what is asked of them. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_POLICY } from '../../../src/algorithms/policy.js';
import type { AlgorithmDefinition } from '../../../src/algorithms/types.js';
import { silentAudit } from '../../../src/audit/memory-trail.js';
import { SlaveCore } from '../../../src/slave/core/slave-core.js';
import { decodeBody, encodeBody } from '../../../src/wire/messages/body.js';
import { parseResults, taskEntryText, tasksText } from '../../../src/wire/messages/entries.js';
import { CREDIT_BYTES, type Hello, type Welcome } from '../../../src/wire/messages/messages.js';
import { Session } from '../../../src/wire/session/session.js';

const RUN = '00112233445566ff';

interface Noted {
  readonly core: SlaveCore;
  readonly hellos: Hello[];
  readonly nonces: string[];
  readonly frames: Buffer[];
  readonly clocks: string[];
}

const work: AlgorithmDefinition = {
  name: 'work',
  fn: () => undefined,
  policy: DEFAULT_POLICY,
  fingerprint: 'work',
  checkpoint: true,
  place: 'here',
};

function createSlave(): Noted {
  const frames: Buffer[] = [];
  const clocks: string[] = [];
  const hellos: Hello[] = [];
  const nonces: string[] = [];
  const core = new SlaveCore({
    memberId: 'm',
    run: undefined,
    host: 'h',
    pid: 1,
    algorithms: [work],
    audit: silentAudit,
    ports: {
      send: (frame) => frames.push(frame) > 0,
      sendHello: (hello) => hellos.push(hello),
      nonce: () => (nonces.length + 1).toString(16).padStart(32, '0'),
      listen: (nonce) => nonces.push(nonce),
      watch: () => nonces.length,
      offer: () => true,
      claim: () => true,
      release: () => {},
      positions: () => {},
      news: () => {},
      startClock: ({ number, timeoutMs }) => clocks.push(`${number} has ${timeoutMs}`),
      stopClock: ({ number }) => clocks.push(`${number} ended`) > 100,
      renumbered: () => clocks.push('renumbered'),
      abort: () => {},
    },
  });
  core.join();
  return { core, hellos, nonces, frames, clocks };
}

function welcome(nonce: string, sid: number): Welcome {
  return {
    type: 'welcome',
    run: RUN,
    nonce,
    sid,
    resultGroup: 'auto',
    algorithms: ['work'],
    broker: 'external',
    limit: 1_024,
    clientTimeoutMs: 3_000,
    maxMessageBytes: 1_024 * 1_024,
  };
}

const test = suite('slave/slave-core');

test('it says hello once it is heard, each second, until it is welcome', () => {
  const { core, hellos, nonces } = createSlave();
  core.tick(0);
  assert.is(hellos.length, 0, 'nobody could answer yet');
  core.joinable(nonces[0] as string, 100);
  for (const now of [200, 1_000, 1_100, 1_200, 2_100]) core.tick(now);
  assert.is(hellos.length, 3);
  core.takeHandshake(welcome(nonces[0] as string, 7), 2_200);
  core.tick(5_000);
  assert.is(hellos.length, 3);
  assert.is(core.sid, 7);
});

test('it joins again under another nonce when its session is over', () => {
  const { core, hellos, nonces } = createSlave();
  core.joinable(nonces[0] as string, 0);
  core.takeHandshake(welcome(nonces[0] as string, 7), 10);
  core.takeHandshake({ type: 'stale', nonce: 'f'.repeat(32) }, 20);
  assert.is(nonces.length, 1, 'somebody else is meant');
  core.takeHandshake({ type: 'stale', nonce: nonces[0] as string }, 30);
  assert.is(core.sid, undefined);
  core.joinable(nonces[1] as string, 40);
  assert.is(hellos.at(-1)?.nonce, nonces[1]);
  assert.is(hellos.at(-1)?.previous, 7);
});

test('it joins again when its session was over before the welcome came', () => {
  const { core, hellos, nonces } = createSlave();
  core.joinable(nonces[0] as string, 0);
  core.takeHandshake({ type: 'stale', nonce: nonces[0] as string }, 10);
  assert.is(nonces.length, 2);
  core.joinable(nonces[0] as string, 20);
  assert.is(hellos.length, 1, 'the old nonce is worth nothing');
  core.joinable(nonces[1] as string, 30);
  assert.is(hellos.at(-1)?.nonce, nonces[1]);
});

/** A session's other side, which gives tasks with these numbers. */
function give(core: SlaveCore, nonce: string, sid: number, numbers: readonly number[]): Session {
  const master = new Session({
    epoch: { run: RUN, nonce, sid },
    sendLimit: CREDIT_BYTES,
    receiveLimit: CREDIT_BYTES,
    maxMessageBytes: CREDIT_BYTES,
  });
  const entries = numbers.map((number) => taskEntryText(number, 1, 0, '[]'));
  master.post(encodeBody(tasksText(10, entries, undefined), []));
  master.flush((frame) => {
    core.takeFrame(frame, 0);
    return true;
  }, 0);
  return master;
}

test('it joins again with what it runs, as the first tasks of its new session', () => {
  const { core, hellos, nonces, clocks, frames } = createSlave();
  core.joinable(nonces[0] as string, 0);
  core.takeHandshake(welcome(nonces[0] as string, 7), 0);
  give(core, nonces[0] as string, 7, [10, 11, 12]);
  const first = core.begin(0);
  assert.ok(first);
  core.complete(first, { ok: true, packet: 1 }, 1, 0);
  const second = core.begin(0);
  assert.ok(second);
  core.takeHandshake({ type: 'stale', nonce: nonces[0] as string }, 10);
  core.joinable(nonces[1] as string, 20);
  const { previous, begun, runs } = hellos.at(-1) as Hello;
  assert.equal({ previous, begun, runs }, { previous: 7, begun: 2, runs: [[7, 11, 1]] });
  core.takeHandshake(welcome(nonces[1] as string, 8), 30);
  assert.equal([second.index, second.generation, second.sid], [0, 2, 7]);
  assert.equal(clocks, ['renumbered']);
  const master = give(core, nonces[1] as string, 8, [20]);
  core.complete(second, { ok: true, packet: 2 }, 1, 40);
  core.sendResults(40);
  const own = frames.map((frame) => Buffer.from(frame)).filter((frame) => master.owns(frame));
  const bodies = own.flatMap((frame) => master.receive(frame, 40));
  const sent = bodies.map((body) => parseResults(decodeBody(body as Uint8Array).value));
  assert.equal(
    sent.map(({ sid, results }) => [sid, ...results.map(([number]) => number)]),
    [
      [7, 10],
      [7, 11],
    ],
  );
  assert.is(core.begin(50)?.index, 1);
});

test('it says the same of an earlier session until it has a new one', () => {
  const { core, hellos, nonces } = createSlave();
  core.joinable(nonces[0] as string, 0);
  core.takeHandshake(welcome(nonces[0] as string, 7), 0);
  give(core, nonces[0] as string, 7, [10, 11]);
  const task = core.begin(0);
  assert.ok(task);
  core.takeHandshake({ type: 'stale', nonce: nonces[0] as string }, 10);
  core.joinable(nonces[1] as string, 20);
  core.complete(task, { ok: true, packet: 1 }, 1, 30);
  core.tick(2_000);
  assert.equal(hellos.at(-1)?.runs, [[7, 10, 1]], 'under one nonce, whatever ended meanwhile');
  core.takeHandshake({ type: 'stale', nonce: nonces[1] as string }, 2_010);
  core.joinable(nonces[2] as string, 2_020);
  const { previous, begun, runs } = hellos.at(-1) as Hello;
  assert.equal({ previous, begun, runs }, { previous: 7, begun: 1, runs: [] });
});

test('a run that takes longer than it may has timed out, whatever it came to', () => {
  const { core, nonces, frames, clocks } = createSlave();
  const [nonce] = nonces as [string];
  core.joinable(nonce, 0);
  core.takeHandshake({ ...welcome(nonce, 7), limit: CREDIT_BYTES, resultGroup: 10 }, 0);
  const master = new Session({
    epoch: { run: RUN, nonce, sid: 7 },
    sendLimit: CREDIT_BYTES,
    receiveLimit: CREDIT_BYTES,
    maxMessageBytes: CREDIT_BYTES,
  });
  const entries = [1, 2, 3, 4].map((number) => taskEntryText(number, 1, 0, '[]'));
  master.post(
    encodeBody(
      tasksText(10, entries, [
        [1, 250],
        [2, 250],
        [3, 250],
      ]),
      [],
    ),
  );
  master.flush((frame) => {
    core.takeFrame(frame, 0);
    return true;
  }, 0);
  const outcomes = [
    { ok: true, packet: 1 },
    { ok: true, packet: 2 },
    { ok: true, packet: 3 },
    { ok: false, thrown: new Error('late') },
  ] as const;
  for (const [at, ms] of [9_000, 250, 250.1, 900].entries()) {
    const task = core.begin(0);
    assert.ok(task);
    core.complete(task, outcomes[at] as (typeof outcomes)[number], ms * 1000, 0);
  }
  core.sendResults(0);
  const bodies = frames.flatMap((frame) => master.receive(Buffer.from(frame), 0));
  const { results } = parseResults(decodeBody(bodies[0] as Uint8Array).value);
  assert.equal(
    results.map(([number, , status, , value]) => [number, status, value]),
    [
      [1, 0, 1],
      [2, 0, 2],
      [3, 2, null],
      [4, 2, null],
    ],
  );
  const timed = [2, 3, 4].flatMap((number) => [`${number} has 250`, `${number} ended`]);
  assert.equal(clocks, timed);
});

test('it knows at its end what runs, what had begun, and what was sent', () => {
  const { core, nonces } = createSlave();
  const [nonce] = nonces as [string];
  core.joinable(nonce, 0);
  assert.is(core.farewell(undefined), undefined, 'there is no session to leave');
  core.takeHandshake({ ...welcome(nonce, 7), limit: CREDIT_BYTES, resultGroup: 1 }, 0);
  const master = new Session({
    epoch: { run: RUN, nonce, sid: 7 },
    sendLimit: CREDIT_BYTES,
    receiveLimit: CREDIT_BYTES,
    maxMessageBytes: CREDIT_BYTES,
  });
  const entries = [1, 2, 3, 4].map((number) => taskEntryText(number, 1, 0, '[]'));
  master.post(encodeBody(tasksText(1, entries, undefined), []));
  master.flush((frame) => {
    core.takeFrame(frame, 0);
    return true;
  }, 0);
  const first = core.begin(0);
  assert.ok(first);
  core.complete(first, { ok: true, packet: 1 }, 1_000, 0);
  core.flush(0);
  const second = core.begin(0);
  assert.ok(second);
  core.leave(0);
  assert.is(core.begin(0), undefined, 'nothing begins any more');
  const { sent = 0, ...said } = core.farewell('uncaught Error: no') ?? {};
  assert.equal(said, { running: [1], begun: 2, error: 'uncaught Error: no' });
  core.complete(second, { ok: true, packet: 2 }, 1_000, 0);
  core.sendResults(0);
  assert.equal(core.farewell(undefined), { running: [], begun: 2, sent: sent + 1, error: undefined });
  core.takeHandshake({ type: 'stale', nonce }, 0);
  assert.is(core.farewell(undefined), undefined);
});

test.run();
