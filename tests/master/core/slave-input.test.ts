/** The words of a slave's sentinel that change what its master does with the slave. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeQueue } from '../../../src/algorithms/queue.js';
import { silentAudit } from '../../../src/audit/memory-trail.js';
import type { Broadcasts } from '../../../src/master/core/broadcasts.js';
import { SlaveInput } from '../../../src/master/core/slave-input.js';
import type { MasterPorts } from '../../../src/master/model/master-ports.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import { Allocation } from '../../../src/master/slaves/allocation.js';
import type { Sessions } from '../../../src/master/slaves/sessions.js';
import { SlaveCommands } from '../../../src/master/slaves/slave-commands.js';
import { SlaveGroups } from '../../../src/master/slaves/slave-groups.js';
import { makeKind, Parts } from '../parts.js';
import { CoreStage, type Peer } from './core-stage.js';

const test = suite('master/slave-side');

test('a freed slave moves when all that it had was taken back, though it sends no frame any more', () => {
  const parts = new Parts();
  const { settlement, comebacks, dispatcher } = parts;
  const [slave] = parts.slaves as [SlaveRecord];
  const audit = silentAudit;
  const sent: number[] = [];
  const commands = new SlaveCommands(
    { command: (_slave, id) => sent.push(id) } as Partial<MasterPorts> as MasterPorts,
    audit,
  );
  const roster = { findByNonce: () => slave, findByNumber: () => slave };
  const sessions = { roster, wake() {} } as unknown as Sessions;
  const allocation = new Allocation();
  allocation.allocate(1, 'intermingle');
  makeKind(slave, allocation.join());
  const groups = new SlaveGroups({
    allocation,
    roster: sessions.roster,
    clearMailbox: (slave, reason, message) => settlement.reclaimer.clearMailbox(slave, reason, message),
    audit,
    onDrafted: (drafted) => commands.recallAll(drafted),
    onMoved: () => {},
    onRetired: () => {},
  });
  const side = new SlaveInput({
    sessions,
    settlement,
    comebacks,
    dispatcher,
    commands,
    groups,
    broadcasts: { onJoined() {} } as Partial<Broadcasts> as Broadcasts,
    shares: parts.shares,
    audit,
    closePort() {},
    onJoined() {},
    onNews() {},
  });
  parts.submit(2);
  parts.dispatch();
  assert.ok(groups.free(slave.number));
  assert.equal([slave.kind, slave.draftedFor], ['intermingle', 'unordered']);
  commands.recallAll(slave);
  const { nonce } = slave;
  side.takeSentinelEvent({ type: 'acknowledged', nonce, id: sent[0] as number, from: 0 }, 0);
  assert.equal([slave.kind, slave.draftedFor, slave.outstanding], ['unordered', undefined, 0]);
});

test('a slave that confirms its session is idle, told of once, and gets what waits', () => {
  const stage = new CoreStage();
  stage.core.groups.allocate(1, 'ordered');
  stage.submit();
  const peer = stage.welcome(0);
  const { news } = stage;
  assert.equal([peer.state, stage.core.groups.numConnected], ['connecting', 0]);
  peer.beat();
  peer.beat();
  assert.equal([peer.state, stage.core.groups.numConnected, stage.news], ['idle', 1, news + 1]);
  const other = stage.welcome(1);
  other.beat();
  assert.equal([other.state, other.read()], ['busy', [0]]);
});

test('a slave that comes back with a run is busy as soon as it confirms', () => {
  const stage = new CoreStage();
  const before = stage.join(0);
  stage.submit();
  stage.core.dispatch(0);
  before.read();
  const { news } = stage;
  const back = stage.welcome(1, { previous: 0, previousNonce: before.nonce, begun: 1, runs: [[0, 0, 1]] });
  assert.equal([back.record.sid, back.state, before.state], ['SLAVE-1', 'connecting', 'disconnected']);
  assert.ok(stage.news > news, 'a slave came and one went');
  assert.equal(stage.heard('slave-left', 'slave-lost'), ['slave-left SLAVE-0 it joined again as SLAVE-1']);
  back.beat({ begun: 1 });
  assert.equal([back.state, back.record.outstanding, back.read()], ['busy', 1, []]);
});

test('what a slave had begun when it joins again is charged, and what it had not begun is not', () => {
  const stage = new CoreStage();
  const before = stage.join(0);
  for (let count = 0; count < 2; count++) stage.submit({ maxAttempts: 1 });
  stage.core.dispatch(0);
  assert.equal(before.read(), [0, 1]);
  stage.welcome(1, { previous: 0, previousNonce: before.nonce, begun: 1 });
  assert.equal(stage.unrunnable(), ['TASK-0 max-attempts']);
  assert.is(stage.core.queued, 1);
});

test('a beat that tells of frames that never came has them asked for again, after a second', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  stage.submit();
  stage.core.dispatch(0);
  peer.read();
  peer.write(0);
  peer.beat({}, 0);
  stage.heard();
  peer.beat({}, 2_000);
  assert.equal(stage.heard('resend-sent'), ['resend-sent SLAVE-0 results 1']);
  assert.equal(peer.read(), [], 'the request is read');
  assert.is(peer.session.keptFrames, 1);
  const frames: Buffer[] = [];
  peer.session.flush((frame) => frames.push(Buffer.from(frame)) > 0, 2_000);
  peer.deliver(Buffer.concat(frames), 2_000);
  assert.equal(stage.results(), ['TASK-0']);
});

test('a beat that tells of nothing new has nothing sent', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  peer.read();
  peer.beat();
  assert.is(stage.inboxes.get(peer.nonce)?.length, 0);
});

test('a suspected slave gets nothing until it is heard again', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  const { nonce } = peer;
  stage.heard();
  stage.core.takeSentinelEvent({ type: 'suspect', nonce, evidence: 'it is silent' }, 0);
  stage.submit();
  stage.core.dispatch(0);
  assert.ok(peer.record.isSuspected);
  assert.equal(peer.read(), []);
  stage.core.takeSentinelEvent({ type: 'cleared', nonce }, 0);
  assert.not(peer.record.isSuspected);
  assert.equal(peer.read(), [0]);
  assert.equal(stage.heard('slave-suspected', 'suspicion-ended'), [
    'slave-suspected SLAVE-0 it is silent',
    'suspicion-ended SLAVE-0 it was heard again',
  ]);
});

test('events of no slave, of the link and of another kind concern nobody', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  const { slaves } = stage.core;
  assert.not(slaves.takeSentinelEvent({ type: 'link', connected: true }, 0));
  assert.not(slaves.takeSentinelEvent({ type: 'cleared', nonce: 'f'.repeat(32) }, 0));
  assert.not(slaves.takeSentinelEvent({ type: 'stale', nonce: peer.nonce }, 0));
  assert.ok(slaves.takeSentinelEvent({ type: 'cleared', nonce: peer.nonce }, 0));
});

/** One with a task that it runs. */
function occupied(policy = {}): { stage: CoreStage; peer: Peer } {
  const stage = new CoreStage();
  const peer = stage.join(0);
  stage.submit(policy);
  stage.core.dispatch(0);
  assert.equal(peer.read(), [0]);
  stage.heard();
  return { stage, peer };
}

