/** A slave's core on ports that only note what is asked of them. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_POLICY } from '../../../src/algorithms/policy.js';
import type { AlgorithmDefinition } from '../../../src/algorithms/types.js';
import type { AuditEvent } from '../../../src/audit/events.js';
import { SlaveCore } from '../../../src/slave/core/slave-core.js';
import type { SlavePorts } from '../../../src/slave/core/slave-ports.js';
import { decodeBody, encodeBody } from '../../../src/wire/messages/body.js';
import { parseResults } from '../../../src/wire/messages/entries.js';
import { CREDIT_BYTES, type Hello, type Welcome } from '../../../src/wire/messages/messages.js';
import { Session } from '../../../src/wire/session/session.js';
import { taskEntryText, tasksText } from '../../wire/messages/entry-texts.js';

const RUN = '00112233445566ff';

interface Noted {
  readonly core: SlaveCore;
  readonly hellos: Hello[];
  readonly nonces: string[];
  readonly frames: Buffer[];
  readonly clocks: string[];
  readonly events: AuditEvent[];
  /** The places that its claims are to release, and the tasks that are to be aborted. */
  readonly claims: string[];
  /** Places of tasks that are taken back: before they came, and before they begin. */
  readonly takenBack: { offered: number[]; claimed: number[] };
}

const work: AlgorithmDefinition = {
  name: 'work',
  fn: () => undefined,
  policy: DEFAULT_POLICY,
  fingerprint: 'work',
  checkpoint: true,
  place: 'here',
};

