/** The assertions of lfarm's tests of broadcasts, each under the name of its definition there, and ours beside them. */
import { getEventListeners } from 'node:events';
import {
  type Broadcast,
  type BroadcastEntry,
  broadcastTask,
  InvalidTaskError,
  makeChannel,
  makeQueue,
  master,
  portable,
  type SlaveId,
  StoppedError,
  slave,
  TaskError,
  UsageError,
} from 'ts-mw';
import * as assert from 'uvu/assert';
import { until, within } from '../support/programs.js';
import { rejection, suiteOnFarm } from './farm.js';
import { add, apply, callKept, gates, held, keep, square, whatIsKept } from './tasks.js';

const test = suiteOnFarm('lfarm broadcast');
const LIMIT_MS = 20_000;

const statuses = (entries: readonly BroadcastEntry<unknown>[]): string[] =>
  entries.map(({ status }) => status);

/** Those that have come, and come until there are `count`. */
async function first<R>(broadcast: Broadcast<R>, count: number): Promise<BroadcastEntry<R>[]> {
  const entries: BroadcastEntry<R>[] = [];
  for await (const entry of broadcast) {
    entries.push(entry);
    if (entries.length === count) break;
  }
  return entries;
}

test('broadcast-test', async () => {
  const broadcast = broadcastTask(keep, 'blah');
  assert.is(broadcast.pending, 2);
  const channel = makeChannel<unknown>();
  for (let i = 0; i < 20; i++) channel.submitTask(whatIsKept);
  let seen = 0;
  for await (const value of channel) {
    assert.is(value, 'blah', 'wherever the task runs');
    seen++;
  }
  assert.is(seen, 20);
  assert.is(whatIsKept(), undefined, 'and not here');
  const entries = await broadcast.all();
  assert.equal(statuses(entries), ['ok', 'ok']);
  assert.is(new Set(entries.map(({ sid }) => sid)).size, 2);
  broadcast.stop();
  assert.is(broadcast.pending, 0);
});

test('closure-task-test, with what is broadcast first', async () => {
  const factor = 3;
  const broadcast = broadcastTask(
    keep,
    portable(
      (x: number, y: number) => {
        class Stuff {
          constructor(
            readonly x: number,
            readonly y: number,
          ) {}
          get sum(): number {
            return factor * (this.x + this.y);
          }
        }
        return new Stuff(x, y).sum;
      },
      { factor },
    ),
  );
  assert.equal(await Promise.all([1, 2, 3].map((x) => callKept.future(x, 4))), [15, 18, 21]);
  broadcast.stop();
});

test('invalid-task-test', async () => {
  for (const wrong of [Math.max, ['junk', 9], 'add', { name: 'add' }, null, undefined, makeChannel()]) {
    for (const broadcast of [broadcastTask, broadcastTask.with({ lateComers: false })]) {
      assert.throws(
        () => broadcast(wrong as never, 3, 4),
        (error: unknown) =>
          error instanceof InvalidTaskError && /^broadcastTask takes a task, and got /.test(error.message),
      );
    }
  }
});

