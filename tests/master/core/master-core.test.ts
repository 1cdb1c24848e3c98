/** A master's core with its parts joined: its answers to its program, its slaves and time. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeQueue } from '../../../src/algorithms/queue.js';
import { StoppedError, type UnrunnableError } from '../../../src/errors.js';
import type { FutureSettler } from '../../../src/master/model/task.js';
import { TaskFate } from '../../../src/master/model/task-fate.js';
import { createTask } from '../parts.js';
import { CoreStage, definition, type Peer } from './core-stage.js';

const test = suite('master/core');
/** As the fate box's own bound. */
const MOST_UNTAKEN_BYTES = 128 * 1024 * 1024;

/** A future that notes how it ends. */
function createFuture(log: unknown[]): FutureSettler {
  return {
    promise: Promise.resolve(),
    resolve: (value) => void log.push(value),
    reject: (error) => void log.push(error),
  };
}

test('what is given out is counted, and wakes its slave', () => {
  const stage = new CoreStage({ taskGroup: 2 });
  const peer = stage.join(0);
  stage.heard();
  for (let count = 0; count < 2; count++) stage.submit();
  assert.equal([stage.core.pending, stage.core.queued, peer.state], [2, 2, 'idle']);
  stage.core.dispatch(0);
  assert.equal([stage.core.pending, stage.core.queued, peer.state], [2, 0, 'busy']);
  assert.equal(peer.read(), [0, 1]);
  assert.equal(stage.heard('tasks-sent', 'slave-busy'), ['tasks-sent SLAVE-0 2', 'slave-busy SLAVE-0']);
});

test('a cancel of what runs reaches the slave at once, and one of what is unknown sends nothing', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  stage.submit();
  stage.isOpen = false;
  stage.core.dispatch(0);
  stage.isOpen = true;
  assert.not(stage.core.cancel(7, 0));
  assert.equal(peer.read(), [], 'the link has room, and nothing was to be done');
  assert.ok(stage.core.cancel(0, 0));
  assert.equal([stage.commands, stage.unrunnable()], [['SLAVE-0 cancel'], ['TASK-0 cancelled']]);
  assert.equal(peer.read(), [0], 'what waited for the link goes with it');
});

test('what the link did not take goes out with the next dispatch, also while the master ends', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  stage.submit();
  stage.isOpen = false;
  stage.core.dispatch(0);
  assert.equal(peer.read(), []);
  stage.core.slaves.end();
  stage.isOpen = true;
  stage.submit();
  stage.core.dispatch(0);
  assert.equal([peer.read(), stage.core.queued], [[0], 1], 'and nothing new is given out');
});

test('a source that has failed fails those who wait for its fates, one that has ended lets them end', async () => {
  for (const failure of [undefined, { error: new Error('the source broke') }]) {
    const stage = new CoreStage();
    const source = { left: undefined };
    stage.core.demand.beginDrawing(source);
    const fate = stage.core.waitForFate(undefined);
    const { news } = stage;
    stage.core.endDrawing(source, failure);
    assert.is(stage.news, news + 1);
    const outcome = await fate.catch((error: Error) => error.message);
    assert.is(outcome, failure && 'the source broke');
  }
});

test('after a reconnection every session tells its position', () => {
  const stage = new CoreStage();
  const peers = [0, 1].map((number) => stage.join(number)) as [Peer, Peer];
  for (const peer of peers) peer.read();
  stage.core.reconnected(0);
  for (const { nonce } of peers) assert.is(stage.inboxes.get(nonce)?.length, 1);
});

test('it tells once, after ten seconds, that tasks wait and no slave is there', () => {
  const stage = new CoreStage({ slaveHint: 'start one' });
  stage.core.tick(0);
  stage.submit();
  for (let now = 100; now <= 20_000; now += 100) stage.core.tick(now);
  assert.equal(stage.heard('slaves-missing'), ['slaves-missing 1 10 start one']);
});

test('the ledger is written at a tick when nothing is pending', () => {
  const stage = new CoreStage();
  stage.submit();
  stage.core.cancel(0, 0);
  assert.equal(stage.heard('tasks-submitted').length, 0);
  stage.core.tick(100);
  assert.is(stage.heard('tasks-submitted').length, 1);
});

