/** Slaves that end without a word, by a signal from outside or by what a task does to its process. */

import * as assert from 'uvu/assert';
import { suiteInTurns } from '../support/turns.js';
import { killsToTheEnd } from './kills-to-the-end.js';
import { type BrokerName, Cluster, TWO_BROKERS } from './support.js';

const it = suiteInTurns('killed slaves');

/** The bound, from the kill to the first of its tasks beginning elsewhere. */
const FOUND_WITHIN_MS = 4_000;

/** Another busy program on this machine may cost the bound once. */
const TRIES = 3;

/** Returns how long it took until both what was sent and what ran on the killed slave went elsewhere. */
async function killedInLongTask(broker: BrokerName): Promise<number> {
  await using cluster = await Cluster.open(broker, { clientTimeout: 30 });
  const tasks = 60;
  await cluster.startMaster({
    plan: { steps: [{ submit: 'pace', args: [600_000, 150], count: tasks }] },
  });
  const [slow] = await cluster.joinSlaves(1, { env: { FAULTS_PACE: 'slow' } });
  assert.ok(slow !== undefined);
  await cluster.trail.until('tasks-sent', 2);
  await cluster.begun(1);
  const [fast] = await cluster.joinSlaves(1);
  assert.ok(fast !== undefined);
  const [sid] = cluster.sidsOf(slow);
  const [other] = cluster.sidsOf(fast);
  await cluster.begun(12);
  const killedAt = Date.now();
  slow.signal('SIGKILL');
  const lost = await cluster.trail.until('slave-lost');
  assert.is(lost.sid, sid);
  assert.match(lost.evidence, /503/, 'its end shows at the broker');
  const reclaimed = await cluster.trail.until('task-reclaimed', 2);
  assert.is(reclaimed.sid, sid, 'its whole window is taken back');
  const report = await cluster.finish(tasks);
  report.checkAllOk();
  const [held] = [...report.computed].filter(([, { pids }]) => pids.has(slow.pid)).map(([id]) => id);
  assert.ok(held !== undefined && report.computed.get(held)?.begun === 2, 'the task it ran ran again');
  const given = report.trail
    .all('tasks-sent')
    .find(({ sid, timeMs }) => sid === other && timeMs >= lost.timeMs);
  assert.ok(given !== undefined, 'tasks were sent to the other slave after that');
  return Math.max(given.timeMs, begunAgainAt(cluster, held, fast.pid)) - killedAt;
}

async function foundInTime(broker: BrokerName): Promise<void> {
  const took: number[] = [];
  for (let i = 0; i < TRIES; i++) {
    took.push(await killedInLongTask(broker));
    if ((took.at(-1) as number) <= FOUND_WITHIN_MS) return;
  }
  assert.unreachable(`tasks began elsewhere only after ${took.join(', ')} ms`);
}

function begunAgainAt(cluster: Cluster, taskId: string, pid: number): number {
  return cluster.computed().get(taskId)?.begunAt.get(pid) ?? Number.POSITIVE_INFINITY;
}

const IN_TIME = 'give the tasks of a killed slave to another within four seconds';
const [one, other] = TWO_BROKERS;

it(IN_TIME, () => foundInTime(other));
it.long(`${IN_TIME}, on the other broker`, () => foundInTime(one));

it.long('retry a task that aborts its process, to the end of its attempts, and finish all others', () =>
  killsToTheEnd('abort', /^process ended by SIGABRT$/),
);

it.run();
