/** A task that ends its process in each of its attempts, between others that do not. */

import * as assert from 'uvu/assert';
import { Cluster, untilGone } from './support.js';
import type { Death } from './works.js';

/** Whatever ends the process, the innocent tasks all finish and the guilty one has its history. */
export async function killsToTheEnd(how: Death, evidence: RegExp): Promise<void> {
  await using cluster = await Cluster.open('embedded');
  await cluster.startMaster({
    plan: {
      steps: [
        { submit: 'small', args: [], count: 50 },
        { submit: 'die', args: [how] },
        { submit: 'small', args: [], count: 50 },
      ],
    },
    flags: ['--slaves', '2'],
    nodeFlags: how === 'memory' ? ['--max-old-space-size=48'] : [],
  });
  const report = await cluster.finish(101);
  const [guilty, ...others] = report.fates.filter(({ status }) => status !== 'ok');
  assert.equal(others, [], 'all the innocent finish well');
  assert.is(guilty?.status, 'unrunnable');
  assert.is(guilty?.reason, 'max-attempts');
  assert.is(guilty?.history?.length, 5, 'the history has every attempt');
  for (const [i, attempt] of (guilty?.history ?? []).entries()) {
    assert.is(attempt.attempt, i + 1);
    assert.match(attempt.evidence, evidence, 'the evidence says how the process ended');
  }
  for (const { taskId, algorithm, attempts } of report.fates) {
    if (algorithm === 'small') assert.ok(attempts <= 2, `${taskId} had at most one bad neighbour`);
  }
  for (const { pid } of report.trail.all('local-slave-started')) await untilGone(pid, 10_000);
}
