/** A master's core with a checkpoint: when the program is taken to wait, and what it hears when the store fails. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { resolvePolicy } from '../../../src/algorithms/policy.js';
import { makeQueue } from '../../../src/algorithms/queue.js';
import { CheckpointError, StoppedError } from '../../../src/errors.js';
import { MasterCore } from '../../../src/master/core/master-core.js';
import type { FutureSettler } from '../../../src/master/model/task.js';
import { FateIterator } from '../../../src/master/program/fate-iterator.js';
import { CoreStage } from '../core/core-stage.js';
import { coreOptions, createEntry } from '../parts.js';
import { MemoryStore, type Stored } from './memory-store.js';

const { definition } = createEntry('work');
const policy = resolvePolicy({});
const TICKS_OF_A_SECOND = 10;

class Program {
  readonly store: MemoryStore;
  readonly core: MasterCore;
  turnsAsked = 0;
  #now = 0;

  constructor(stored: Stored) {
    this.store = new MemoryStore(stored, ['work work']);
    this.core = new MasterCore(
      coreOptions(
        {
          askTurn: () => {
            this.turnsAsked++;
          },
        },
        { algorithms: [definition], store: this.store },
      ),
    );
    this.store.listen({
      onCommitted: (count) => this.core.takeCommitted(count, 0),
      onFailed: (error) => this.core.end(error),
    });
  }

  submit(argument: unknown): void {
    this.core.intake.submit(definition, [argument], policy);
  }

  future(argument: unknown): Promise<unknown> {
    let settler: Omit<FutureSettler, 'promise'> | undefined;
    const promise = new Promise((resolve, reject) => {
      settler = { resolve, reject };
    });
    this.core.intake.submit(definition, [argument], policy, {
      promise,
      ...(settler as Omit<FutureSettler, 'promise'>),
    });
    return promise;
  }

  /** The packets of the results that can be taken now. */
  take(): unknown[] {
    return this.core.fates.takeResults(undefined).map(({ packet }) => packet);
  }

  tick(ticks: number): void {
    for (let left = ticks; left > 0; left--) {
      this.#now += 100;
      this.core.tick(this.#now);
      this.core.takeTurn(this.#now);
    }
  }
}

/** The store as a master leaves it that has got these results, in this order. */
function storedBy(...args: readonly unknown[]): Stored {
  const text = (argument: unknown): string => JSON.stringify([argument]);
  return args.map((argument, index) => {
    const body = Buffer.from(`....${JSON.stringify([0, 1, 250, `${argument} of ${index}`])}`);
    body.writeUInt32BE(body.length - 4);
    return { key: `work work ${text(argument)} 0`, algorithm: 'work work', result: body };
  });
}

const it = suite('core with a checkpoint');

it('gives stored results without a slave, pending until they are given out', () => {
  const program = new Program(storedBy(1, 2));
  program.submit(2);
  program.submit(1);
  assert.is(program.core.pending, 2);
  program.core.dispatch(0);
  assert.equal(program.take(), ['1 of 0', '2 of 1']);
  assert.is(program.core.pending, 0);
  assert.is(program.turnsAsked, 0, 'nothing waits for a turn');
});

it('passes over what was not submitted only when a reader waits', async () => {
  const program = new Program(storedBy(1, 2));
  program.submit(2);
  program.core.dispatch(0);
  assert.is(program.turnsAsked, 1);
  program.core.takeTurn(0);
  assert.equal(program.take(), [], 'the program does something else');
  const next = new FateIterator(program.core, undefined).next();
  assert.is(program.turnsAsked, 2);
  program.core.takeTurn(0);
  assert.is((await next).value.packet, '2 of 1');
});

it('takes a program for waiting in masterLoop, once it has no news', () => {
  const program = new Program(storedBy(0, 1, 2));
  program.submit(0);
  program.submit(2);
  program.core.demand.beginReading();
  program.core.dispatch(0);
  program.core.takeTurn(0);
  assert.equal(program.take(), ['0 of 0'], 'it had news');
  program.core.takeTurn(0);
  assert.equal(program.take(), ['2 of 2']);
});

it('takes a program with futures for waiting, and one that is quiet for a second', async () => {
  const program = new Program(storedBy(0, 1, 2));
  const future = program.future(1);
  program.core.dispatch(0);
  program.core.takeTurn(0);
  assert.is(await future, '1 of 1');
  const other = new Program(storedBy(0, 1, 2));
  other.submit(1);
  other.tick(TICKS_OF_A_SECOND);
  other.submit('more');
  other.tick(TICKS_OF_A_SECOND);
  assert.equal(other.take(), [], 'it has submitted something');
  other.tick(1);
  assert.equal(other.take(), ['1 of 1']);
});

it('cancels a task whose stored result waits, and gives its fate at once', () => {
  const program = new Program(storedBy(0, 1));
  program.submit(1);
  assert.ok(program.core.cancel(0, 0));
  assert.is(program.core.fates.takeUnrunnable(undefined)[0]?.reason, 'cancelled');
  assert.not.ok(program.core.cancel(0, 0));
  assert.is(program.core.pending, 0);
});

it('heeds the signal of a task whose stored result waits, and lets it go with the result', () => {
  const program = new Program(storedBy(0, 1, 2));
  const abort = new AbortController();
  const signalled = resolvePolicy({ signal: abort.signal });
  for (const argument of [0, 2]) program.core.intake.submit(definition, [argument], signalled);
  program.core.dispatch(0);
  assert.equal(program.take(), ['0 of 0']);
  abort.abort();
  const cancelled = program.core.fates.takeUnrunnable(undefined);
  assert.equal(
    cancelled.map(({ taskId, reason }) => [taskId, reason]),
    [['TASK-1', 'cancelled']],
  );
  assert.is(program.core.pending, 0);
});

it('tells everybody who waits, and whoever asks, that the store has failed', async () => {
  const program = new Program([]);
  program.submit(1);
  const future = program.future(2);
  const iterator = new FateIterator(program.core, undefined);
  const next = iterator.next();
  program.store.fail(new CheckpointError('results', 'the disk is full'));
  for (const promise of [future, next, iterator.next()]) {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.instance(error, CheckpointError);
  }
  assert.throws(() => program.core.refuseIfOver(), /the disk is full/);
});

it('settles futures whose stored results wait when the master stops', async () => {
  const program = new Program(storedBy(0, 1));
  const future = program.future(1);
  const stopped = new StoppedError('stopped by a test', { pending: 1, untaken: 0 });
  program.core.end(stopped);
  assert.is(await future.catch((error: unknown) => error), stopped);
});

it('stores the packet of a result, and no error', () => {
  const store = new MemoryStore([], ['work work']);
  const stage = new CoreStage({ store });
  store.listen({ onCommitted: (count) => stage.core.takeCommitted(count, 0), onFailed: () => {} });
  const peer = stage.join(0);
  for (let count = 0; count < 2; count++) stage.submit();
  stage.core.dispatch(0);
  assert.equal(peer.read(), [0, 1]);
  peer.deliver(peer.write(0));
  stage.core.dispatch(0);
  assert.equal([store.uncommitted, store.commitsAsked, stage.results()], [1, 1, []]);
  peer.deliver(peer.write(1, 1, true));
  stage.core.dispatch(0);
  assert.equal([store.uncommitted, stage.results()], [1, ['TASK-1']]);
  const { news } = stage;
  store.commitNow();
  assert.equal([stage.results(), stage.core.pending, stage.news], [['TASK-0'], 0, news + 1]);
});

it('takes no commit and no turn once the master ends', () => {
  const program = new Program(storedBy(0, 1));
  program.submit(1);
  program.core.demand.beginReading();
  program.core.dispatch(0);
  program.core.slaves.end();
  program.core.takeTurn(0);
  program.core.takeCommitted(0, 0);
  assert.equal(program.take(), []);
});

it('takes no place in a queue for a stored result, and gives a place back before a result is stored', () => {
  const store = new MemoryStore(storedBy(1), ['work work']);
  const stage = new CoreStage({ store });
  store.listen({ onCommitted: (count) => stage.core.takeCommitted(count, 0), onFailed: () => {} });
  const peer = stage.join(0);
  const queue = makeQueue('checkpoint', { limit: 1 });
  for (let task = 0; task < 3; task++) stage.submit({ queue });
  stage.core.dispatch(0);
  assert.equal([stage.results(), peer.read()], [['TASK-0'], [1]]);
  peer.deliver(peer.write(1));
  stage.core.dispatch(0);
  assert.equal(peer.read(), [2]);
});

it.run();
