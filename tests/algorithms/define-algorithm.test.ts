/** The stubs that defineAlgorithm returns, and the submissions that each hands to the master. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defineAlgorithm } from '../../src/algorithms/define-algorithm.js';
import { DEFAULT_POLICY } from '../../src/algorithms/policy.js';
import { definitionOf } from '../../src/algorithms/registry.js';
import { registerSubmitter } from '../../src/algorithms/submitter-context.js';
import { UsageError } from '../../src/errors.js';
import { RecordingSubmitter } from './recording-submitter.js';

const greet = (name: string, greeting = 'Hello'): string => `${greeting} ${name}`;
const hello = defineAlgorithm('hello', greet);
const slow = defineAlgorithm('slow', async (ms: number) => ms * 2, {
  policy: { retry: false, maxAttempts: 2, doItAnyway: true },
});

const stubs = suite('defineAlgorithm');

function withMaster(body: (master: RecordingSubmitter) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const master = new RecordingSubmitter();
    const unregister = registerSubmitter(master);
    try {
      await body(master);
    } finally {
      unregister();
    }
  };
}

function usageError(pattern: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof UsageError && pattern.test(error.message);
}

stubs('runs here as the function itself, master or none', async () => {
  assert.is(hello('Ada'), 'Hello Ada');
  assert.is(hello('Ada', 'Hi'), 'Hi Ada');
  assert.is(await slow(4), 8);
});

stubs('has the name and length of the algorithm, and leaves the function alone', () => {
  assert.is(hello.name, 'hello');
  assert.is(hello.length, 1);
  assert.is(greet.name, 'greet');
  assert.equal(Object.keys(hello), []);
  assert.not('funcall' in greet);
});

stubs(
  'funcall hands over definition, arguments and the shared default policy',
  withMaster((master) => {
    const { funcall } = hello;
    assert.is(funcall('Ada'), 'TASK-0');
    assert.is(hello.funcall('Bob', 'Hi'), 'TASK-1');
    const [first, second] = master.calls;
    assert.is(first?.stub, 'submit');
    assert.is(first?.definition, definitionOf(hello));
    assert.is(first?.definition.fn, greet);
    assert.equal(first?.args, ['Ada']);
    assert.equal(second?.args, ['Bob', 'Hi']);
    assert.is(first?.policy, DEFAULT_POLICY);
  }),
);

stubs(
  'future hands over the same, for a promise',
  withMaster(async (master) => {
    assert.is(await slow.future(3), 'packet 0');
    const [call] = master.calls;
    assert.is(call?.stub, 'future');
    assert.equal(call?.args, [3]);
    assert.is(call?.policy.retry, false);
  }),
);

stubs(
  "withTaskPolicy lays its policy over the algorithm's",
  withMaster(async (master) => {
    const tag = { any: 'value' };
    const submit = slow.withTaskPolicy({ sid: 'SLAVE-3', tag });
    assert.is(submit(1), 'TASK-0');
    assert.is(await submit.future(2), 'packet 1');
    const [first, second] = master.calls;
    assert.equal(first?.policy, {
      ...DEFAULT_POLICY,
      sid: 'SLAVE-3',
      tag,
      doItAnyway: true,
      retry: false,
      maxAttempts: 2,
    });
    assert.is(first?.policy.tag, tag);
    assert.is(second?.policy, first?.policy);
    assert.is(second?.stub, 'future');
  }),
);

stubs(
  'target numbers are kept by the master, clamped at 0, and missing tasks counted',
  withMaster((master) => {
    assert.is(hello.targetNumber, 0);
    hello.targetNumber = 10;
    master.pending = 4;
    assert.is(hello.targetNumber, 10);
    assert.is(hello.pendingTasks, 4);
    assert.is(hello.uptoTargetNumber, 6);
    assert.is(slow.uptoTargetNumber, 0);
    hello.targetNumber -= 100;
    assert.is(hello.targetNumber, 0);
    for (const wrong of [Number.NaN, 1.5, Number.POSITIVE_INFINITY, '3' as unknown as number]) {
      assert.throws(
        () => {
          hello.targetNumber = wrong;
        },
        usageError(/hello\.targetNumber is a whole number/),
      );
    }
    assert.throws(() => {
      (hello as { pendingTasks: number }).pendingTasks = 3;
    }, TypeError);
  }),
);

stubs('every stub outside a master says what to do', () => {
  const cures = /needs a master, and no master runs in this process.*inside the master algorithm.*mw\.run/;
  const calls: Record<string, () => unknown> = {
    'hello.funcall': () => hello.funcall('Ada'),
    'hello.future': () => hello.future('Ada'),
    'hello.withTaskPolicy(policy)': () => hello.withTaskPolicy({})('Ada'),
    'hello.targetNumber': () => hello.targetNumber,
    'hello.pendingTasks': () => hello.pendingTasks,
    'hello.uptoTargetNumber': () => hello.uptoTargetNumber,
  };
  for (const [stub, call] of Object.entries(calls)) {
    assert.throws(call, usageError(cures));
    assert.throws(call, (error: Error) => error.message.startsWith(`${stub} `));
  }
});

stubs('refuses what is no function, another algorithm, and options it does not have', () => {
  const untyped = defineAlgorithm as unknown as (name: unknown, fn: unknown, options?: unknown) => unknown;
  const cases: [unknown, unknown, RegExp][] = [
    [42, undefined, /"wrong" needs a function; got number/],
    [hello, undefined, /given algorithm "hello"; give it the plain function/],
    [greet, { polcy: {} }, /no option "polcy"; it may have policy, version/],
    [greet, null, /options of algorithm "wrong" are an object of policy, .*; got null/],
    [greet, { version: 3 }, /version of algorithm "wrong"/],
    [greet, { policy: { maxAttempts: 0 } }, /maxAttempts is a whole number from 1; got 0/],
  ];
  for (const [fn, options, pattern] of cases) {
    assert.throws(() => untyped('wrong', fn, options), usageError(pattern));
  }
  defineAlgorithm('wrong', greet);
});

stubs.run();