test('a lost slave is told of, forgotten, and what it ran goes elsewhere', () => {
  const { stage, peer } = occupied();
  const { news } = stage;
  stage.core.takeSentinelEvent({ type: 'lost', nonce: peer.nonce, evidence: 'it was silent' }, 0);
  assert.equal([peer.state, stage.core.roster.size, stage.core.queued], ['disconnected', 0, 1]);
  assert.ok(stage.news > news);
  assert.equal(
    [stage.forgotten, stage.heard('slave-lost')],
    [['SLAVE-0'], ['slave-lost SLAVE-0 it was silent']],
  );
});

test('a slave is lost that breaks the protocol', () => {
  const { stage, peer } = occupied();
  const frame = peer.write(0);
  peer.session.post({ text: 'no results', raws: [] });
  peer.deliver(frame);
  assert.is(peer.state, 'idle');
  const frames: Buffer[] = [];
  peer.session.flush((frame) => frames.push(Buffer.from(frame)) > 0, 0);
  peer.deliver(Buffer.concat(frames));
  assert.is(peer.state, 'disconnected');
  assert.equal(
    stage.heard('frame-dropped', 'slave-lost').map((line) => line.replace(/:.*| the text.*/, '')),
    ['frame-dropped SLAVE-0', 'slave-lost SLAVE-0 it broke the protocol'],
  );
});

test('an overdue task is over, and its slave gets no other', () => {
  const { stage, peer } = occupied({ timeoutSeconds: 1, maxAttempts: 1 });
  const { news } = stage;
  stage.core.takeSentinelEvent({ type: 'overdue', nonce: peer.nonce, index: 0 }, 0);
  assert.equal([peer.record.isDoomed, stage.unrunnable().length], [true, 1]);
  assert.ok(stage.news > news);
});