function createSlave(ports: Partial<SlavePorts> = {}): Noted {
  const frames: Buffer[] = [];
  const clocks: string[] = [];
  const hellos: Hello[] = [];
  const nonces: string[] = [];
  const events: AuditEvent[] = [];
  const claims: string[] = [];
  const takenBack: Noted['takenBack'] = { offered: [], claimed: [] };
  const core = new SlaveCore({
    memberId: 'm',
    run: undefined,
    host: 'h',
    pid: 1,
    algorithms: [work],
    audit: { emit: (event) => void events.push(event) },
    ports: {
      send: (frame) => frames.push(frame) > 0,
      sendHello: (hello) => hellos.push(hello),
      nonce: () => (nonces.length + 1).toString(16).padStart(32, '0'),
      listen: (nonce) => nonces.push(nonce),
      watch: () => nonces.length,
      offer: (index) => !takenBack.offered.includes(index),
      claim: (index) => !takenBack.claimed.includes(index),
      release: (index) => claims.push(`release ${index}`),
      positions: () => {},
      news: () => {},
      startClock: ({ number, timeoutMs }) => clocks.push(`${number} has ${timeoutMs}`),
      kill: ({ number }, afterMs) => clocks.push(`${number} has ${afterMs} to stop`),
      stopClock: ({ number }) => clocks.push(`${number} ended`) > 100,
      renumbered: () => clocks.push('renumbered'),
      abort: ({ number }) => claims.push(`abort ${number}`),
      ...ports,
    },
  });
  core.join();
  return { core, hellos, nonces, frames, clocks, events, claims, takenBack };
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

/** A slave that has joined as SLAVE-7. */
function joined(ports: Partial<SlavePorts> = {}): Noted & { readonly nonce: string } {
  const noted = createSlave(ports);
  const [nonce] = noted.nonces as [string];
  noted.core.joinable(nonce, 0);
  noted.core.takeHandshake({ ...welcome(nonce, 7), limit: CREDIT_BYTES }, 0);
  return { ...noted, nonce };
}

test('a refusal ends it with the reason, and nothing after it counts', () => {
  const { core, hellos, nonces, events } = createSlave();
  const [nonce] = nonces as [string];
  core.joinable(nonce, 0);
  core.takeHandshake({ type: 'reject', nonce: 'f'.repeat(32), reason: 'somebody else' }, 0);
  assert.is(core.end, undefined);
  core.takeHandshake({ type: 'reject', nonce, reason: 'no such run' }, 0);
  assert.equal([core.end, core.isMasterGone], [{ kind: 'refused', reason: 'no such run' }, true]);
  core.takeHandshake(welcome(nonce, 7), 10);
  core.takeHandshake({ type: 'stale', nonce }, 10);
  core.tick(5_000);
  assert.equal([core.sid, nonces.length, hellos.length], [undefined, 1, 1]);
  assert.equal(events, [{ type: 'refused-by-master', reason: 'no such run' }]);
});

test('in a session neither another welcome nor a refusal counts', () => {
  const { core, nonce, events } = joined();
  core.takeHandshake({ type: 'reject', nonce, reason: 'too late' }, 10);
  core.takeHandshake(welcome(nonce, 8), 10);
  assert.equal([core.end, core.sid], [undefined, 7]);
  assert.equal(events, [{ type: 'id-received', sid: 'SLAVE-7' }]);
});

test('it knows the grouping that its master last said', () => {
  const { core, nonce } = joined();
  assert.is(core.grouping, 0, 'auto');
  give(core, nonce, 7, [1]);
  assert.is(core.grouping, 10);
  const exact = createSlave();
  exact.core.takeHandshake({ ...welcome(exact.nonces[0] as string, 1), resultGroup: 5 }, 0);
  assert.is(exact.core.grouping, 5);
});

test('what a sentinel heard for another session is not for this one', () => {
  const { core, nonce, nonces, events } = joined();
  const farewell = { running: [], begun: 0, sent: 0 };
  for (const event of [{ type: 'stale' }, { type: 'bye', farewell }] as const) {
    core.takeSentinelEvent({ ...event, nonce: 'f'.repeat(32) }, 0);
    assert.equal([core.sid, nonces.length], [7, 1]);
  }
  core.takeSentinelEvent({ type: 'stale', nonce }, 0);
  assert.equal([core.sid, nonces.length], [undefined, 2]);
  assert.is(events.at(-1)?.type, 'stale-received');
  core.takeHandshake(welcome(nonces[1] as string, 8), 0);
  core.takeSentinelEvent({ type: 'bye', nonce: nonces[1] as string, farewell }, 0);
  assert.is(nonces.length, 3, 'its master has left');
});

test('a beat of its own session wakes it when a frame was lost, one of another does not', () => {
  for (const [own, frames] of [
    [false, 0],
    [true, 1],
  ] as const) {
    const noted = joined();
    const nonce = own ? noted.nonce : 'f'.repeat(32);
    const before = noted.frames.length;
    for (const now of [100, 2_000])
      noted.core.takeSentinelEvent({ type: 'beat', nonce, sent: 3, received: 0, limit: 0 }, now);
    assert.is(noted.frames.length - before, frames);
    assert.is(noted.events.filter(({ type }) => type === 'resend-sent').length, frames);
  }
});

test('a shutdown outranks a lost master, and not the other way round', () => {
  const lost = { type: 'lost', nonce: '', evidence: 'silent' } as const;
  const { core, events } = joined();
  core.takeSentinelEvent(lost, 0);
  core.takeSentinelEvent({ ...lost, evidence: 'again' }, 0);
  assert.equal([core.end, core.isMasterGone], [{ kind: 'master-lost', evidence: 'silent' }, true]);
  core.takeSentinelEvent({ type: 'shutdown', nonce: '' }, 0);
  assert.equal([core.end, core.isMasterGone], [{ kind: 'shutdown' }, false]);
  core.takeSentinelEvent(lost, 0);
  assert.equal(core.end, { kind: 'shutdown' });
  assert.equal(events.slice(1), [{ type: 'master-lost', evidence: 'silent' }, { type: 'shutdown-received' }]);
});

test('a frame that breaks the protocol ends the session, and says so', () => {
  const { core, nonce, nonces, events } = joined();
  const master = new Session({
    epoch: { run: RUN, nonce, sid: 7 },
    sendLimit: CREDIT_BYTES,
    receiveLimit: CREDIT_BYTES,
    maxMessageBytes: CREDIT_BYTES,
  });
  master.post(encodeBody('[1,2,3,4,5]', []));
  master.flush((frame) => {
    core.takeFrame(frame, 0);
    return true;
  }, 0);
  assert.equal([core.sid, nonces.length], [undefined, 2]);
  assert.equal(
    events.slice(1).map(({ type }) => type),
    ['frame-dropped', 'stale-received'],
  );
});

test('tasks that were taken back before they came or before they begin do not run', () => {
  const { core, nonce, claims, takenBack, events } = joined();
  takenBack.offered.push(0);
  takenBack.claimed.push(1);
  give(core, nonce, 7, [10, 11, 12]);
  assert.equal(events.at(-1), { type: 'tasks-received', count: 3, grouping: 10 });
  assert.equal([core.waitingTasks, core.nextTask?.number], [2, 11]);
  const task = core.begin(0);
  assert.ok(task);
  assert.equal([task.number, task.index, task.endOfGroup, core.runningTasks], [12, 2, true, 1]);
  core.complete(task, { ok: true, packet: 1 }, 1, 0);
  assert.equal([claims, core.runningTasks, core.completed], [['release 2'], 0, 1]);
});

for (const [name, way] of [
  ['before its new session', 'offered'],
  ['as it begins', 'claimed'],
] as const) {
  test(`a run that is taken back ${name} is aborted, and its place is free once it ends`, () => {
    const { core, nonce, nonces, claims, takenBack } = joined();
    give(core, nonce, 7, [10]);
    const task = core.begin(0);
    assert.ok(task);
    core.takeHandshake({ type: 'stale', nonce }, 0);
    takenBack[way].push(0);
    core.takeHandshake(welcome(nonces[1] as string, 8), 0);
    assert.equal(claims, ['abort 10']);
  });
}

test('a cancelled run is aborted, and a killed one must end in its time too, whatever it had', () => {
  const { core, nonce, claims, clocks } = joined();
  give(core, nonce, 7, [10]);
  const task = core.begin(0);
  assert.ok(task);
  core.takeSentinelEvent({ type: 'cancel', nonce, index: 0 }, 0);
  assert.equal([claims, clocks], [['abort 10'], []]);
  core.takeSentinelEvent({ type: 'cancel', nonce, index: 1, kill: { task: 11, afterMs: 500 } }, 0);
  assert.equal(clocks, [], 'that is another task');
  core.takeSentinelEvent({ type: 'cancel', nonce, index: 0, kill: { task: 10, afterMs: 500 } }, 0);
  core.complete(task, { ok: true, packet: 1 }, 1, 0);
  assert.equal(clocks, ['10 has 500 to stop', '10 ended']);
});

test('a run that ended while it joined again is released at once, one that goes on is not', () => {
  const { core, nonce, nonces, claims } = joined();
  give(core, nonce, 7, [10]);
  const task = core.begin(0);
  assert.ok(task);
  core.takeHandshake({ type: 'stale', nonce }, 0);
  core.complete(task, { ok: true, packet: 1 }, 1, 0);
  assert.equal(claims, [], 'there is no session whose place it has');
  core.takeHandshake(welcome(nonces[1] as string, 8), 0);
  assert.equal(claims, ['release 0']);
});

test('after a reconnection it says its position at once, or hello while it joins', () => {
  const { core, nonce, frames, hellos, nonces } = joined();
  const before = frames.length;
  core.reconnected(10);
  assert.is(frames.length, before + 1);
  core.takeHandshake({ type: 'stale', nonce }, 20);
  core.joinable(nonces[1] as string, 30);
  const said = hellos.length;
  core.reconnected(40);
  assert.is(hellos.length, said + 1, 'the last one may be lost');
});

test('it acknowledges what it received within half a second', () => {
  const { core, nonce, frames } = joined();
  give(core, nonce, 7, [1]);
  const before = frames.length;
  core.tick(400);
  assert.is(frames.length, before);
  core.tick(500);
  assert.is(frames.length, before + 1);
});

test('at its end nothing waits any more, and no task is taken', () => {
  const { core, nonce, events } = joined();
  give(core, nonce, 7, [1, 2]);
  core.takeSentinelEvent({ type: 'shutdown', nonce }, 0);
  assert.is(core.waitingTasks, 0);
  const said = events.length;
  give(core, nonce, 7, [3]);
  assert.equal([core.waitingTasks, events.length, core.begin(0)], [0, said, undefined]);
});

test('a task without a limit has none, and results wait for the end of their group', () => {
  const { core, nonce, clocks } = joined();
  give(core, nonce, 7, [1, 2]);
  const first = core.begin(0);
  assert.ok(first);
  assert.equal([first.timeoutMs, clocks], [0, []]);
  assert.is(core.complete(first, { ok: true, packet: 1 }, 1, 0), false, 'another waits');
  assert.is(core.waitingResults, 1);
  const second = core.begin(0);
  assert.ok(second);
  assert.is(core.complete(second, { ok: true, packet: 1 }, 1, 0), true);
  assert.is(core.waitingResults, 0);
});

test('a slave asks for ticks while it joins, has tasks, owes an acknowledgement or waits for room; not while it idles', () => {
  const { core, nonces } = createSlave();
  assert.is(core.restMs, 100, 'it joins');
  const nonce = nonces[0] as string;
  core.joinable(nonce, 0);
  core.takeHandshake(welcome(nonce, 7), 0);
  assert.is(core.restMs, Number.POSITIVE_INFINITY, 'it idles');
  const master = give(core, nonce, 7, [1]);
  assert.is(core.restMs, 100, 'a task waits');
  const task = core.begin(0);
  assert.ok(task);
  assert.is(core.restMs, 100, 'it owes an acknowledgement');
  core.tick(500);
  assert.is(core.restMs, Number.POSITIVE_INFINITY, 'a task runs');
  const beat = { type: 'beat', nonce, sent: master.sentThrough, received: 0, limit: CREDIT_BYTES } as const;
  core.takeSentinelEvent({ ...beat, sent: beat.sent + 1 }, 600);
  assert.is(core.restMs, 100, 'a frame is missing');
  core.takeSentinelEvent(beat, 700);
  assert.is(core.restMs, Number.POSITIVE_INFINITY, 'it is not');
  core.complete(task, { ok: true, packet: 'x'.repeat(700_000) }, 1, 800);
  core.flush(800);
  assert.is(core.restMs, 100, 'the result waits for room');
  core.takeHandshake({ type: 'stale', nonce }, 900);
  assert.is(core.restMs, 100, 'it joins again');
  core.takeSentinelEvent({ type: 'lost', nonce: nonces[1] as string, evidence: 'none' }, 1_000);
  assert.is(core.restMs, Number.POSITIVE_INFINITY, 'it is over');
});

test('a slave asks for ticks while its link takes nothing, and while it moves to a port', () => {
  let takes = true;
  let wishes = 0;
  const { core, nonce } = joined({ send: () => takes, wantTick: () => void wishes++ });
  assert.is(core.restMs, Number.POSITIVE_INFINITY);
  takes = false;
  core.reconnected(100);
  assert.is(core.restMs, 100, 'its position has not left');
  takes = true;
  core.flush(200);
  assert.is(core.restMs, Number.POSITIVE_INFINITY);
  const before = wishes;
  core.takePort(300);
  assert.ok(wishes > before, 'it says so when ticks may be needed');
  assert.is(core.isOnPort, true);
  assert.is(core.restMs, 5_000, 'it asks through the port every five seconds');
  core.tick(5_300);
  assert.is(core.restMs, 100, 'a question is open');
  takes = false;
  core.losePort(5_400);
  assert.is(core.restMs, 100);
  takes = true;
  core.flush(5_500);
  assert.is(core.restMs, Number.POSITIVE_INFINITY);
  assert.is(core.nonce, nonce);
});

test.run();