test('wrong options, and futures as arguments, are refused in words', async (mw) => {
  const queue = makeQueue('of a broadcast');
  const wrong: readonly [options: unknown, message: RegExp][] = [
    [{ lateComers: 1 }, /^lateComers of broadcastTask.with is true or false; got 1$/],
    [{ later: true }, /^broadcastTask.with has no option "later"; it may have lateComers, policy$/],
    [{ policy: { sid: 'SLAVE-0' } }, /policy of a broadcast has no sid.*leave it out$/],
    [{ policy: { queue } }, /policy of a broadcast has no queue.*leave it out$/],
    [7, /^the options of broadcastTask.with are an object of lateComers, policy; got 7$/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(
      () => broadcastTask.with(options as never),
      (error: Error) => error instanceof UsageError && message.test(error.message),
    );
  }
  const future = square.future(3);
  assert.throws(
    () => broadcastTask(add, future as never, 1),
    (error: Error) =>
      error instanceof UsageError &&
      error.message.startsWith(`a broadcast takes values, and got the future of ${future.taskId} among`),
  );
  assert.is(await future, 9);
  assert.is(mw.pendingTasks, 0);
});

test('one that throws is told of for each slave; it is in no other count, and no loop sees it', async (mw) => {
  const once = broadcastTask.with({ lateComers: false, policy: { category: 'set-up' } });
  const broadcast = once(
    portable((what: string) => {
      throw new RangeError(what);
    }),
    'no',
  );
  assert.equal([mw.pendingTasks, mw.numRunnableTasks], [0, 0]);
  for await (const fate of mw.results()) assert.unreachable(String(fate));
  const told: BroadcastEntry<never>[] = [];
  for await (const entry of broadcast) told.push(entry);
  assert.equal(statuses(told), ['error', 'error'], 'and the iteration ends');
  for (const entry of told) {
    if (entry.status !== 'error') continue;
    assert.ok(entry.error instanceof TaskError && entry.error.sid === entry.sid);
    assert.equal([entry.error.name, entry.error.message], ['RangeError', 'no']);
  }
  const report = await mw.masterLoopIterate({ timeout: 0 });
  assert.equal([report.numResults, report.numUnrunnableTasks], [0, 0]);
});

test('nothing listens to its signal when it has ended', async () => {
  const { signal } = new AbortController();
  const listeners = (): number => getEventListeners(signal, 'abort').length;
  const broadcast = broadcastTask.with({ policy: { signal } })(square, 3);
  assert.ok(listeners() > 0);
  await broadcast.all();
  broadcast.stop();
  assert.is(listeners(), 0);
});

test('a signal ends it for late comers, and cancels what has no result', async () => {
  const controller = new AbortController();
  const broadcast = broadcastTask.with({ policy: { signal: controller.signal } })(held, 900_000);
  controller.abort();
  const entries: BroadcastEntry<number>[] = [];
  for await (const entry of broadcast) entries.push(entry);
  assert.equal(statuses(entries), ['unrunnable', 'unrunnable']);
  await until('no run waits', () => gates.isEmpty);
});

test.outside(
  'slaves that join later run it before their first task; the end of the master is told',
  async () => {
    const mw = await master({ clientTimeout: 5 });
    try {
      const [broadcast, stopped, none] = mw.run(() => [
        broadcastTask(
          apply,
          portable((x: number) => x + 1),
          6,
        ),
        broadcastTask(keep, 'never'),
        broadcastTask.with({ lateComers: false })(square, 2),
      ]);
      stopped.stop();
      stopped.stop();
      assert.equal([await broadcast.all(), await none.all()], [[], []], 'nobody is there');
      assert.equal([await first(stopped, 1), await first(none, 1)], [[], []], 'nothing will come');
      const waiting = first(broadcast, 2);
      const firstSlave = slave(mw);
      await mw.run(() => square.future(1));
      await slave(mw);
      const late = await within(LIMIT_MS, waiting, () => 'the entries of late comers');
      const sids = late.map(({ sid }) => sid).sort();
      assert.equal(sids, ['SLAVE-0', 'SLAVE-1'] satisfies SlaveId[]);
      assert.equal(
        late.map((entry) => entry.status === 'ok' && entry.packet),
        [7, 7],
      );
      await firstSlave;
      const unread = rejection(first(broadcast, 1));
      const held = mw.run(() => broadcastTask(portable(() => new Promise(() => {}))));
      const all = rejection(held.all());
      await mw.stop();
      for (const error of [await unread, await all, await rejection(first(held, 1))]) {
        assert.instance(error, StoppedError);
      }
      assert.match(String(await all), /1 broadcast not ended on every slave/);
      assert.throws(
        () => mw.run(() => broadcastTask(square, 2)),
        (error: unknown) => error instanceof StoppedError,
      );
    } finally {
      await mw.stop();
    }
  },
);

/** Compiled, and never called. */
export async function wrongCalls(): Promise<void> {
  // @ts-expect-error too few
  broadcastTask(add, 1);
  // @ts-expect-error wrong argument
  broadcastTask(add, 1, 'b');
  // @ts-expect-error wrong argument, with options
  broadcastTask.with({ lateComers: false })(square, 'a');
  // @ts-expect-error slaves get values
  broadcastTask(square, square.future(2));
  // @ts-expect-error a bare function
  broadcastTask((x: number) => x, 1);
  for (const entry of await broadcastTask(square, 2).all()) {
    // @ts-expect-error there may be an error instead
    entry.packet.toFixed();
    if (entry.status === 'ok') entry.packet.toFixed();
  }
}

test.run();