test('a slave that has said goodbye leaves when its last frame is here', () => {
  const { stage, peer } = occupied();
  const last = peer.write(0);
  peer.bye();
  stage.submit();
  stage.core.dispatch(0);
  assert.equal([peer.state, peer.read()], ['busy', []]);
  const { news } = stage;
  peer.deliver(last);
  assert.equal([peer.state, stage.results(), stage.core.queued], ['disconnected', ['TASK-0'], 1]);
  assert.ok(stage.news > news);
  assert.equal(stage.heard('slave-left', 'slave-lost'), ['slave-left SLAVE-0 it said goodbye']);
  // It is ended once.
  for (let tick = 1; tick <= 20; tick++) stage.core.slaves.tick(tick);
  assert.equal([stage.heard('slave-left'), stage.forgotten], [[], ['SLAVE-0']]);
});

test('a slave that has said goodbye, and whose last frame is lost, leaves after ten ticks', () => {
  const { stage, peer } = occupied();
  peer.write(0);
  peer.bye();
  for (let tick = 1; tick < 10; tick++) stage.core.slaves.tick(tick);
  // A goodbye that is repeated begins no new wait.
  peer.bye();
  assert.equal([peer.state, stage.core.roster.size], ['busy', 1]);
  stage.core.slaves.tick(10);
  assert.equal([peer.state, stage.core.roster.size, stage.core.queued], ['disconnected', 0, 1]);
});

test('a slave that has said goodbye stays as long as its frames come, though others hold them up', () => {
  const { stage, peer } = occupied();
  stage.submit();
  stage.core.dispatch(0);
  const frames = [peer.write(0), peer.write(1)];
  peer.bye();
  for (const [count, frame] of frames.entries()) {
    for (let tick = 1; tick < 10; tick++) stage.core.slaves.tick(tick);
    assert.is(peer.state, 'busy', `before frame ${count}`);
    peer.deliver(frame);
  }
  assert.equal([peer.state, stage.results(), stage.core.queued], ['disconnected', ['TASK-0', 'TASK-1'], 0]);
  assert.equal(stage.heard('slave-left', 'slave-lost'), ['slave-left SLAVE-0 it said goodbye']);
});

test('a slave that ends with an error is lost with the words of it, cut', () => {
  const { stage, peer } = occupied();
  peer.bye({ error: 'x'.repeat(300) });
  assert.equal(
    [peer.state, stage.heard('slave-lost')],
    ['disconnected', [`slave-lost SLAVE-0 ${'x'.repeat(200)}`]],
  );
});

test('a slave that was told to stop goes without a word about it', () => {
  for (const end of ['bye', 'error', 'lost'] as const) {
    const { stage, peer } = occupied();
    stage.core.slaves.beginShutdown();
    assert.equal(stage.commands, ['SLAVE-0 shutdown']);
    stage.heard();
    if (end === 'lost') stage.core.takeSentinelEvent({ type: 'lost', nonce: peer.nonce, evidence: 'x' }, 0);
    else peer.bye(end === 'error' ? { error: 'x' } : {});
    assert.equal([peer.state, stage.heard('slave-left', 'slave-lost')], ['disconnected', []], end);
  }
});

test('while the master ends no slave joins, no result counts, and nothing goes back to the queue', () => {
  const { stage, peer } = occupied();
  stage.core.slaves.end();
  assert.ok(stage.core.slaves.isEnding);
  stage.inboxes.set('1'.padStart(32, '0'), []);
  const { handshakes } = stage;
  const welcomes = handshakes.length;
  stage.core.slaves.takeHello({ type: 'hello' }, { user: 'u', nonce: peer.nonce });
  stage.core.slaves.takeAuthorization(0, { admitted: true });
  assert.is(handshakes.length, welcomes);
  peer.deliver(peer.write(0));
  assert.equal([stage.results(), stage.core.pending], [[], 1]);
  assert.is(peer.record.session.receivedThrough, 1, 'but it is acknowledged');
  stage.core.takeSentinelEvent({ type: 'lost', nonce: peer.nonce, evidence: 'x' }, 0);
  assert.equal([stage.core.roster.size, stage.core.queued], [0, 0]);
});

