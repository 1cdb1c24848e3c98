/** Task policies: the merge, CL-MW's forced do-it-anyway, and what is refused. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_POLICY, resolvePolicy } from '../../src/algorithms/policy.js';
import type { TaskPolicy } from '../../src/algorithms/types.js';
import { UsageError } from '../../src/errors.js';

const defaults = {
  sid: undefined,
  tag: undefined,
  doItAnyway: true,
  retry: true,
  maxAttempts: 5,
  retryErrors: false,
  backoffSeconds: 0,
  backoffJitter: 0,
  timeoutSeconds: undefined,
  signal: undefined,
  priority: 0,
  backupTasks: undefined,
  category: 'default',
  killGraceSeconds: 0,
  queue: undefined,
  trace: 'link',
};
const sid = 'SLAVE-7';
const decide = (): boolean => true;

const merges: [string, TaskPolicy, TaskPolicy | undefined, object][] = [
  ['nothing', {}, undefined, defaults],
  ['a sid stops doItAnyway', { sid }, undefined, { ...defaults, sid, doItAnyway: false }],
  ['a sid with doItAnyway', { sid, doItAnyway: true }, undefined, { ...defaults, sid }],
  ['without a sid doItAnyway is forced', { doItAnyway: false }, undefined, defaults],
  ['the base fills in', {}, { retry: false, tag: 1 }, { ...defaults, retry: false, tag: 1 }],
  ['undefined says nothing', { retry: undefined }, { retry: false }, { ...defaults, retry: false }],
  ['null is a tag', { tag: null }, { tag: 1 }, { ...defaults, tag: null }],
  ['the policy wins', { maxAttempts: 1 }, { maxAttempts: 9 }, { ...defaults, maxAttempts: 1 }],
  ['false is said', { backupTasks: false }, { backupTasks: true }, { ...defaults, backupTasks: false }],
  ['an empty category is one', { category: '' }, { category: 'a' }, { ...defaults, category: '' }],
  ['a trace is said', { trace: 'none' }, { trace: 'parent' }, { ...defaults, trace: 'none' }],
  ['no grace is said', { killGraceSeconds: 0 }, { killGraceSeconds: 3 }, defaults],
  ['false replaces a function', { retryErrors: false }, { retryErrors: decide }, defaults],
  ['a function of the base', {}, { retryErrors: decide }, { ...defaults, retryErrors: decide }],
  ['a priority of 0 is one', { priority: 0 }, { priority: -2.5 }, defaults],
  ['a stated doItAnyway', { sid }, resolvePolicy({ doItAnyway: true }), { ...defaults, sid }],
  ['a forced one', { sid }, resolvePolicy({}), { ...defaults, sid, doItAnyway: false }],
  ['the sid of the base', {}, resolvePolicy({ sid }), { ...defaults, sid, doItAnyway: false }],
];

const refusals: [unknown, RegExp][] = [
  [null, /an object of sid, tag, doItAnyway, retry, maxAttempts, retryErrors, .*; got null/],
  [[], /got an array/],
  ['SLAVE-1', /got "SLAVE-1"/],
  [
    { retries: 3 },
    /no "retries"; it may have sid, tag, doItAnyway, retry, maxAttempts, retryErrors, backoffSeconds, /,
  ],
  [{ sid: 'slave-1' }, /sid is the id of a slave, such as 'SLAVE-0'; got "slave-1"/],
  [{ sid: 'SLAVE-1.5' }, /got "SLAVE-1\.5"/],
  [{ sid: 'SLAVE-1\n' }, /sid/],
  [{ sid: null }, /sid .*got null/],
  [{ sid: 3 }, /sid .*got 3/],
  [{ retry: 'no' }, /retry is true or false; got "no"/],
  [{ doItAnyway: 1 }, /doItAnyway is true or false; got 1/],
  [{ maxAttempts: 0 }, /maxAttempts is a whole number from 1; got 0/],
  [{ maxAttempts: 2.5 }, /got 2\.5/],
  [{ maxAttempts: Number.POSITIVE_INFINITY }, /got Infinity/],
  [{ maxAttempts: '3' }, /got "3"/],
  [{ priority: Number.POSITIVE_INFINITY }, /priority is a finite number; got Infinity/],
  [{ signal: new AbortController() }, /signal is an AbortSignal; got an object/],
  [{ timeoutSeconds: 0 }, /timeoutSeconds are from 0.001 to 2000000; got 0/],
  [{ timeoutSeconds: Number.POSITIVE_INFINITY }, /got Infinity/],
  [{ backupTasks: 'yes' }, /backupTasks is true or false; got "yes"/],
  [{ category: 7 }, /category is a text, such as 'search'; got 7/],
  [{ category: null }, /category .*got null/],
  [{ trace: true }, /trace is 'link', 'parent' or 'none'; got true/],
  [{ killGraceSeconds: -1 }, /killGraceSeconds are from 0 to 2000000; got -1/],
  [{ killGraceSeconds: Number.NaN }, /killGraceSeconds .*got NaN/],
  [{ killGraceSeconds: '1' }, /killGraceSeconds .*got "1"/],
  [{ retryErrors: 3 }, /retryErrors is true, false or a function of the error and the attempt; got 3/],
  [{ backoffJitter: 1.5 }, /backoffJitter is from 0 to 1; got 1\.5/],
  [{ backoffJitter: Number.NaN }, /got NaN/],
  [{ backoffSeconds: -1 }, /backoffSeconds are from 0 to 3600; got -1/],
  [{ backoffSeconds: Number.NaN }, /got NaN/],
  [{ backoffSeconds: 3_601 }, /got 3601/],
  [{ backoffSeconds: '1' }, /got "1"/],
  [{ priority: 'high' }, /got "high"/],
];

const policies = suite('policy');

for (const [title, policy, base, expected] of merges) {
  policies(`merges: ${title}`, () => {
    const resolved = base === undefined ? resolvePolicy(policy) : resolvePolicy(policy, base);
    assert.equal(resolved, expected);
    assert.ok(Object.isFrozen(resolved));
  });
}

policies('keeps the tag itself, and does not freeze it', () => {
  const tag = { list: [1] };
  assert.is(resolvePolicy({ tag }).tag, tag);
  assert.not(Object.isFrozen(tag));
});

policies('has one default for all', () => {
  assert.equal(DEFAULT_POLICY, defaults);
  assert.ok(Object.isFrozen(DEFAULT_POLICY));
});

for (const [policy, pattern] of refusals) {
  policies(`refuses ${JSON.stringify(policy)} as ${pattern}`, () => {
    assert.throws(
      () => resolvePolicy(policy as TaskPolicy),
      (error: unknown) => error instanceof UsageError && pattern.test(error.message),
    );
  });
}

policies.run();
