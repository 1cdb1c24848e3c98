/** Broadcasts in the pure master: slaves that run them, what waits meanwhile, and what their listener hears. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { policyOfBroadcast, resolvePolicy } from '../../../src/algorithms/policy.js';
import type { TaskPolicy } from '../../../src/algorithms/types.js';
import { StoppedError, UsageError } from '../../../src/errors.js';
import { TaskFuture } from '../../../src/master/model/task-future.js';
import { MemoryStore } from '../checkpoint/memory-store.js';
import { CoreStage, definition, type Peer } from './core-stage.js';

const test = suite('master/broadcasts');

/** The words of a listener: `SLAVE-0?` of what is owed, then `SLAVE-0 ok 3`. */
interface Heard {
  readonly told: string[];
  readonly stop: () => void;
}

function broadcast(stage: CoreStage, policy: TaskPolicy = {}, lateComers = true): Heard {
  const told: string[] = [];
  const stop = stage.core.broadcasts.submit({
    definition,
    args: [1],
    policy: policyOfBroadcast(resolvePolicy(policy)),
    place: undefined,
    lateComers,
    listener: {
      owe: (sid) => void told.push(`${sid}?`),
      take: (entry) => {
        const what = entry.status === 'ok' ? entry.packet : (entry.error as { reason?: string }).reason;
        told.push(`${entry.sid} ${entry.status}${what === undefined ? '' : ` ${what}`}`);
      },
    },
  });
  stage.core.dispatch(0);
  return { told, stop };
}

/** The slave runs this task to its end. */
function finish(stage: CoreStage, peer: Peer, number: number, isError = false, attempt = 1): void {
  peer.deliver(peer.write(number, attempt, isError));
  stage.core.dispatch(0);
}

/** Its recall takes effect before it has begun anything from `from` on. */
function answerRecall(stage: CoreStage, peer: Peer, from: number): void {
  peer.acknowledge(stage.commandIds.at(-1) as number, { from });
}

test('each slave of any group runs it, before what is submitted later, and the master counts none of it', () => {
  const stage = new CoreStage();
  stage.core.groups.allocate(1, 'ordered');
  stage.core.groups.allocate(1, 'intermingle');
  const peers = [stage.join(0), stage.join(1), stage.join(2)] as const;
  const { told } = broadcast(stage);
  stage.submit({ sid: 'SLAVE-0' });
  for (let more = 0; more < 4; more++) stage.submit();
  stage.core.dispatch(0);
  assert.equal(
    peers.map((peer) => peer.read()),
    [[0], [1], [2]],
  );
  assert.equal([stage.core.pending, stage.core.broadcasts.unfinished], [5, 1]);
  for (const [number, peer] of peers.entries()) peer.deliver(peer.write(number));
  stage.core.dispatch(0);
  assert.equal(told, ['SLAVE-0?', 'SLAVE-1?', 'SLAVE-2?', 'SLAVE-0 ok 0', 'SLAVE-1 ok 1', 'SLAVE-2 ok 2']);
  assert.equal(peers[0].read(), [3], 'the ordered task');
  assert.equal(
    [peers[1].read(), peers[2].read()],
    [
      [4, 6],
      [5, 7],
    ],
  );
  assert.equal([stage.results(), stage.core.pending, stage.core.broadcasts.unfinished], [[], 5, 0]);
});

test('what a slave has not begun is asked back, and comes after it', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  for (let more = 0; more < 2; more++) stage.submit();
  stage.core.dispatch(0);
  assert.equal(peer.read(), [0, 1]);
  broadcast(stage);
  assert.equal([stage.commands, peer.read()], [['SLAVE-0 recall'], []]);
  answerRecall(stage, peer, 1);
  assert.equal(peer.read(), [2], 'behind the one that runs');
  finish(stage, peer, 0);
  assert.equal(peer.read(), []);
  finish(stage, peer, 2);
  assert.equal(peer.read(), [1]);
});