test('it awaits the slaves that have not acknowledged their end', () => {
  const stage = new CoreStage();
  const peers = [0, 1, 2].map((number) => stage.join(number)) as [Peer, Peer, Peer];
  assert.is(stage.core.slaves.slavesToAwait, 3);
  stage.core.slaves.beginShutdown();
  assert.equal([stage.commands.length, stage.core.slaves.slavesToAwait], [3, 3]);
  peers[0].acknowledge(stage.commandIds[0] as number);
  assert.is(stage.core.slaves.slavesToAwait, 2);
  peers[0].acknowledge(stage.commandIds[0] as number);
  peers[1].bye();
  assert.is(stage.core.slaves.slavesToAwait, 1);
  stage.core.slaves.disconnectAll();
  assert.equal([stage.core.slaves.slavesToAwait, stage.core.roster.size, stage.forgotten.length], [0, 0, 3]);
});

test('a frame of no session is answered by nothing, one of an ended session with stale', () => {
  const { stage, peer } = occupied();
  const frame = peer.write(0);
  const said = stage.handshakes.length;
  stage.core.slaves.takeFrame({ user: 'u', nonce: 'f'.repeat(32) }, frame, 0);
  // A stranger on the subject of a slave, and a frame that is not of this session.
  stage.core.slaves.takeFrame({ user: 'thief', nonce: peer.nonce }, frame, 0);
  stage.core.slaves.takeFrameOf(peer.record, Buffer.alloc(frame.length), 0);
  assert.equal([stage.results(), stage.handshakes.length, peer.state], [[], said, 'busy']);
  stage.core.takeSentinelEvent({ type: 'lost', nonce: peer.nonce, evidence: 'x' }, 0);
  peer.deliver(frame);
  assert.is(stage.handshakes.at(-1)?.type, 'stale');
});

test('cancelled runs that go on take a place of their slave until its beat shows that they have ended', () => {
  const { stage, peer } = occupied();
  stage.submit();
  assert.ok(stage.core.cancel(0, 0));
  peer.acknowledge(stage.commandIds[0] as number, { found: 'running' });
  assert.equal([peer.record.lingering.length, peer.read()], [1, []]);
  peer.beat({ running: 0 });
  assert.is(peer.record.lingering.length, 1, 'it is still that one which runs');
  peer.beat();
  assert.is(peer.record.lingering.length, 1, 'a beat that says nothing of it');
  peer.beat({ running: -1 });
  assert.equal([peer.record.lingering.length, peer.read()], [0, [1]]);

  const { stage: later, peer: other } = occupied();
  later.submit();
  later.core.cancel(0, 0);
  other.acknowledge(later.commandIds[0] as number, { found: 'running' });
  other.beat({ running: 1 });
  assert.is(other.record.lingering.length, 0, 'a later one runs');
});

for (const [found, isFree] of [
  ['waiting', true],
  ['gone', true],
  ['running', false],
] as const) {
  test(`a cancelled run keeps its place in its queue until it is known to have ended; it was ${found}`, () => {
    const stage = new CoreStage();
    const [peer, other] = [stage.join(0), stage.join(1)];
    const queue = makeQueue(`cancelled ${found}`, { limit: 1 });
    for (let task = 0; task < 2; task++) stage.submit({ queue });
    stage.core.dispatch(0);
    assert.equal([peer.read(), other.read()], [[0], []]);
    stage.core.cancel(0, 0);
    assert.equal([...peer.read(), ...other.read()], [], 'it may go on');
    peer.acknowledge(stage.commandIds[0] as number, { found });
    assert.equal([...peer.read(), ...other.read()], isFree ? [1] : []);
    peer.beat({ running: 0 });
    assert.equal([...peer.read(), ...other.read()], []);
    peer.beat({ running: -1 });
    assert.equal([...peer.read(), ...other.read()], isFree ? [] : [1]);
  });
}

test('a slave that runs nothing has ended what it had begun, and what is on its way may begin', () => {
  const stage = new CoreStage();
  const peer = stage.join(0, { concurrency: 3 });
  for (const category of ['a', 'b', 'c']) stage.submit({ category });
  stage.core.dispatch(0);
  const running = () => stage.core.cancels.categoriesRunning();
  assert.equal(running(), ['a', 'b', 'c']);
  peer.beat({ running: -1, begun: 1 });
  assert.equal(running(), ['a', 'b', 'c'], 'it may have begun after it was seen that none runs');
  peer.beat({ running: -1, begun: 2 });
  assert.equal(running(), ['b', 'c']);
});

