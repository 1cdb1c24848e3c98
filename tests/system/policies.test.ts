/** Policies beyond CL-MW's on the tasks of a whole master: retries of errors with waits between them, cancelling. */

import { defineAlgorithm, TaskError, taskContext, type UnrunnableError } from 'ts-mw';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { square } from '../programs/algorithms.js';
import { SharedCluster } from '../support/clusters.js';
import { until, within } from '../support/programs.js';

const test = suite('policies');
const TIME_LIMIT_MS = 20_000;

const cluster = new SharedCluster(2);
test.after(() => cluster.stop());

const flaky = defineAlgorithm('flaky', (goodAttempt: number) => {
  const { attempt } = taskContext();
  if (attempt < goodAttempt) throw new RangeError(`attempt ${attempt}`);
  return attempt;
});

test(
  'a task that throws is run again after a wait, until it returns or its runs are used up',
  cluster.with(async (mw) => {
    const policy = { retryErrors: true, backoffSeconds: 0.15, maxAttempts: 3 };
    const began = performance.now();
    const bad = flaky
      .withTaskPolicy(policy)
      .future(9)
      .catch((error: unknown) => error);
    const good = flaky.withTaskPolicy(policy).future(3);
    assert.is(mw.pendingTasks, 2);
    assert.is(await within(TIME_LIMIT_MS, good, () => 'it never returned'), 3);
    assert.ok(performance.now() - began >= 450, 'it waited 0.15 s and 0.3 s');
    const error = await bad;
    assert.instance(error, TaskError);
    assert.is((error as TaskError).message, 'attempt 3');
    flaky.withTaskPolicy(policy)(2);
    for await (const { attempts, status } of mw.results(flaky)) assert.equal([attempts, status], [2, 'ok']);
  }),
);

/** Runs of `stubborn` by name, until the test lets them go. */
const letGo = new Map<string, () => void>();

const stubborn = defineAlgorithm(
  'stubborn',
  (name: string) => new Promise<string>((resolve) => letGo.set(name, () => resolve(name))),
);

test(
  'what waits behind a cancelled run that goes on is done elsewhere',
  cluster.with(async (mw) => {
    const [deaf, other] = [stubborn.funcall('deaf'), stubborn.future('other')];
    await until('both run', () => letGo.size === 2);
    assert.is(mw.cancel(deaf), true);
    const squares = [1, 2, 3, 4].map((n) => square.future(n));
    letGo.get('other')?.();
    assert.equal(await within(TIME_LIMIT_MS, Promise.all(squares), () => 'they wait'), [1, 4, 9, 16]);
    assert.is(await other, 'other');
    letGo.get('deaf')?.();
    for await (const { status, taskId } of mw.results()) assert.equal([status, taskId], ['unrunnable', deaf]);
  }),
);

test(
  'a signal cancels its tasks, queued, running and yet to come',
  cluster.with(async (mw) => {
    letGo.clear();
    const controller = new AbortController();
    const submit = stubborn.withTaskPolicy({ signal: controller.signal });
    const elsewhere = stubborn.future('elsewhere');
    const running = submit('running');
    await until('no slave is idle', () => letGo.size === 2);
    const queued = submit('queued');
    const promised = submit.future('promised').catch((error: unknown) => error);
    controller.abort();
    assert.is(((await promised) as UnrunnableError).reason, 'cancelled');
    const late = submit('late');
    assert.is(mw.pendingTasks, 1, 'all but what runs elsewhere');
    assert.equal(
      mw.getUnrunnableTasks(stubborn).map(({ taskId, reason }) => [taskId, reason]),
      [running, queued, late].map((id) => [id, 'cancelled']),
    );
    letGo.get('running')?.();
    letGo.get('elsewhere')?.();
    assert.is(await elsewhere, 'elsewhere');
    assert.is(await within(TIME_LIMIT_MS, square.future(3), () => 'the slave goes on'), 9);
  }),
);

test.run();
