/** firstWins: the winner's value, when the others have stopped. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ScopeCancelledError, scopePathOf } from '../../src/errors.js';
import { firstWins } from '../../src/flow/first-wins.js';
import { parallel } from '../../src/flow/parallel.js';
import { currentScope } from '../../src/flow/scope/scope.js';
import { funcall, future, rejection, turn, withHeldTasks } from './held-tasks.js';

const it = suite('firstWins');

it('resolves with the first value, after the others are cancelled and have stopped', () =>
  withHeldTasks(async (tasks) => {
    const stopped: unknown[] = [];
    const run = firstWins({
      slow: async () => {
        const signal = currentScope()?.signal;
        const error = await rejection(parallel([() => future('slow'), () => future('slow too')]));
        await turn();
        stopped.push(error, signal?.aborted);
        return 'too late';
      },
      fast: async () => {
        funcall('of the winner');
        return `${await future('fast')} has it`;
      },
    });
    await turn();
    tasks.end('fast');
    assert.is(await run, 'fast has it');
    assert.equal(tasks.cancelled, ['slow', 'slow too']);
    assert.equal([...tasks.open.keys()], ['of the winner']);
    const [error, aborted] = stopped as [Error, boolean];
    assert.instance(error, ScopeCancelledError);
    assert.is(error.message, 'firstWins.slow was cancelled: firstWins.fast has won');
    assert.ok(aborted);
  }));

it('does not let a failure win, and cancels what the failed one left', () =>
  withHeldTasks(async (tasks) => {
    const run = firstWins([
      () => {
        future('left');
        throw new Error('first to end');
      },
      () => future('b'),
    ]);
    await turn();
    assert.equal(tasks.cancelled, ['left']);
    tasks.end('b');
    assert.is(await run, 'b');
  }));

it('rejects with all errors, in order, if none succeeds', () =>
  withHeldTasks(async (tasks) => {
    const errors = [0, 1, 2, 3].map((n) => new Error(`${n}`));
    const run = firstWins(errors.map((_, n) => () => future(`${n}`)));
    await turn();
    for (const n of [2, 0, 3, 1]) tasks.end(`${n}`, errors[n]);
    const error = (await rejection(run)) as AggregateError;
    assert.instance(error, AggregateError);
    assert.equal(error.errors, errors);
    assert.is(scopePathOf(errors[2]), 'firstWins[2]');
    assert.match(
      error.message,
      /^firstWins has no winner: none of 4 succeeded\n {2}Error: 0\n.*\n.*\n {2}and 1 more/,
    );
    const none = (await rejection(firstWins([]))) as AggregateError;
    assert.equal([none.errors, none.message], [[], 'firstWins has no winner: there is none']);
    const textless = (await rejection(
      firstWins([() => Promise.reject(Object.create(null))]),
    )) as AggregateError;
    assert.is(textless.message, 'firstWins has no winner: none of 1 succeeded\n  a value that has no text');
  }));

it('has one winner, whatever ends in the same turn', () =>
  withHeldTasks(async (tasks) => {
    const run = firstWins([() => future('a'), () => future('b'), () => 'at once']);
    assert.is(await run, 'at once');
    assert.equal(tasks.cancelled, ['a', 'b']);
  }));

it('rejects with the reason of a scope around that is cancelled', () =>
  withHeldTasks(async (tasks) => {
    let inner: Error | undefined;
    const run = parallel({
      race: async () => {
        inner = await rejection(firstWins([() => future('a'), () => future('b')]));
        throw inner;
      },
      bad: () => future('bad'),
    });
    await turn();
    const failure = new Error('no');
    tasks.end('bad', failure);
    assert.is(await rejection(run), failure);
    assert.is(inner?.message, 'parallel was cancelled: parallel.bad failed: Error: no');
    assert.equal(tasks.cancelled, ['a', 'b']);
  }));

it('does not let a component win in a scope that is cancelled', () =>
  withHeldTasks(async (tasks) => {
    let inner: unknown;
    const run = parallel([
      async () => {
        inner = await rejection(firstWins([() => rejection(future('a')).then(() => 'a value all the same')]));
      },
      () => future('bad'),
    ]);
    await turn();
    tasks.end('bad', new Error('no'));
    await rejection(run);
    assert.instance(inner, ScopeCancelledError);
  }));

it.run();