test('the first run of a task that gets a second one keeps its place in its queue until it is known to have ended', () => {
  const stage = new CoreStage({ backupTasks: true });
  const [first, slow] = [stage.join(0), stage.join(1)];
  stage.submit();
  stage.core.dispatch(0);
  first.read();
  first.deliver(first.write(0));
  const queue = makeQueue('second runs', { limit: 2 });
  stage.submit({ queue });
  stage.core.dispatch(0);
  assert.equal([first.read(), slow.read()], [[], [1]]);
  for (const now of [900, 1_000]) stage.core.tick(now);
  assert.equal([first.read(), slow.read()], [[1], []]);
  stage.submit({ queue });
  slow.beat({ running: -1, begun: 0 });
  slow.beat({ running: -1, begun: 1 });
  stage.core.dispatch(0);
  assert.equal([first.read(), slow.read()], [[], []]);
  slow.beat({ running: -1, begun: 1 });
  stage.core.dispatch(0);
  assert.equal([first.read(), slow.read()], [[], [2]]);
});

test('a drafted slave moves with the frame that brings its last result', () => {
  const { stage, peer } = occupied();
  stage.core.groups.allocate(1, 'ordered');
  assert.equal([peer.record.kind, peer.record.draftedFor], ['unordered', 'ordered']);
  peer.deliver(peer.write(0));
  assert.equal([peer.record.kind, peer.record.draftedFor], ['ordered', undefined]);
});

test('the program lets a slave join, or it is not told of it, and none while the master ends', () => {
  const asked: number[] = [];
  const stage = new CoreStage({}, { authorize: (_identity, id) => void asked.push(id) });
  for (const number of [0, 1, 2]) stage.hello(number);
  assert.equal([asked, stage.news, stage.core.roster.size], [[0, 1, 2], 0, 0]);
  stage.core.slaves.takeAuthorization(0, { admitted: false, reason: 'no' });
  assert.equal([stage.news, stage.core.roster.size], [0, 0]);
  stage.core.slaves.takeAuthorization(1, { admitted: true });
  assert.equal([stage.news, stage.core.roster.size], [1, 1]);
  stage.core.slaves.end();
  stage.core.slaves.takeAuthorization(2, { admitted: true });
  stage.hello(3);
  assert.equal([asked, stage.core.roster.size], [[0, 1, 2], 1]);
});

test('a slave that comes a third time takes the place of its last session', () => {
  const stage = new CoreStage();
  const first = stage.join(0);
  const second = stage.join(1, { previous: 0, previousNonce: first.nonce });
  const third = stage.join(2, { previous: 1, previousNonce: second.nonce });
  const stranger = stage.join(3);
  assert.equal(
    [first, second, third, stranger].map(({ state }) => state),
    ['disconnected', 'disconnected', 'idle', 'idle'],
  );
});

test('a slave that says nothing of what it had begun when it joins again had begun nothing', () => {
  const { stage, peer } = occupied({ maxAttempts: 1 });
  stage.welcome(1, { previousNonce: peer.nonce });
  assert.equal([stage.unrunnable(), stage.core.queued], [[], 1]);
});

test('of the tasks of a lost slave those are charged that its beats said were begun', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  for (let count = 0; count < 4; count++) stage.submit({ maxAttempts: 1 });
  stage.core.dispatch(0);
  peer.beat({ begun: 2, received: 4 });
  // One that says nothing of it changes nothing.
  peer.beat({ received: 4 });
  assert.is(peer.record.begun, 2);
  stage.core.takeSentinelEvent({ type: 'lost', nonce: peer.nonce, evidence: 'x' }, 0);
  assert.ok(stage.unrunnable().includes('TASK-1 max-attempts'));
});

test('a frame confirms a session as a beat does, and one without results is no news', () => {
  const stage = new CoreStage();
  const peer = stage.welcome(0);
  peer.session.confirm();
  const position = framesOf(peer);
  peer.deliver(position);
  assert.is(peer.state, 'idle');
  const { news } = stage;
  peer.deliver(position);
  assert.is(stage.news, news);
  stage.submit();
  stage.core.dispatch(0);
  assert.equal(peer.read(), [0]);
  peer.deliver(peer.write(0));
  assert.is(stage.news, news + 1);
});

function framesOf({ session }: Peer): Buffer {
  const frames: Buffer[] = [];
  session.flush((frame) => frames.push(Buffer.from(frame)) > 0, 0);
  return Buffer.concat(frames);
}

test('a result makes room for what waits, and is acknowledged', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  for (let count = 0; count < 6; count++) stage.submit();
  stage.core.dispatch(0);
  const first = peer.read();
  assert.ok(first.length < 6);
  for (const number of first) peer.deliver(peer.write(number));
  stage.core.dispatch(0);
  assert.ok(peer.read().length > 0);
  assert.is(peer.session.keptFrames, 0);
});