test('a group that was given to one is taken back for one that idles', () => {
  const stage = new CoreStage({ taskGroup: 8 });
  const first = stage.join(0);
  for (let count = 0; count < 8; count++) stage.submit();
  stage.core.dispatch(0);
  stage.core.tick(1_000);
  assert.equal(stage.commands, [], 'nobody idles');
  stage.join(1);
  stage.core.tick(1_100);
  assert.equal(stage.commands, ['SLAVE-0 recall']);
  stage.core.tick(1_200);
  assert.is(stage.commands.length, 1, 'the first is still to be answered');
  first.acknowledge(stage.commandIds[0] as number, { from: 4 });
  assert.equal(stage.heard('tasks-recalled'), ['tasks-recalled SLAVE-0 4']);
});

test('it is taken back at the next dispatch, which looks at all slaves 100 times per second at most', () => {
  const stage = new CoreStage({ taskGroup: 8 });
  stage.join(0);
  for (let count = 0; count < 8; count++) stage.submit();
  stage.core.dispatch(0);
  stage.join(1);
  stage.core.dispatch(19);
  assert.equal(stage.commands, [], 'the group has only just gone out');
  stage.core.dispatch(28);
  assert.equal(stage.commands, [], 'it has just looked');
  stage.core.dispatch(29);
  assert.equal(stage.commands, ['SLAVE-0 recall']);
});

test('nothing is taken back when every slave has something to do, or nothing is pending', () => {
  const stage = new CoreStage({ taskGroup: 4 });
  for (const number of [0, 1]) stage.join(number);
  for (let count = 0; count < 8; count++) stage.submit();
  stage.core.dispatch(0);
  for (let now = 100; now < 2_000; now += 100) stage.core.tick(now);
  assert.equal(stage.commands, []);
});

test('the processes that have ended are condemned, by host and pid', () => {
  const stage = new CoreStage();
  stage.join(0, { pid: 5 });
  stage.join(1, { pid: 5, host: 'other' });
  stage.join(2, { pid: 6 });
  stage.core.processGone(5, 'h', 'it exited with 1');
  assert.equal(stage.condemned, ['SLAVE-0 it exited with 1']);
});

test('at the end futures fail, their runs are stopped, and waiting tasks stay pending', async () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  const ends: unknown[] = [];
  stage.submit({}, createFuture(ends));
  stage.submit();
  stage.core.dispatch(0);
  assert.equal(peer.read(), [0, 1]);
  stage.submit({}, createFuture(ends));
  const told: string[] = [];
  stage.core.signal.addEventListener('abort', () => told.push('signal'));
  const fate = stage.core.waitForFate(undefined);
  const error = new StoppedError('SIGTERM', { pending: 3, untaken: 0 });
  const { news } = stage;
  assert.equal([stage.core.isOver, stage.core.signal.aborted], [false, false]);
  stage.core.refuseIfOver();
  stage.core.end(error);
  stage.core.end(new Error('a second one does not count'));
  assert.equal(ends, [error, error]);
  assert.equal([stage.commands, stage.core.pending, stage.news], [['SLAVE-0 cancel'], 3, news + 1]);
  assert.equal([stage.core.isOver, stage.core.slaves.isEnding, told], [true, true, ['signal']]);
  assert.is(stage.core.signal.reason, error);
  assert.is(await fate, undefined);
  assert.throws(
    () => stage.core.refuseIfOver(),
    (thrown: unknown) => thrown === error,
  );
  assert.equal([stage.core.countToldOver(), stage.core.countToldOver()], [0, 1]);
  assert.is(stage.heard('tasks-submitted').length, 1, 'what was submitted is in the books');
});

test('signals of tasks do nothing after the end', () => {
  const stage = new CoreStage();
  const own = new AbortController();
  stage.submit({ signal: own.signal });
  stage.core.end(new Error('over'));
  own.abort();
  assert.equal([stage.unrunnable(), stage.core.pending], [[], 1]);
});

test('when the slaves are disconnected all of them go, and what was thrown is told', () => {
  const stage = new CoreStage();
  for (const number of [0, 1]) stage.join(number);
  stage.core.slaves.end();
  stage.core.disconnectAll();
  assert.equal([stage.core.roster.size, stage.forgotten], [0, ['SLAVE-0', 'SLAVE-1']]);
});

