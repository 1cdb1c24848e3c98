/** Reserved slaves in the pure master: the holder of each, the order of its tasks, and what a loss leaves. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { policyOfReserved, resolvePolicy } from '../../../src/algorithms/policy.js';
import type { Future } from '../../../src/algorithms/types.js';
import { StoppedError, type UnrunnableError } from '../../../src/errors.js';
import type { Reservation } from '../../../src/master/core/reservation.js';
import { TaskFuture } from '../../../src/master/model/task-future.js';
import { CoreStage, definition, type Peer } from './core-stage.js';

const test = suite('master/reservation');

/** A first task in line, and its causes to stay there. */
interface Held {
  readonly argument: TaskFuture;
  readonly first: Future<unknown>;
  readonly scope: AbortController;
}

class Stage extends CoreStage {
  /** Losses that holders heard of. */
  readonly losses: string[] = [];
  /** The outcomes of futures, as `TASK-0 ok` or `TASK-0 slave-lost`. */
  readonly told: string[] = [];
  readonly errors: Error[] = [];

  reserve(holder = 'the actor a', args: readonly unknown[] = [1]): Reservation {
    const onLost = (why: string): void => void this.losses.push(`${holder}: ${why}`);
    const request = { holder, definition, args, policy: resolvePolicy({}), place: undefined, onLost };
    return this.core.reserve(request, (id) => this.core.cancel(Number(id.slice('TASK-'.length)), 0));
  }

  ready(reservation: Reservation): Future<unknown> {
    return this.#listen(reservation.makeReady());
  }

  call(reservation: Reservation, ...args: readonly unknown[]): Future<unknown> {
    return this.callIn(undefined, reservation, ...args);
  }

  callIn(
    scopeSignal: AbortSignal | undefined,
    reservation: Reservation,
    ...args: readonly unknown[]
  ): Future<unknown> {
    const future = new TaskFuture((id) => this.core.cancel(Number(id.slice('TASK-'.length)), 0));
    const policy = { ...policyOfReserved(resolvePolicy({}), reservation), scopeSignal };
    return this.#listen(future.of(this.core.intake.submit(definition, args, policy, future)));
  }

  #listen(future: Future<unknown>): Future<unknown> {
    const { taskId } = future;
    future.then(
      () => this.told.push(`${taskId} ok`),
      (error: UnrunnableError) => {
        this.told.push(`${taskId} ${error.reason ?? error.name}`);
        this.errors.push(error);
      },
    );
    return future;
  }

  /** Numbers of the tasks that came to a slave. */
  dispatched(peer: Peer): number[] {
    this.core.dispatch(0);
    return peer.read();
  }

  finish(peer: Peer, number: number, isError = false): void {
    peer.deliver(peer.write(number, 1, isError));
    this.core.dispatch(0);
  }

  lose({ nonce }: Peer): void {
    this.core.takeSentinelEvent({ type: 'lost', nonce, evidence: 'silent' }, 0);
    this.core.dispatch(0);
  }

  /** The news since the last call, once promises have turned. */
  async heardNow(): Promise<string[]> {
    await new Promise(setImmediate);
    return this.told.splice(0);
  }
}

test('the slave is made ready before the tasks in line, which keep their order beside futures', async () => {
  const stage = new Stage();
  const reservation = stage.reserve();
  stage.ready(reservation);
  const outside = new TaskFuture(() => false);
  stage.call(reservation, 1);
  stage.call(reservation, outside.of('TASK-99'));
  stage.call(reservation, 2);
  assert.equal([stage.core.pending, reservation.sid], [4, undefined]);
  const peer = stage.join(0);
  assert.is(reservation.sid, 'SLAVE-0');
  assert.equal(stage.dispatched(peer), [0]);
  stage.finish(peer, 0);
  assert.equal(stage.dispatched(peer), [1], 'the next one awaits its argument, and holds up the last');
  stage.finish(peer, 1);
  outside.resolve(7);
  assert.equal(stage.dispatched(peer), [2, 3]);
  for (const number of [2, 3]) stage.finish(peer, number);
  assert.equal(await stage.heardNow(), ['TASK-0 ok', 'TASK-1 ok', 'TASK-2 ok', 'TASK-3 ok']);
  assert.is(stage.core.pending, 0);
});

