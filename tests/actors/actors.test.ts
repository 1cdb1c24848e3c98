/** Actors on the slaves of a farm: their calls, their ends, their slaves, and the scopes that they are in. */
import {
  defineActor,
  firstWins,
  type MasterHandle,
  parallel,
  slave,
  TaskError,
  UnrunnableError,
} from 'ts-mw';
import * as assert from 'uvu/assert';
import { rejection, suiteOnFarm } from '../collections/farm.js';
import { square } from '../collections/tasks.js';
import { until } from '../support/programs.js';
import { Book, BookActor, disposed, HurriedBook, LastingBook } from './classes.js';

const test = suiteOnFarm('actors');

test('calls are its mailbox, one at a time, with futures among their arguments', async () => {
  await using book = await BookActor.create('a', 'first');
  const late = book.writeLate('late', 20);
  const soon = book.write('soon');
  assert.match(late.taskId, /^TASK-\d+$/);
  const squared = square.future(5);
  const third = book.write(squared as never);
  const fourth = book.write('after it');
  assert.equal(await Promise.all([late, soon, third, fourth]), [2, 3, 4, 5]);
  assert.equal(await book.lines(), ['first', 'late', 'soon', 25, 'after it']);
  assert.is(await square.future(book.write('as an argument')), 36);
});

test('an error of a method rejects its call, and the actor goes on', async () => {
  await using book = await BookActor.create('a');
  const error = (await rejection(book.fail())) as TaskError;
  assert.instance(error, TaskError);
  assert.equal([error.name, error.message, error.algorithm], ['TypeError', 'it cannot', 'book.fail']);
  assert.match(error.submittedAt ?? '', /actors\.test\.js/);
  assert.is(await book.write('on'), 1);
  assert.throws(() => book.write((() => {}) as never), /function/);
  assert.throws(() => ['x'].map(book.write as never), /book\.write was given to Array\.map/);
});

test('an error of the constructor rejects create, and the slave is free again', async (mw) => {
  const error = (await rejection(BookActor.create(''))) as TaskError;
  assert.equal([error.name, error.algorithm], ['RangeError', 'book']);
  assert.is(((await rejection(BookActor.create((() => {}) as never))) as Error).name, 'EncodeError');
  const failed = square.future('x' as never).then(() => Promise.reject(new Error('late')));
  assert.is(((await rejection(failed)) as Error).message, 'late');
  assert.equal(mw.getConnectedOrderedSlaves(), [], 'the program hears nothing of them');
});

