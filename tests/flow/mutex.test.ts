/** Sections that exclude each other. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { scopePathOf, UsageError } from '../../src/errors.js';
import { firstWins } from '../../src/flow/first-wins.js';
import { atomic, makeMutex } from '../../src/flow/mutex.js';
import { parallel } from '../../src/flow/parallel.js';
import { currentScope } from '../../src/flow/scope/scope.js';
import { spawnThread } from '../../src/flow/threads.js';
import { future, rejection, turn, withHeldTasks } from './held-tasks.js';

const it = suite('mutexes');

it('run one function at a time, in order, also after one that fails', () =>
  withHeldTasks(async (tasks) => {
    const mutex = makeMutex();
    const runs = ['a', 'b', 'c'].map((name) => mutex.run(() => future(name)));
    const other = makeMutex().run(() => future('other'));
    await turn();
    assert.equal(tasks.begun, ['a', 'other']);
    const failure = new Error('no');
    tasks.end('a', failure);
    assert.is(await rejection(runs[0] as Promise<unknown>), failure);
    assert.is(scopePathOf(failure), 'mutex');
    await turn();
    assert.equal(tasks.begun, ['a', 'other', 'b']);
    tasks.end('b');
    assert.is(await runs[1], 'b');
    await turn();
    tasks.end('c');
    tasks.end('other');
    await Promise.all([runs[2], other]);
    assert.is(await mutex.run(() => 1), 1);
  }));

it('let go of a waiter whose scope has ended', () =>
  withHeldTasks(async (tasks) => {
    const mutex = makeMutex();
    const holder = mutex.run(() => future('held'));
    const race = firstWins([() => mutex.run(() => assert.unreachable('it waits')), () => future('wins')]);
    const last = mutex.run(() => 'the next');
    await turn();
    tasks.end('wins');
    assert.is(await race, 'wins');
    tasks.end('held');
    assert.equal([await holder, await last], ['held', 'the next']);
  }));

it('begin nothing for a scope that is cancelled when its turn comes', () =>
  withHeldTasks(async (tasks) => {
    for (let microtasks = 0; microtasks < 25; microtasks++) {
      const mutex = makeMutex();
      const holder = mutex.run(() => future('held'));
      let begunLate = false;
      const race = firstWins([
        () =>
          mutex.run(() => {
            begunLate = currentScope()?.signal.aborted ?? true;
            return future('waits');
          }),
        () => future('wins'),
      ]);
      await turn();
      tasks.end('held');
      for (let passed = 0; passed < microtasks; passed++) await null;
      tasks.end('wins');
      await Promise.all([holder, race]);
      assert.not(begunLate, `after ${microtasks} microtasks`);
      assert.is(await mutex.run(() => 'free'), 'free');
    }
  }));

it('may have many waiters in a scope, without a warning', () =>
  withHeldTasks(async (tasks) => {
    const warnings: Error[] = [];
    const hear = (warning: Error): void => void warnings.push(warning);
    process.addListener('warning', hear);
    const mutex = makeMutex();
    const run = parallel([
      () =>
        Promise.all(Array.from({ length: 50 }, (_, n) => mutex.run(() => (n === 0 ? future('first') : n)))),
    ]);
    await turn();
    tasks.end('first');
    await run;
    await turn();
    process.removeListener('warning', hear);
    assert.equal(warnings, []);
  }));

it('hold until nothing that the section began runs', () =>
  withHeldTasks(async (tasks) => {
    const mutex = makeMutex();
    const first = mutex.run(() => {
      spawnThread(() => future('left'));
      return 1;
    });
    const second = mutex.run(() => future('second'));
    await turn();
    assert.equal(tasks.begun, ['left']);
    tasks.end('left');
    assert.is(await first, 1);
    await turn();
    tasks.end('second');
    await second;
  }));

it('do not wait for the section that they are in, and exclude each other there', () =>
  withHeldTasks(async (tasks) => {
    const all = atomic(() =>
      parallel({
        a: () => atomic(() => future('a')),
        b: () => makeMutex().run(() => atomic(() => future('b'))),
      }),
    );
    const outside = atomic(() => future('outside'));
    await turn();
    assert.equal(tasks.begun, ['a']);
    tasks.end('a');
    await turn();
    assert.equal(tasks.begun, ['a', 'b']);
    const failure = new Error('no');
    tasks.end('b', failure);
    assert.is(await rejection(all), failure);
    assert.is(scopePathOf(failure), 'atomic > parallel.b > mutex > atomic');
    await turn();
    tasks.end('outside');
    assert.is(await outside, 'outside');
  }));

it('say what is wrong with their argument', async () => {
  for (const call of [makeMutex().run(1 as never), atomic(Promise.resolve() as never)]) {
    const error = await rejection(call);
    assert.instance(error, UsageError);
    assert.match(error.message, /^the argument of (mutex|atomic) is a function that is called later; got /);
  }
});

it.run();
