/** Slaves that end without a word, by a signal from outside or by what a task does to its process. */

import { spawn } from 'node:child_process';
import * as assert from 'uvu/assert';
import { suiteInTurns } from '../support/turns.js';
import { type BrokerName, Cluster, TWO_BROKERS, untilGone } from './support.js';

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

/** The innocent tasks all finish and the guilty one has its history; the scenarios have the other ways to end a process. */
async function abortsToTheEnd(): Promise<void> {
  await using cluster = await Cluster.open('embedded');
  await cluster.startMaster({
    plan: {
      steps: [
        { submit: 'small', args: [], count: 50 },
        { submit: 'die', args: ['abort'] },
        { submit: 'small', args: [], count: 50 },
      ],
    },
    flags: ['--slaves', '2'],
  });
  const report = await cluster.finish(101);
  const [guilty, ...others] = report.fates.filter(({ status }) => status !== 'ok');
  assert.equal(others, [], 'all the innocent finish well');
  assert.is(guilty?.status, 'unrunnable');
  assert.is(guilty?.reason, 'max-attempts');
  assert.is(guilty?.history?.length, 5, 'the history has every attempt');
  for (const [i, attempt] of (guilty?.history ?? []).entries()) {
    assert.is(attempt.attempt, i + 1);
    assert.match(attempt.evidence, /^process ended by SIGABRT$/, 'the evidence says how the process ended');
  }
  for (const { taskId, algorithm, attempts } of report.fates) {
    if (algorithm === 'small') assert.ok(attempts <= 2, `${taskId} had at most one bad neighbour`);
  }
  for (const { pid } of report.trail.all('local-slave-started')) await untilGone(pid, 10_000);
}

const STARTS = 4;

/** Starting and stopping race in short programs. */
async function startsInARow(): Promise<void> {
  const hello = new URL('../../examples/hello-world.js', import.meta.url).pathname;
  for (let i = 0; i < STARTS; i++) {
    const child = spawn(process.execPath, [hello, '--master', '--slaves', '2'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [output, audit] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      audit += chunk.toString();
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
    try {
      assert.is(await ended, 0, `start ${i} exits 0: ${audit}`);
    } finally {
      clearTimeout(timer);
    }
    assert.is(output.split('\n').filter((line) => line.startsWith('Got result')).length, 10);
    const pids = [...audit.matchAll(/STARTED pid (\d+)/g)].map(([, pid]) => Number(pid));
    assert.ok(pids.length >= 2, 'it started its slaves');
    for (const pid of pids) await untilGone(pid, 10_000);
  }
}

const IN_TIME = 'give the tasks of a killed slave to another within four seconds';
const [one, other] = TWO_BROKERS;

it(IN_TIME, () => foundInTime(other));
it.long(`${IN_TIME}, on the other broker`, () => foundInTime(one));

it.long(
  'retry a task that aborts its process, to the end of its attempts, and finish all others',
  abortsToTheEnd,
);

it.long(`leave no process behind, ${STARTS} starts in a row`, startsInARow);

it.run();