test('a slave that runs several at once begins nothing beside it, and gives nothing to others that owe one', () => {
  const stage = new CoreStage({ backupTasks: true });
  const [wide, other] = [stage.join(0, { concurrency: 4 }), stage.join(1)];
  broadcast(stage);
  assert.equal([wide.read(), other.read()], [[0], [1]]);
  finish(stage, other, 1);
  for (let more = 0; more < 4; more++) stage.submit();
  stage.core.dispatch(0);
  assert.equal([wide.read(), other.read()], [[], [2, 3]]);
  for (let now = 100; now < 2_000; now += 100) stage.core.tick(now);
  assert.equal([wide.read(), stage.commands], [[], []], 'it is no idle slave, for whom tasks are asked back');
  finish(stage, wide, 0);
  assert.equal(wide.read(), [4, 5]);
});

test('slaves that join run all that await them, one after another, before their first task', () => {
  const stage = new CoreStage();
  const [first, second] = [broadcast(stage), broadcast(stage)];
  const gone = broadcast(stage);
  const now = broadcast(stage, {}, false);
  gone.stop();
  gone.stop();
  stage.submit();
  const peer = stage.join(0);
  assert.equal([first.told, peer.read()], [['SLAVE-0?'], [1]]);
  finish(stage, peer, 1);
  assert.equal([second.told, peer.read()], [['SLAVE-0?'], [2]]);
  finish(stage, peer, 2);
  assert.equal(peer.read(), [0]);
  assert.equal(
    [first.told, second.told],
    [
      ['SLAVE-0?', 'SLAVE-0 ok 1'],
      ['SLAVE-0?', 'SLAVE-0 ok 2'],
    ],
  );
  assert.equal([gone.told, now.told, stage.core.broadcasts.unfinished], [[], [], 0]);
});

test('one that throws is told of, and the slave goes on; with retryErrors it runs again there first', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  const again = broadcast(stage, { retryErrors: true, maxAttempts: 2, backoffSeconds: 1 });
  const once = broadcast(stage);
  stage.submit();
  assert.equal(peer.read(), [0]);
  finish(stage, peer, 0, true);
  assert.equal(peer.read(), [], 'all waits with it');
  stage.core.tick(1_000);
  assert.equal(peer.read(), [0]);
  finish(stage, peer, 0, true, 2);
  assert.equal([again.told, peer.read()], [['SLAVE-0?', 'SLAVE-0 error'], [1]]);
  finish(stage, peer, 1, true);
  assert.equal([once.told, peer.read()], [['SLAVE-0?', 'SLAVE-0 error'], [2]]);
});

test('of a slave that is lost each is told with the evidence, and nobody else runs it', () => {
  const stage = new CoreStage();
  const [peer, other] = [stage.join(0), stage.join(1)];
  const [first, second] = [broadcast(stage), broadcast(stage)];
  peer.read();
  stage.core.takeSentinelEvent({ type: 'lost', nonce: peer.nonce, evidence: 'silent' }, 0);
  for (const { told } of [first, second]) {
    assert.equal(told, ['SLAVE-0?', 'SLAVE-1?', 'SLAVE-0 unrunnable slave-lost']);
  }
  assert.equal(stage.heard('task-unrunnable').length, 2);
  assert.equal(other.read(), [1]);
  finish(stage, other, 1);
  assert.equal(other.read(), [3]);
  finish(stage, other, 3);
  assert.equal([other.read(), stage.core.pending, stage.unrunnable()], [[], 0, []]);
  assert.equal(first.told.at(-1), 'SLAVE-1 ok 1');
});

test('a slave that joins again is a late comer, and what it still ran as another one is told to stop', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  const { told } = broadcast(stage);
  peer.read();
  const again = stage.join(1, {
    previous: 0,
    previousNonce: peer.nonce,
    begun: 1,
    runs: [[0, 0, 1]],
  });
  assert.equal(told, ['SLAVE-0?', 'SLAVE-0 unrunnable slave-lost', 'SLAVE-1?']);
  assert.equal(stage.commands, ['SLAVE-1 cancel']);
  assert.equal(again.read(), [1]);
  const { record } = again;
  assert.equal([record.outstanding, record.orderedOutstanding], [1, 1]);
  finish(stage, again, 1);
  assert.equal([told.at(-1), record.outstanding, record.orderedOutstanding], ['SLAVE-1 ok 1', 0, 0]);
});

