/** Slaves that end without a word, by a signal from outside or by what a task does to its process. */

import { spawn } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BROKER_NAMES, type BrokerName, Cluster, together, untilGone } from './support.js';

const it = suite('killed slaves');

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

/** Whatever ends the process, the innocent tasks all finish and the guilty one has its history. */
async function poison(how: string, evidence: RegExp): Promise<void> {
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

/** Starting and stopping race in short programs. */
async function startsInARow(): Promise<void> {
  const hello = new URL('../../examples/hello-world.js', import.meta.url).pathname;
  for (let i = 0; i < 10; i++) {
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

function begunAgainAt(cluster: Cluster, taskId: string, pid: number): number {
  return cluster.computed().get(taskId)?.begunAt.get(pid) ?? Number.POSITIVE_INFINITY;
}

it('give the tasks of a killed slave to another within four seconds', async () => {
  await together(BROKER_NAMES.map((broker) => foundInTime(broker)));
});

it('retry a task that ends its process, to the end of its attempts, and finish all others', async () => {
  await together([
    poison('abort', /^process ended by SIGABRT$/),
    poison('exit 0', /^process exited with code 0$/),
    poison('reject', /^uncaught Error: /),
    poison('memory', /^process (ended by SIGABRT|exited with code \d+)$/),
  ]);
});

it('leave no process behind, ten starts in a row', startsInARow);

it.run();
