/** What policies beyond CL-MW's do to tasks of a whole master: retries of errors with waits between them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defineAlgorithm, TaskError, taskContext } from '../../src/index.js';
import { withCluster } from '../support/clusters.js';
import { within } from '../support/programs.js';

const test = suite('policies');
const TIME_LIMIT_MS = 20_000;

const flaky = defineAlgorithm('flaky', (goodAttempt: number) => {
  const { attempt } = taskContext();
  if (attempt < goodAttempt) throw new RangeError(`attempt ${attempt}`);
  return attempt;
});

test('a task that throws is run again after a wait, until it returns or its runs are used up', () =>
  withCluster({ flags: {} }, 1, async (mw) => {
    const policy = { retryErrors: true, backoffSeconds: 0.15, maxAttempts: 3 };
    const began = performance.now();
    const bad = flaky.withTaskPolicy(policy).future(9);
    const good = flaky.withTaskPolicy(policy).future(3);
    assert.is(mw.pendingTasks, 2);
    assert.is(await within(TIME_LIMIT_MS, good, () => 'it never returned'), 3);
    assert.ok(performance.now() - began >= 450, 'it waited 0.15 s and 0.3 s');
    const error = await bad.catch((error: unknown) => error);
    assert.instance(error, TaskError);
    assert.is((error as TaskError).message, 'attempt 3');
    flaky.withTaskPolicy(policy)(2);
    for await (const { attempts, status } of mw.results(flaky)) assert.equal([attempts, status], [2, 'ok']);
  }));

test.run();