test('a freed slave and a drafted one still owe it, and a late answer lets them move', () => {
  const stage = new CoreStage();
  stage.core.groups.allocate(1, 'ordered');
  const peer = stage.join(0);
  const { told } = broadcast(stage);
  broadcast(stage);
  peer.read();
  assert.ok(stage.core.groups.free(0));
  finish(stage, peer, 0);
  assert.equal([told.at(-1), peer.read(), peer.record.kind], ['SLAVE-0 ok 0', [1], 'unordered']);
  stage.core.groups.allocate(1, 'intermingle');
  assert.is(peer.record.draftedFor, 'intermingle');
  finish(stage, peer, 1);
  assert.is(peer.record.kind, 'intermingle');
});

test('cancelling everything leaves it, cancelling one run does not, and then the slave goes on', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  const [first, second] = [broadcast(stage), broadcast(stage)];
  stage.submit();
  assert.is(stage.core.cancels.cancelAll(), 1);
  assert.ok(stage.core.cancel(0, 0), 'it runs');
  stage.core.dispatch(0);
  assert.equal(first.told, ['SLAVE-0?', 'SLAVE-0 unrunnable cancelled']);
  assert.equal(peer.read(), [0, 1]);
  assert.equal(second.told, ['SLAVE-0?']);
});

test('its signal cancels what has no result', () => {
  const stage = new CoreStage();
  const [peer] = [stage.join(0), stage.join(1)];
  const controller = new AbortController();
  const { told } = broadcast(stage, { signal: controller.signal });
  finish(stage, peer, 0);
  controller.abort();
  assert.equal(told.slice(2), ['SLAVE-0 ok 0', 'SLAVE-1 unrunnable cancelled']);
});

test('a run that took too long is not run again', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  const { told } = broadcast(stage, { timeoutSeconds: 1 });
  stage.core.takeSentinelEvent({ type: 'overdue', nonce: peer.nonce, index: 0 }, 0);
  assert.equal(told, ['SLAVE-0?', 'SLAVE-0 unrunnable timeout']);
});

test('futures are refused by name, and so is one more than may await late comers', () => {
  const stage = new CoreStage();
  const future = new TaskFuture(() => true).of('TASK-9');
  const submission = {
    definition,
    args: [{ deep: [future] }],
    policy: policyOfBroadcast(resolvePolicy({})),
    place: undefined,
    lateComers: true,
    listener: { owe() {}, take() {} },
  };
  const { broadcasts } = stage.core;
  assert.throws(
    () => broadcasts.submit(submission),
    (error: Error) => error instanceof UsageError && /got the future of TASK-9.*await it/.test(error.message),
  );
  const stops = Array.from({ length: 1_000 }, () => broadcast(stage).stop);
  assert.throws(
    () => broadcast(stage),
    (error: Error) => error instanceof UsageError && /^1000 broadcasts .*stop\(\)/.test(error.message),
  );
  broadcast(stage, {}, false);
  stops[0]?.();
  broadcast(stage);
});

test('a checkpoint neither keeps it nor holds it back', () => {
  const stored = { key: 'work work [7] 0', algorithm: 'work work', result: new Uint8Array() };
  const store = new MemoryStore([stored]);
  const stage = new CoreStage({ store });
  const peer = stage.join(0);
  const { told } = broadcast(stage);
  assert.is(stage.core.demand.isWaiting, false, 'nobody waits for a stored result');
  stage.submit();
  finish(stage, peer, 0);
  assert.equal([told.at(-1), store.uncommitted], ['SLAVE-0 ok 0', 0]);
  finish(stage, peer, 1);
  assert.equal([store.uncommitted, stage.results(), stage.core.pending], [1, [], 1]);
});

test('after the end of the master its listener hears nothing', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  const { told } = broadcast(stage);
  assert.is(stage.core.leftovers().broadcasts, 1);
  stage.core.end(new StoppedError('test', { pending: 0, untaken: 0 }));
  assert.equal(stage.commands, ['SLAVE-0 cancel']);
  assert.equal(stage.heard('task-cancelled'), ['task-cancelled TASK-0 work SLAVE-0'], 'the trail is whole');
  stage.core.disconnectAll();
  assert.equal([told, peer.state], [['SLAVE-0?'], 'disconnected']);
});

test.run();