test('frames of an ended session are answered stale, also where its record is still at hand', () => {
  const { stage, peer } = occupied();
  const frame = peer.write(0);
  stage.core.takeSentinelEvent({ type: 'lost', nonce: peer.nonce, evidence: 'x' }, 0);
  const said = stage.handshakes.length;
  stage.core.slaves.takeFrameOf(peer.record, Buffer.alloc(frame.length), 0);
  assert.is(stage.handshakes.length, said + 1);
});

test('what is no fault of the slave is thrown', () => {
  const { stage, peer } = occupied();
  const frame = peer.write(0);
  peer.record.session.receive = () => {
    throw new RangeError('on purpose');
  };
  assert.throws(() => peer.deliver(frame), /on purpose/);
  assert.equal([peer.state, stage.heard('slave-lost')], ['busy', []]);
});

test('a suspicion that ends is no news, and a task that is overdue does not end the session', () => {
  const { stage, peer } = occupied({ timeoutSeconds: 1 });
  const { news } = stage;
  stage.core.takeSentinelEvent({ type: 'cleared', nonce: peer.nonce }, 0);
  assert.equal([stage.news, peer.record.isDoomed], [news, false]);
  stage.core.takeSentinelEvent({ type: 'overdue', nonce: peer.nonce, index: 0 }, 0);
  assert.equal([stage.core.roster.size, stage.forgotten], [1, []]);
});

test('a drafted slave that is told to stop does not move any more', () => {
  const { stage, peer } = occupied();
  stage.core.groups.allocate(1, 'ordered');
  stage.core.slaves.beginShutdown();
  assert.ok(stage.core.slaves.isEnding);
  stage.core.cancel(0, 0);
  peer.beat();
  assert.equal([peer.record.outstanding, peer.record.kind], [0, 'unordered']);
});

test('a slave that gives tasks back may have room again, and that is news', () => {
  const stage = new CoreStage({ taskGroup: 3 });
  const peer = stage.join(0);
  for (let count = 0; count < 3; count++) stage.submit();
  stage.core.dispatch(0);
  assert.equal(peer.read(), [0, 1, 2]);
  // For an ordered one, what is not begun is asked back.
  stage.core.groups.allocate(1, 'intermingle');
  assert.equal(stage.commands, ['SLAVE-0 recall']);
  const { news } = stage;
  peer.acknowledge(stage.commandIds[0] as number, { from: 0 });
  assert.is(peer.record.kind, 'intermingle');
  assert.ok(stage.news > news);
  assert.equal(peer.read(), [0, 1, 2]);
});

test('a slave that has gone or said goodbye is not in the line of those with room', () => {
  for (const end of ['lost', 'bye'] as const) {
    const { stage, peer } = occupied();
    assert.ok(peer.record.isInLine);
    if (end === 'lost') stage.core.takeSentinelEvent({ type: 'lost', nonce: peer.nonce, evidence: 'x' }, 0);
    else peer.bye({ sent: 1 });
    assert.equal([peer.record.isInLine, peer.state], [false, end === 'lost' ? 'disconnected' : 'busy']);
  }
});

test('when an ordered slave is lost another takes its place', () => {
  const stage = new CoreStage();
  stage.core.groups.allocate(1, 'ordered');
  const [ordered, other] = [stage.join(0), stage.join(1)] as [Peer, Peer];
  stage.core.takeSentinelEvent({ type: 'lost', nonce: ordered.nonce, evidence: 'x' }, 0);
  assert.equal([stage.core.groups.numDisconnected, other.record.kind], [1, 'ordered']);
});

test('an ordered task that goes on in a new session is counted there as it is when it ends', () => {
  const stage = new CoreStage();
  stage.core.groups.allocate(2, 'ordered');
  const peer = stage.join(0);
  stage.submit({ sid: 'SLAVE-0', retryErrors: true });
  stage.core.dispatch(0);
  assert.equal(peer.read(), [0]);
  const hello = { previous: 0, previousNonce: peer.nonce, begun: 1, runs: [[0, 0, 1] as const] };
  const { record } = stage.join(1, hello);
  assert.equal([record.outstanding, record.orderedOutstanding], [1, 1]);
  assert.equal([stage.core.cancel(0, 0), record.outstanding, record.orderedOutstanding], [true, 0, 0]);
});

test.run();