test('a task whose future failed, or that was cancelled, holds up nobody', async () => {
  const stage = new Stage();
  const reservation = stage.reserve();
  stage.ready(reservation);
  const peer = stage.join(0);
  stage.dispatched(peer);
  stage.finish(peer, 0);
  const outside = new TaskFuture(() => false);
  stage.call(reservation, outside.of('TASK-99'));
  const other = new TaskFuture(() => false);
  const second = stage.call(reservation, other.of('TASK-98'));
  stage.call(reservation, 1);
  assert.equal(stage.dispatched(peer), []);
  outside.reject(new Error('no'));
  assert.equal(stage.dispatched(peer), []);
  second.cancel();
  stage.call(reservation, 2);
  assert.equal(stage.dispatched(peer), [3, 4]);
  assert.equal(await stage.heardNow(), ['TASK-0 ok', 'TASK-1 dependency', 'TASK-2 cancelled']);
});

for (const [way, happen] of Object.entries<(stage: Held) => void>({
  'its future fails': ({ argument }) => argument.reject(new Error('no')),
  'it is cancelled': ({ first }) => void first.cancel(),
  'its scope is cancelled': ({ scope }) => scope.abort(new Error('enough')),
})) {
  test(`the first in line holds up nobody when ${way}, although nothing more comes`, async () => {
    let asked = 0;
    const stage = new Stage({}, { dispatchSoon: () => void asked++ });
    const reservation = stage.reserve();
    stage.ready(reservation);
    const peer = stage.join(0);
    stage.dispatched(peer);
    stage.finish(peer, 0);
    const scope = new AbortController();
    const argument = new TaskFuture(() => false);
    const first = stage.callIn(scope.signal, reservation, argument.of('TASK-99'));
    stage.call(reservation, 1);
    assert.equal(stage.dispatched(peer), []);
    asked = 0;
    happen({ argument, first, scope });
    await stage.heardNow();
    assert.ok(asked > 0, 'somebody is to dispatch');
    assert.equal(stage.dispatched(peer), [2]);
  });
}

test('a loss leaves nothing in line, and the next slave is made ready with the same arguments', async () => {
  const stage = new Stage();
  const reservation = stage.reserve('the actor a', [[5]]);
  stage.ready(reservation);
  const peer = stage.join(0);
  stage.dispatched(peer);
  stage.finish(peer, 0);
  stage.call(reservation, 1);
  assert.equal(stage.dispatched(peer), [1]);
  stage.call(reservation, new TaskFuture(() => false).of('TASK-99'));
  stage.call(reservation, 2);
  stage.lose(peer);
  assert.equal(stage.losses, ['the actor a: SLAVE-0 was lost (silent)']);
  assert.equal(await stage.heardNow(), [
    'TASK-0 ok',
    'TASK-1 slave-lost',
    'TASK-2 slave-lost',
    'TASK-3 slave-lost',
  ]);
  assert.equal(
    stage.errors.map(({ message }) => message),
    [
      'SLAVE-0 was lost (silent); a call of an actor runs once',
      'TASK-2 is for the actor a, whose state is lost: SLAVE-0 was lost (silent)',
      'TASK-3 is for the actor a, whose state is lost: SLAVE-0 was lost (silent)',
    ],
  );
  stage.call(reservation, 3);
  const next = stage.join(1);
  assert.equal(stage.dispatched(next), [], 'nobody has asked to make it ready');
  stage.ready(reservation);
  assert.equal(stage.dispatched(next), [5]);
  stage.finish(next, 5);
  assert.equal(stage.dispatched(next), [4]);
});

test('what makes it ready fails with its slave, and is not the loss of what it would have been', async () => {
  const stage = new Stage();
  const reservation = stage.reserve();
  stage.ready(reservation);
  const peer = stage.join(0);
  stage.dispatched(peer);
  stage.lose(peer);
  assert.equal([await stage.heardNow(), stage.losses], [['TASK-0 slave-lost'], []]);
  stage.ready(reservation);
  const next = stage.join(1);
  assert.equal(stage.dispatched(next), [1]);
  stage.call(reservation, 1);
  stage.finish(next, 1, true);
  assert.equal(stage.dispatched(next), [], 'it threw');
  stage.ready(reservation);
  assert.equal(stage.dispatched(next), [3], 'again on the same slave');
});

