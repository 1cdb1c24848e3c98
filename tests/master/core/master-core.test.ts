/** What a master's core does with what comes in from its program, its slaves and time, when its parts are joined. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { StoppedError } from '../../../src/errors.js';
import type { FutureSettler } from '../../../src/master/model/task.js';
import { CoreStage, type Peer } from './core-stage.js';

const test = suite('master/core');

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
    stage.core.demand.beginDrawing();
    const fate = stage.core.waitForFate(undefined);
    const { news } = stage;
    stage.core.endDrawing(failure);
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

test.run();
