/** One run of a task: what it is called with, what comes of it, and what it can ask about itself. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_POLICY } from '../../../src/algorithms/policy.js';
import type { AlgorithmDefinition } from '../../../src/algorithms/types.js';
import { UsageError } from '../../../src/errors.js';
import type { GivenTask } from '../../../src/slave/core/given-task.js';
import { controllerOf, runTask } from '../../../src/slave/run/run-task.js';
import { openScope, taskContext } from '../../../src/slave/run/task-context.js';
import { givenTask } from '../given-task.js';

const test = suite('slave/run-task');

function algorithm(fn: (...args: never[]) => unknown): AlgorithmDefinition {
  return {
    name: 'work',
    fn: fn as AlgorithmDefinition['fn'],
    policy: DEFAULT_POLICY,
    fingerprint: 'work',
    place: 'here',
    checkpoint: true,
  };
}

function run(task: GivenTask, controllers = new Map<GivenTask, AbortController>()) {
  const { scope, close } = openScope();
  try {
    return runTask(task, scope, controllers, () => undefined);
  } finally {
    close();
  }
}

const runOf = (fn: (...args: never[]) => unknown, fields: Partial<GivenTask> = {}) =>
  run(givenTask(1, { definition: algorithm(fn), ...fields }));

test('it is called with its arguments, and what it returns is its outcome', () => {
  assert.equal(
    runOf((a: number, b: string) => [b, a], { json: [1, 'x'] }),
    { ok: true, packet: ['x', 1] },
  );
  assert.equal(
    runOf((...args: never[]) => args.length),
    { ok: true, packet: 0 },
  );
});

test('what is a promise by its "then" is waited for, and nothing else is', async () => {
  // biome-ignore lint/suspicious/noThenProperty: what a library of promises returns
  const thenable = { then: (resolve: (value: number) => void) => resolve(5) };
  const waited = runOf(() => thenable);
  assert.instance(waited, Promise);
  assert.equal(await waited, { ok: true, packet: 5 });
  // biome-ignore lint/suspicious/noThenProperty: what only looks like one
  for (const packet of [null, undefined, 0, 'then', {}, { then: 1 }, []]) {
    assert.equal(
      runOf(() => packet),
      { ok: true, packet },
    );
  }
});

test('what it throws, now or later, is its outcome', async () => {
  const thrown = new RangeError('no');
  const outcome = runOf(() => {
    throw thrown;
  });
  assert.equal(outcome, { ok: false, thrown });
  assert.equal(await runOf(() => Promise.reject(thrown)), { ok: false, thrown });
});

test('a task of another program, and arguments that are none, fail alone', () => {
  const unknown = run(givenTask(1)) as { readonly ok: boolean; readonly thrown: unknown };
  assert.is(unknown.ok, false);
  assert.instance(unknown.thrown, UsageError);
  const broken = runOf(() => 1, { json: ['~?'], meta: { odd: 1 } }) as typeof unknown;
  assert.is(broken.ok, false);
  assert.match(String(broken.thrown), /FormatError/);
});

test('it can ask who it is, and has one signal, made when it asks', () => {
  const controllers = new Map<GivenTask, AbortController>();
  let seen: unknown[] = [];
  const definition = algorithm(() => {
    const context = taskContext();
    seen = [context.algorithm, context.taskId, context.sid, context.attempt, controllers.size];
    assert.is(context.signal, taskContext().signal);
  });
  const task = givenTask(3, { definition, sid: 4, attempt: 2 });
  run(task, controllers);
  assert.equal(seen, ['work', 'TASK-3', 'SLAVE-4', 2, 0]);
  assert.is(controllers.size, 1);
  assert.is(controllerOf(task, controllers), controllers.get(task));
});

test.run();