test('a closed one lets its line end; an ended one gives up all, and gives its slave back', async () => {
  const stage = new Stage();
  const reservation = stage.reserve();
  stage.ready(reservation);
  stage.call(reservation, 1);
  reservation.close('slave-freed', 'which was stopped');
  stage.call(reservation, 2);
  const peer = stage.join(0);
  stage.dispatched(peer);
  stage.finish(peer, 0);
  assert.equal(stage.dispatched(peer), [1]);
  assert.equal(await stage.heardNow(), ['TASK-2 slave-freed', 'TASK-0 ok']);
  assert.is(stage.errors[0]?.message, 'TASK-2 is for the actor a, which was stopped');
  reservation.end('slave-freed', 'which was stopped');
  reservation.end('slave-freed', 'which was stopped');
  assert.equal([peer.record.kind, peer.record.takesOrdered], ['ordered', false], 'it runs a task still');
  stage.finish(peer, 1);
  assert.is(peer.record.kind, 'unordered');
  stage.submit();
  assert.equal(stage.dispatched(peer), [3]);
  stage.finish(peer, 3);
  const [other, next] = [stage.reserve(), stage.reserve()];
  for (const each of [other, next]) stage.ready(each);
  assert.equal([other.sid, next.sid], ['SLAVE-0', undefined]);
  other.end('slave-freed', 'which was stopped');
  assert.is(next.sid, 'SLAVE-0', 'once it is free');
  next.end('slave-freed', 'which was stopped');
  assert.equal([stage.core.groups.slavesNeeded, stage.core.groups.takeConnected()], [0, []]);
});

test('holders are served in turn, before the program, whose numbers and calls do not reach them', () => {
  const stage = new Stage();
  const { groups } = stage.core;
  groups.allocate(1, 'ordered');
  const [first, second] = [stage.reserve('a'), stage.reserve('b')];
  for (const each of [first, second]) stage.ready(each);
  groups.deallocate(1_000, 'ordered');
  groups.allocate(1, 'ordered');
  assert.is(groups.slavesNeeded, 3);
  const peers = [stage.join(0), stage.join(1), stage.join(2), stage.join(3)] as const;
  assert.equal([first.sid, second.sid], ['SLAVE-0', 'SLAVE-1']);
  assert.equal(groups.takeConnected(), [{ sid: 'SLAVE-2', kind: 'ordered' }]);
  assert.not(groups.free(0), 'it is not the program that holds it');
  stage.lose(peers[0]);
  assert.is(first.sid, 'SLAVE-3', 'an unordered one takes its place');
  assert.equal(groups.takeDisconnected(), []);
  stage.lose(peers[2]);
  assert.equal(groups.takeDisconnected(), [{ sid: 'SLAVE-2', kind: 'ordered' }]);
});

test('a slave on its way to a holder that does not wait any more stays with the others', () => {
  const stage = new Stage();
  const { groups } = stage.core;
  const peer = stage.join(0);
  stage.submit();
  assert.equal(stage.dispatched(peer), [0]);
  const reservation = stage.reserve();
  stage.ready(reservation);
  assert.is(peer.record.draftedFor, 'ordered');
  reservation.end('timeout', 'which nobody wants');
  stage.finish(peer, 0);
  assert.equal([peer.record.kind, groups.takeConnected(), groups.slavesNeeded], ['unordered', [], 0]);
  stage.submit();
  assert.equal(stage.dispatched(peer), [2]);
  const [gone, next] = [stage.reserve(), stage.reserve()];
  stage.ready(gone);
  gone.end('timeout', 'which nobody wants');
  stage.ready(next);
  stage.finish(peer, 2);
  assert.is(next.sid, 'SLAVE-0', 'the next holder gets it');
});

test('the end of the master rejects what is in line, and nothing can be asked of it', async () => {
  const stage = new Stage();
  const reservation = stage.reserve();
  stage.ready(reservation);
  stage.call(reservation, 1);
  stage.core.end(new StoppedError('over', { pending: 0, untaken: 0 }));
  reservation.end('slave-freed', 'which was stopped');
  assert.equal(await stage.heardNow(), ['TASK-0 StoppedError', 'TASK-1 StoppedError']);
  assert.throws(() => reservation.makeReady(), /over/);
});

test.run();
