/** Tasks of collections, and the calls that run them: what is resolved, submitted and cut. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_POLICY } from '../../../src/algorithms/policy.js';
import { portable } from '../../../src/algorithms/portable.js';
import { makeQueue } from '../../../src/algorithms/queue.js';
import { registerSubmitter } from '../../../src/algorithms/submitter-context.js';
import { type Call, cutterOf, openCall, throwError } from '../../../src/collections/parts/call.js';
import {
  policyOfParts,
  resolveTask,
  submitOperation,
  submitTaskTo,
  withKey,
} from '../../../src/collections/parts/task.js';
import { InvalidTaskError, NoKernelError, TaskError, UsageError } from '../../../src/errors.js';
import { ComputingSubmitter, type OpenTask } from './computing-submitter.js';
import { flaky, passing, patient, runs } from './tasks.js';

const test = suite('collections/parts/task');

const square = portable(function square(n: number) {
  return n * n;
});

const isA =
  (kind: new (...args: never[]) => Error) =>
  (error: unknown): boolean =>
    error instanceof kind;

test('a checkpoint keeps what a task and its key compute only if it keeps the results of both', () => {
  const [kept, alone, fn] = [patient, passing, square].map((task) => resolveTask('preduce', task));
  if (kept === undefined || alone === undefined || fn === undefined) throw new Error('no tasks');
  for (const [task, key, checkpoint] of [
    [kept, undefined, true],
    [kept, fn, true],
    [kept, kept, true],
    [kept, alone, false],
    [alone, kept, false],
    [fn, alone, false],
    [fn, kept, undefined],
  ] as const) {
    assert.is(withKey(task, key).definition?.checkpoint, checkpoint, `${task.name} ${key?.name}`);
  }
  assert.is(withKey(kept, alone).definition?.name, 'parts.patient');
});

test('algorithms travel by name and fingerprint, and portable functions as themselves', () => {
  const algorithm = resolveTask('pmap', patient);
  const [name, fingerprint] = algorithm.reference as readonly [string, string];
  assert.equal([algorithm.name, name], ['parts.patient', 'parts.patient']);
  assert.match(fingerprint, /^[0-9a-f]{64}$/);
  assert.is(algorithm.policy.maxAttempts, 7);
  const lasting = resolveTask('pmap', patient, { priority: 2 });
  assert.equal([lasting.policy.maxAttempts, lasting.policy.priority], [7, 2]);

  const fn = resolveTask('pmap', square);
  assert.equal(
    [fn.name, fn.reference === square, fn.definition, fn.policy],
    ['square', true, undefined, DEFAULT_POLICY],
  );
  assert.is(
    resolveTask(
      'pmap',
      portable((n: number) => n),
    ).name,
    'a portable function',
  );
  assert.is(resolveTask('pmap', square, { maxAttempts: 2 }).policy.maxAttempts, 2);
  assert.throws(() => resolveTask('pmap', square, { retries: 2 } as never), isA(UsageError));
});

test('anything else is refused, with what to write instead', () => {
  for (const [task, message] of [
    [undefined, /^pmap takes a task, and got undefined; pass the return value of defineAlgorithm, or mark/],
    [null, /got null/],
    [3, /got number/],
    ['square', /got string/],
    [[square], /got an array/],
    [{ square }, /got object/],
    [() => 1, /got a bare function, which slaves do not have/],
    [Math.max, /got the bare function max, which slaves do not have/],
  ] as const) {
    assert.throws(
      () => resolveTask('pmap', task),
      (error: unknown) => error instanceof InvalidTaskError && message.test(error.message),
    );
  }
});

test('parts have the policy of the task, but for their own runs', () => {
  const task = resolveTask('pmap', patient, { priority: 3 });
  assert.equal([policyOfParts(task).maxAttempts, policyOfParts(task).priority], [7, 3]);
  const part = policyOfParts(task, 1, true);
  assert.equal([part.maxAttempts, part.isSuspect, part.subject?.name], [1, true, 'parts.patient']);
  assert.is(policyOfParts(resolveTask('pmap', square)).subject, undefined);
});

test('one task is submitted as itself, and a portable function by the operation that calls it', async () => {
  const submitter = new ComputingSubmitter();
  const three = submitTaskTo(submitter, resolveTask('plet', patient), [3], undefined);
  const nine = submitTaskTo(submitter, resolveTask('plet', square), [3], undefined);
  const [first, second] = [...submitter.open] as [OpenTask, OpenTask];
  assert.equal([first.definition.name, first.args], ['parts.patient', [3]]);
  assert.equal([second.definition.name, second.args[1]], ['ts-mw:call', 3]);
  await submitter.computeAll();
  assert.equal([await three, await nine], [3, 9]);
});

test('an operation rejects with the reason of its signal, and shows the error of the task', async () => {
  const submitter = new ComputingSubmitter();
  const task = resolveTask('preduce', flaky);
  const submit = (signal?: AbortSignal): Promise<unknown> =>
    submitOperation({ submitter, task, place: 'here', signal }, 'ts-mw:map', ['stop', [[3]]]).catch(
      (error: unknown) => error,
    );
  const aborted = await submit(AbortSignal.abort('enough'));
  assert.equal([aborted, submitter.submitted], ['enough', 0]);
  const controller = new AbortController();
  // A task that was cancelled has no fate here
  void submit(controller.signal);
  controller.abort('later');
  assert.equal([submitter.cancelled, submitter.open.size], [1, 0]);
  runs.length = 0;
  const failed = submit();
  await submitter.computeAll();
  const error = (await failed) as TaskError;
  assert.instance(error, TaskError);
  assert.equal([error.name, error.algorithm], ['RangeError', 'parts.flaky']);
});

test('a call finds its master and its place, and errors end it', () => {
  const pmap = (task: unknown): Call => openCall(pmap, task, {});
  assert.throws(() => pmap(square), isA(NoKernelError));
  assert.throws(() => pmap(3), isA(InvalidTaskError));
  const submitter = new ComputingSubmitter();
  const unregister = registerSubmitter(submitter);
  try {
    const call = pmap(square);
    assert.equal([call.stub, call.submitter === submitter, call.task.name], ['pmap', true, 'square']);
    assert.match(call.place ?? '', /task\.test/);
  } finally {
    unregister();
  }
  assert.throws(() => throwError(new RangeError('this one')), /this one/);
});

test('elements are parts of their own where single runs are timed or repeated, unless a number of parts is given', () => {
  const submitter = new ComputingSubmitter();
  for (const [policy, parts, keepsResults, sizes] of [
    [{}, 'auto', false, [1, 64]],
    [{ retryErrors: true }, 'auto', false, [1, 1]],
    [{ timeoutSeconds: 3 }, 'auto', false, [1, 1]],
    [{ retryErrors: true }, 4, false, [500, 500]],
    [{}, 'auto', true, [2, 2]],
    [{ timeoutSeconds: 3 }, 'auto', true, [1, 1]],
    [{ timeoutSeconds: 3 }, 4, true, [500, 500]],
    [{ queue: makeQueue('slow begins', { perSecond: 5 }) }, 'auto', false, [1, 1]],
    [{ queue: makeQueue('few at once', { limit: 1 }) }, 'auto', true, [2, 2]],
  ] as const) {
    submitter.keepsResults = keepsResults;
    const task = resolveTask('pmap', square, policy);
    const cutter = cutterOf({ stub: 'pmap', submitter, task, place: undefined, options: { parts } }, 2_000);
    const cut: number[] = [];
    for (let count = 0; count < 2; count++) {
      const part = cutter.next(1, 0);
      if (part === undefined) throw new Error('no part is cut');
      cut.push(part.end - part.start);
      cutter.done(part, 0);
    }
    assert.equal(cut, sizes, JSON.stringify([policy, parts, keepsResults]));
  }
});

test.run();