test('what is not a method is not there, and says so', async () => {
  await using book = await BookActor.create('a');
  const open = book as unknown as Record<string, unknown>;
  assert.is(open.then, undefined);
  assert.is(JSON.stringify({ book }), '{"book":{}}');
  assert.match(String(book), /object/);
  assert.throws(
    () => open.length,
    'the actor book has no call length: it is a getter or a setter of Book, and fields are on the slave alone; write ' +
      'a method that returns it. Its calls are write, writeLate, fail, die, name, lines, where and stop',
  );
  assert.throws(() => open.title, /has no call title: Book has no method of that name/);
  assert.throws(() => open['#add'], /has no call #add/);
  assert.throws(() => Object.assign(open, { title: 'b' }), /cannot be given title/);
  assert.throws(() => book.stop({ later: true } as never), /no option "later"; it may have now/);
  assert.throws(() => book.stop({ now: 1 } as never), /now of stop is true or false/);
});

test('stop lets calls end, disposes of the instance, and may be called again', async () => {
  disposed.length = 0;
  const book = await BookActor.create('a');
  const calls = [book.writeLate('one', 20), book.write('two')];
  const stopped = book.stop();
  assert.is(book.stop(), stopped);
  const error = (await rejection(book.write('three'))) as UnrunnableError;
  assert.instance(error, UnrunnableError);
  assert.is(error.reason, 'slave-freed');
  assert.is(error.message, `${error.taskId} is for the actor book, which was stopped`);
  await stopped;
  assert.equal(await Promise.all(calls), [1, 2]);
  assert.equal(disposed, ['a: one,two']);
  const bad = await BookActor.create('undisposable');
  assert.is(((await rejection(bad.stop())) as Error).message, 'it stays');
});

test('stop can cancel what has not ended', async () => {
  const book = await BookActor.create('a');
  const running = book.writeLate('one', 60_000);
  const queued = book.write('two');
  void book.stop();
  await book.stop({ now: true });
  for (const call of [running, queued]) {
    assert.is(((await rejection(call)) as UnrunnableError).reason, 'cancelled');
  }
});

test('create waits for a slave, as long as its timeout says', async () => {
  const [a, b] = await Promise.all([BookActor.create('a'), BookActor.create('b')]);
  const error = (await rejection(BookActor.with({ timeout: 0.05 }).create('c'))) as UnrunnableError;
  assert.is(error.reason, 'timeout');
  assert.is(
    error.message,
    `${error.taskId} is for the actor book, for which no slave was free within 0.05 s; those there are run 2 tasks at ` +
      'once: start more, such as with --slaves, or stop another actor',
  );
  const waiting = BookActor.create('c');
  await a.stop();
  const c = await waiting;
  assert.is(await c.name(), 'c');
  await Promise.all([b.stop(), c.stop()]);
});

test('a call that takes longer than the policy allows is cancelled, and the actor goes on', async () => {
  await using book = await HurriedBook.create('a');
  const error = (await rejection(book.writeLate('one', 60_000))) as UnrunnableError;
  assert.is(error.reason, 'timeout');
  assert.is(await book.write('two'), 1);
});

/** An actor on a slave that `lose` ends. */
async function onOwnSlave(mw: MasterHandle, maker = BookActor as Pick<typeof BookActor, 'create'>) {
  const others = await Promise.all([BookActor.create('x'), BookActor.create('y')]);
  const own = await slave(mw as never);
  const book = await maker.create('own', 'first');
  await Promise.all(others.map((other) => other.stop()));
  return { book, lose: () => own.stop() };
}

test('a lost actor rejects what was pending, and all later calls', async (mw) => {
  const { book, lose } = await onOwnSlave(mw);
  const calls = Promise.all([rejection(book.writeLate('one', 60_000)), rejection(book.write('two'))]);
  await lose();
  const [pending, error] = (await calls) as UnrunnableError[];
  if (pending === undefined || error === undefined) return assert.unreachable();
  assert.is(error.reason, 'slave-lost');
  assert.match(error.message, /^SLAVE-\d+ was lost \(it said goodbye\); a call of an actor runs once$/);
  const later = (await rejection(book.write('three'))) as UnrunnableError;
  assert.is(later.reason, 'slave-lost');
  assert.match(
    later.message,
    /is for the actor book, which is lost: SLAVE-\d+ was lost \(it said goodbye\); define it with restart: true to/,
  );
  await book.stop();
});

test('one that restarts is made again with the same arguments, and calls wait for that', async (mw) => {
  const { book, lose } = await onOwnSlave(mw, LastingBook);
  const { sid } = await book.where();
  await book.write('one');
  await lose();
  assert.equal(await book.lines(), ['first']);
  assert.is.not((await book.where()).sid, sid);
  await book.stop();
  const { book: never, lose: again } = await onOwnSlave(mw, LastingBook.with({ restart: 0 }));
  await again();
  await rejection(never.write('x'));
  const { book: stopping, lose: last } = await onOwnSlave(mw, LastingBook);
  await last();
  const held = stopping.write('held');
  await stopping.stop({ now: true });
  assert.is(((await rejection(held)) as UnrunnableError).reason, 'cancelled', 'while it was made again');
});

test('it belongs to the scope in which it was created, and a call to its own', async () => {
  let inside: Awaited<ReturnType<typeof BookActor.create>> | undefined;
  await rejection(
    parallel({
      actor: async () => {
        inside = await BookActor.create('a');
        await inside.writeLate('one', 60_000);
      },
      bad: async () => {
        await until('it is there', () => inside !== undefined);
        throw new Error('no');
      },
    }),
  );
  const error = (await rejection(inside?.write('two') as Promise<unknown>)) as UnrunnableError;
  assert.is(error.reason, 'slave-freed');
  const [kept] = await parallel([() => parallel([() => BookActor.create('kept')])]);
  const book = kept?.[0] as typeof inside & object;
  const slow = (): unknown => book.writeLate('cancelled', 60_000);
  assert.is(await firstWins({ slow, fast: () => square.future(2) }), 4);
  assert.is(await book.write('after'), 1);
  await book.stop();
});

test('a class that cannot be an actor is refused', () => {
  const define = (Class: unknown, options: object = {}): void => {
    defineActor('refused', Class as typeof Book, options as never);
  };
  assert.throws(
    () => defineActor('a\x1bb', Book),
    /^the name "a\\u001bb" of an actor at .* has the character U\+001B/,
  );
  const longest = 'n'.repeat(200);
  assert.throws(
    () => defineActor(longest, Book),
    /^the name of an actor's call has at most 200 characters; at .* it has 2/,
  );
  assert.throws(() => define(() => {}), /actor "refused" needs a class, such as class Counter/);
  assert.throws(() => define(function old() {}), /got a function/);
  assert.throws(
    () =>
      define(
        class {
          stop() {}
        },
      ),
    /^the class of actor "refused" has a method stop; it is what ends every actor/,
  );
  class Thenable {}
  Object.defineProperty(Thenable.prototype, 'then', { value: () => {} });
  assert.throws(() => define(Thenable), /has a method then; await would call it/);
  assert.throws(() => define(Book, { again: true }), /has no option "again"; it may have restart, timeout,/);
  assert.throws(
    () => define(Book, { restart: -1 }),
    /restart of actor "refused" is true, false or a whole number/,
  );
  assert.throws(() => define(Book, { timeout: Number.NaN }), /timeout of actor "refused"/);
  assert.throws(() => define(Book, { version: '' }), /version of actor "refused"/);
  assert.throws(() => define(Book, { policy: { retry: true } }), /has no "retry", since its tasks run once/);
  assert.throws(() => defineActor('book', Book), /algorithm "book" is defined twice/);
  assert.throws(
    () => BookActor.with({ policy: {} } as never),
    /^with of actor ".*" has no option "policy"; it may have restart, timeout$/,
  );
});

test.run();
