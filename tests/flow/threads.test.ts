/** Threads of control: their ids, their scope, their end. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ScopeCancelledError, scopePathOf, UsageError } from '../../src/errors.js';
import { parallel } from '../../src/flow/parallel.js';
import { killThread, spawnThread, threads } from '../../src/flow/threads.js';
import { future, rejection, turn, withHeldTasks } from './held-tasks.js';

const it = suite('threads');

it('run beside the program, and are listed while they do', () =>
  withHeldTasks(async (tasks) => {
    const said: string[] = [];
    const one = spawnThread(async () => {
      said.push('one');
      return (await future('one')) as string;
    });
    const two = spawnThread(() => future('two'), { name: 'watcher' });
    said.push('main');
    assert.match(one.id, /^THREAD-\d+$/);
    assert.equal(
      threads().map(({ id, path, pending }) => [id, path, pending]),
      [
        [one.id, one.id, 0],
        [two.id, 'thread.watcher', 0],
      ],
    );
    await turn();
    const [listed] = threads();
    assert.equal([listed?.state, listed?.pending], ['running', 1]);
    assert.ok(Math.abs(Date.now() - (listed?.startedAt ?? 0)) < 60_000);
    assert.equal(said, ['main', 'one']);
    tasks.end('one');
    assert.is(await one, 'one');
    tasks.end('two');
    await two;
    assert.equal(threads(), []);
    assert.not(killThread(one.id));
  }));

it('are killed with their tasks, and reject when they have stopped', () =>
  withHeldTasks(async (tasks) => {
    let hasStopped = false;
    const thread = spawnThread(async () => {
      await rejection(future('a'));
      await turn();
      hasStopped = true;
      return 'whatever it returns';
    });
    await turn();
    assert.ok(killThread(thread.id));
    assert.equal(tasks.cancelled, ['a']);
    assert.is(threads()[0]?.state, 'stopping');
    assert.not(hasStopped);
    const error = await rejection(thread);
    assert.ok(hasStopped);
    assert.instance(error, ScopeCancelledError);
    assert.is(error.message, `${thread.id} was cancelled: killThread was called`);
    let hasBegun = false;
    const early = spawnThread(() => {
      hasBegun = true;
    });
    killThread(early.id);
    assert.instance(await rejection(early), ScopeCancelledError);
    assert.not(hasBegun);
    const unawaited = spawnThread(() => future('b'));
    await turn();
    killThread(unawaited.id);
    await turn();
    assert.equal(threads(), [], 'and its rejection ends no process');
  }));

it('reject with their own error, and its path', () =>
  withHeldTasks(async () => {
    const failure = new Error('mine');
    const thread = spawnThread(() => parallel([() => Promise.reject(failure)]), { name: 'a' });
    assert.is(await rejection(thread), failure);
    assert.is(scopePathOf(failure), 'thread.a > parallel[0]');
  }));

it('belong to the scope in which they were spawned', () =>
  withHeldTasks(async (tasks) => {
    let hasEnded = false;
    const run = parallel([() => void spawnThread(() => future('in the thread'))]).then(() => {
      hasEnded = true;
    });
    await turn();
    assert.not(hasEnded);
    tasks.end('in the thread');
    await run;
    const failing = parallel({
      spawns: () => void spawnThread(() => future('cancelled')),
      fails: () => future('fails'),
    });
    await turn();
    assert.match(threads()[0]?.path ?? '', /^parallel\.spawns > THREAD-\d+$/);
    tasks.end('fails', new Error('no'));
    await rejection(failing);
    assert.equal([tasks.cancelled, threads()], [['cancelled'], []]);
  }));

it('say what is wrong with their arguments', () => {
  const wrong = (call: () => unknown, pattern: RegExp): void => {
    assert.throws(call, (error: unknown) => error instanceof UsageError && pattern.test(error.message));
  };
  wrong(() => spawnThread(3 as never), /^the argument of spawnThread is a function/);
  wrong(() => spawnThread(() => 1, { names: 'a' } as never), /has no option "names"/);
  wrong(() => spawnThread(() => 1, null as never), /^the options of spawnThread are an object/);
  wrong(() => spawnThread(() => 1, { name: '' }), /a text that is not empty/);
  wrong(() => spawnThread(() => 1, { name: 'n'.repeat(201) }), /at most 200 characters; got 201/);
  wrong(() => spawnThread(() => 1, { name: '\t' }), /the name "\\t" of spawnThread is blank/);
  wrong(() => killThread('TASK-1' as never), /^killThread takes the id of a thread.*got "TASK-1"$/);
  assert.equal(threads(), []);
});

it.run();
