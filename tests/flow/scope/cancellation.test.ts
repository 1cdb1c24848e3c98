/** Cancellations: of whom and with which reason, what outlives a scope, and the news of components that go on. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_POLICY, resolvePolicy } from '../../../src/algorithms/policy.js';
import { Cancellation } from '../../../src/flow/scope/cancellation.js';
import { withTimersByHand } from '../../support/timers-by-hand.js';

const it = suite('cancellation');
const named = (path: string, parent?: Cancellation, running: readonly string[] = []): Cancellation =>
  new Cancellation(
    parent,
    () => path,
    () => running.map((path) => ({ path })),
  );

it('cancels all inside with one reason, the first one', () => {
  const outer = named('outer');
  const middle = named('middle', outer);
  const { signal } = named('inner', middle);
  const beside = named('beside');
  const failure = new Error('no');
  middle.fail({ path: 'middle.a' }, failure);
  outer.cancel('later');
  assert.is(outer.reason?.message, 'outer was cancelled: later');
  assert.is(middle.reason?.message, 'middle was cancelled: middle.a failed: Error: no');
  assert.is(signal.reason, middle.reason);
  assert.equal([middle.failure, outer.failure, beside.reason], [{ error: failure }, undefined, undefined]);
  assert.is(named('born late', middle).signal.reason, middle.reason);
  assert.is(middle.signal.reason, middle.reason, 'also a signal that is asked for later');
});

it('is over at its end', () => {
  const outer = named('outer');
  const ended = named('ended', outer);
  ended.end();
  ended.cancel('too late');
  outer.cancel('now');
  assert.is(ended.reason, undefined);
});

it('shortens long messages of others', () => {
  const one = named('one');
  one.fail({ path: 'one[0]' }, new Error('x'.repeat(1_000)));
  assert.is(one.reason?.message.length, 'one was cancelled: one[0] failed'.length + 201);
  const other = named('other');
  other.fail({ path: 'other[0]' }, 'no error');
  assert.is(other.reason?.message, 'other was cancelled: other[0] failed');
});

it('passes what may outlive it on to the scope around, and on', () => {
  const outer = named('outer');
  const middle = named('middle', outer);
  const inner = named('inner', middle);
  const quiet = named('quiet', middle);
  const signals = [inner, quiet].map(({ signal }) => signal);
  inner.noteSurvivor();
  for (const one of [inner, quiet, middle]) one.end();
  outer.cancel('at last');
  assert.equal(
    signals.map(({ aborted }) => aborted),
    [true, false],
  );
  const late = named('late', outer);
  const { signal } = late;
  late.noteSurvivor();
  late.end();
  assert.ok(signal.aborted);
});

it('keeps the policy of a task, and one for all of them', () => {
  const one = named('one');
  const policy = resolvePolicy({ tag: 'mine', priority: 3 });
  const joined = one.policyOf(policy);
  assert.equal({ ...joined, scopeSignal: undefined }, { ...policy, scopeSignal: undefined });
  assert.is(joined.scopeSignal, one.signal);
  assert.is(one.policyOf(policy), joined);
  assert.is(one.policyOf(DEFAULT_POLICY).priority, 0);
  assert.ok(Object.isFrozen(joined));
});

it('names components that still run after ten seconds, in a warning', () => {
  const warnings: unknown[] = [];
  const { emitWarning } = process;
  Object.assign(process, { emitWarning: (text: string, options: object) => warnings.push(text, options) });
  try {
    withTimersByHand((timers) => {
      const one = named('parallel', undefined, ['parallel.b', 'parallel.c', 'parallel.d', 'parallel.e']);
      one.fail({ path: 'parallel.a' }, new Error('no'));
      timers.ring(10_000);
      const quick = named('quick', undefined, ['quick.a']);
      quick.cancel('for a test');
      quick.end();
      assert.equal(timers.set, []);
      const stopped = named('stopped');
      stopped.cancel('for a test');
      timers.ring(10_000);
    });
  } finally {
    Object.assign(process, { emitWarning });
  }
  assert.equal(warnings, [
    'parallel was cancelled: parallel.a failed: Error: no; 10 s later, still running: parallel.b, parallel.c, ' +
      'parallel.d (and 1 more). A component stops when it awaits a task, or heeds currentScope().signal',
    { type: 'ScopeWarning', code: 'MW_SCOPE_RUNS_ON' },
  ]);
});

it.run();