test('a slave to which an ordered task is addressed gets it when it is woken, too', () => {
  const stage = new CoreStage();
  stage.core.groups.allocate(1, 'ordered');
  const peer = stage.join(0);
  stage.submit({ sid: 'SLAVE-0' });
  stage.core.dispatch(0);
  assert.equal(peer.read(), [0]);
  assert.equal(stage.core.leftovers().pending, 1);
});

test('an aborted signal cancels what runs and what waits, and is news', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  const own = new AbortController();
  stage.submit({ signal: own.signal });
  stage.core.dispatch(0);
  stage.submit({ signal: own.signal });
  assert.equal(peer.read(), [0]);
  const { news } = stage;
  own.abort();
  assert.equal([stage.commands, stage.news], [['SLAVE-0 cancel'], news + 1]);
  assert.equal(stage.unrunnable(), ['TASK-0 cancelled', 'TASK-1 cancelled']);
});

test('a fate ends the waits of those for whom none can come any more', async () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  for (let count = 0; count < 2; count++) stage.submit();
  stage.core.dispatch(0);
  peer.read();
  const waits = [0, 1, 2].map(() => stage.core.waitForFate(undefined));
  peer.deliver(peer.write(0));
  stage.core.cancel(1, 0);
  assert.equal(
    (await Promise.all(waits)).map((fate) => fate?.taskId),
    ['TASK-0', 'TASK-1', undefined],
  );
});

test('a slave that becomes ordered, or is freed, is news, and gets what is for it', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  const { news } = stage;
  stage.core.groups.allocate(1, 'ordered');
  assert.is(stage.news, news + 1);
  stage.submit({ sid: 'SLAVE-0' });
  stage.submit({ sid: 'SLAVE-0', doItAnyway: true });
  stage.submit();
  assert.ok(stage.core.groups.free(0));
  assert.is(stage.news, news + 2);
  assert.equal(stage.unrunnable(), ['TASK-0 slave-freed']);
  stage.core.dispatch(0);
  assert.equal(peer.read().sort(), [1, 2]);
});

test('histories have the time of the wall, and zero where there is none', () => {
  for (const [wallClock, at] of [
    [undefined, 0],
    [() => 1_700_000_000_000, 1_700_000_000_000],
  ] as const) {
    const stage = new CoreStage({}, wallClock && { wallClock });
    const peer = stage.join(0);
    stage.submit({ maxAttempts: 1 });
    stage.core.dispatch(0);
    peer.read();
    peer.beat({ begun: 1 });
    stage.core.takeSentinelEvent({ type: 'lost', nonce: peer.nonce, evidence: 'x' }, 0);
    const [fate] = stage.core.fates.takeUnrunnable(undefined);
    assert.equal(
      (fate?.error as UnrunnableError | undefined)?.history.map((run) => run.at),
      [at],
    );
  }
});

test('the entry of an algorithm is known, and one that came too late is refused', () => {
  const stage = new CoreStage();
  assert.is(stage.core.entryOf(definition).definition, definition);
  assert.throws(() => stage.core.entryOf({ ...definition, name: 'late' }), /late/);
});

test('while too many fates lie untaken nothing more of that algorithm is given out, until they are taken', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  const task = createTask(99, stage.core.entryOf(definition));
  stage.core.fates.put(TaskFate.ok(task, 0, 0, 0, MOST_UNTAKEN_BYTES));
  stage.submit();
  stage.core.dispatch(0);
  assert.equal([peer.read(), stage.core.queued], [[], 1]);
  stage.core.fates.takeResults(undefined);
  stage.core.dispatch(0);
  assert.equal([peer.read(), stage.core.queued], [[0], 0]);
});

test('a task that failed waits before its next attempt, and then goes to the slave that it is for', () => {
  const stage = new CoreStage();
  stage.core.groups.allocate(1, 'ordered');
  const ordered = stage.join(0);
  const policy = { retryErrors: true, maxAttempts: 2, backoffSeconds: 1 };
  stage.submit({ ...policy, sid: 'SLAVE-0' });
  stage.core.dispatch(0);
  assert.equal(ordered.read(), [0]);
  ordered.deliver(ordered.write(0, 1, true));
  stage.core.dispatch(0);
  assert.equal([ordered.read(), stage.core.queued], [[], 1]);
  stage.core.dispatch(60_000);
  assert.equal([ordered.read(60_000), stage.core.queued], [[0], 0]);
});

test('each tick ticks the sessions, those that leave, the program and the queue', () => {
  const stage = new CoreStage();
  const [leaving, peer] = [stage.join(0), stage.join(1)] as [Peer, Peer];
  leaving.bye({ sent: 1 });
  stage.submit();
  stage.core.tick(100);
  assert.equal(peer.read(), [0], 'it gives out what waits');
  peer.deliver(peer.write(0));
  stage.core.dispatch(100);
  assert.is(stage.inboxes.get(peer.nonce)?.length, 0);
  stage.core.tick(200);
  assert.is(stage.inboxes.get(peer.nonce)?.length, 1, 'the result is acknowledged');
  stage.results();
  assert.not(stage.core.demand.isWaiting);
  for (let tick = 3; tick <= 20; tick++) stage.core.tick(100 * tick);
  assert.ok(stage.core.demand.isWaiting, 'the program did nothing for a second');
  assert.equal([leaving.state, stage.core.roster.size], ['disconnected', 1]);
});

test('a slave whose room came without a word of it is found by the next tick', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  for (let count = 0; count < 2; count++) stage.submit();
  // It is asked for tasks, and so has no room.
  peer.record.commands.noteRecall({ id: 99, from: 0, to: 0 });
  stage.core.dispatch(0);
  assert.equal([peer.read(), peer.record.isInLine], [[], false]);
  peer.record.commands.endRecall();
  stage.core.dispatch(0);
  assert.equal(peer.read(), []);
  stage.core.tick(100);
  assert.equal(peer.read(), [0, 1]);
});

test('a slave that has nothing to do, and nothing that waits, is not lined up by ticks', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  peer.record.commands.noteRecall({ id: 99, from: 0, to: 0 });
  stage.submit();
  stage.core.dispatch(0);
  stage.core.cancel(0, 0);
  assert.not(peer.record.isInLine);
  stage.core.tick(100);
  assert.not(peer.record.isInLine);
});

test('a promise that nobody awaits does not end a process that was told to stop', async () => {
  const rejections: unknown[] = [];
  const listener = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', listener);
  for (const error of [new StoppedError('SIGTERM', { pending: 1, untaken: 0 }), new Error('no disk')]) {
    const stage = new CoreStage();
    let fail: (reason: unknown) => void = () => {};
    const promise = new Promise<unknown>((_resolve, reject) => {
      fail = reject;
    });
    stage.submit({}, { promise, resolve() {}, reject: (reason) => fail(reason) });
    stage.core.end(error);
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.off('unhandledRejection', listener);
  assert.equal(
    rejections.map((reason) => (reason as Error).message),
    ['no disk'],
  );
});

test('errors that tasks threw are counted in the trail when the slaves are disconnected', () => {
  const stage = new CoreStage();
  const peer = stage.join(0);
  for (let count = 0; count < 6; count++) {
    stage.submit();
    stage.core.dispatch(0);
    peer.read();
    peer.deliver(peer.write(count, 1, true));
  }
  stage.heard();
  stage.core.disconnectAll();
  assert.is(stage.heard('tasks-threw').length, 1);
});

test('without a checkpoint a turn of the event loop changes nothing', () => {
  const stage = new CoreStage();
  stage.join(0);
  stage.submit();
  stage.core.demand.beginReading();
  const { news } = stage;
  stage.core.takeTurn(0);
  assert.equal([stage.news, stage.core.queued], [news, 1]);
});

test('it asks for a dispatch when a task is due next: by its backoff, or by the rate of its queue', () => {
  const asked: number[] = [];
  const stage = new CoreStage({}, { dispatchAt: (at) => void asked.push(at) });
  const peer = stage.join(0);
  stage.submit();
  stage.core.dispatch(100);
  assert.equal([peer.read(), asked], [[0], []], 'nothing waits for a clock');
  peer.deliver(peer.write(0), 150);
  const queue = makeQueue('asks', { perSecond: 1 });
  stage.submit({ queue, retryErrors: () => 0.25 });
  stage.submit({ queue });
  stage.core.dispatch(200);
  assert.equal([peer.read(), asked], [[1], [1_200]]);
  peer.deliver(peer.write(1, 1, true), 210);
  stage.core.dispatch(210);
  assert.equal([peer.read(), asked.at(-1)], [[], 460]);
  stage.core.dispatch(460);
  assert.equal([peer.read(), asked.at(-1)], [[], 1_200]);
  stage.core.dispatch(1_210);
  assert.equal(peer.read(), [1]);
});

test.run();
