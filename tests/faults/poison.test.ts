/** Tasks that end every slave that begins them, in the midst of a group of others: what they cost, and whom. */

import type { TaskPolicy } from 'ts-mw';
import * as assert from 'uvu/assert';
import { suiteInTurns } from '../support/turns.js';
import type { Step } from './program.js';
import { type BrokerName, Cluster, type Report, TWO_BROKERS, together } from './support.js';
import type { Work } from './works.js';

const it = suiteInTurns('poison');

const GROUP = 100;
const IN_ALL = 300;
/** A group that ran side by side runs so once more. */
const MOST_BEGINS = { alone: 2, beside: 3 } as const;

interface Poison {
  readonly work: Work;
  readonly args: readonly unknown[];
  readonly policy?: TaskPolicy;
}

interface Poisoning {
  readonly broker: BrokerName;
  readonly maxAttempts: number;
  /** Each a third of a group from the next, in the first group. */
  readonly poisons: readonly Poison[];
  readonly reason: 'max-attempts' | 'timeout';
  readonly evidence: RegExp;
  readonly flags?: readonly string[];
  readonly nodeFlags?: readonly string[];
  /** The others, and how often one may begin. */
  readonly innocent?: Work;
  readonly mostBegins?: number;
}

const ABORT: Poison = { work: 'die', args: ['abort'] };
const BY_ABORT = { reason: 'max-attempts', evidence: /^process ended by SIGABRT$/ } as const;

async function poison(poisoning: Poisoning): Promise<void> {
  const { poisons, maxAttempts, innocent = 'small', flags = [], nodeFlags = [] } = poisoning;
  await using cluster = await Cluster.open(poisoning.broker);
  const others = (count: number): Step => ({ submit: innocent, args: innocent === 'nap' ? [1] : [], count });
  const third = GROUP / 3;
  const steps = poisons.flatMap(({ work, args, policy }): Step[] => [
    others(Math.floor(third)),
    { submit: work, args, policy: { ...policy, maxAttempts } },
  ]);
  const rest = IN_ALL - poisons.length * (Math.floor(third) + 1);
  await cluster.startMaster({
    plan: { steps: [...steps, others(rest)] },
    flags: ['--slaves', '3', '--slave-task-group', String(GROUP), ...flags],
    nodeFlags,
  });
  check(await cluster.finish(IN_ALL), poisoning);
}

function check(report: Report, poisoning: Poisoning): void {
  const { poisons, maxAttempts, reason, evidence, innocent = 'small' } = poisoning;
  const failed = report.fates.filter(({ status }) => status !== 'ok');
  assert.is(failed.length, poisons.length, 'every poison fails, and no other task');
  let kills = 0;
  for (const { taskId, history = [], ...fate } of failed) {
    assert.equal([fate.status, fate.reason, fate.attempts], ['unrunnable', reason, maxAttempts]);
    assert.is(history.length, maxAttempts, `${taskId} has a history of all that it may have begun`);
    const { begun = 0, pids = new Set<number>() } = report.computed.get(taskId) ?? {};
    assert.ok(begun <= maxAttempts, `${taskId} begins ${begun} times, and may ${maxAttempts}`);
    assert.ok(
      [...pids].every((killed) => history.some(({ pid }) => pid === killed)),
      'the history names each process that began it',
    );
    for (const run of history) assert.match(run.evidence, evidence, 'it says how the process ended');
    kills += begun;
  }
  // The last one may be judged before its slave has ended.
  assert.ok(report.trail.all('slave-lost').length <= kills, 'slaves die of poison only');
  for (const { taskId, algorithm } of report.fates) {
    if (algorithm !== innocent) continue;
    const begun = report.computed.get(taskId)?.begun ?? 0;
    assert.ok(begun <= (poisoning.mostBegins ?? MOST_BEGINS.alone), `${taskId} begins ${begun} times`);
  }
}

const [one, other] = TWO_BROKERS;

it('is found out after one death, and unrunnable in the end', () =>
  poison({ broker: one, poisons: [ABORT], maxAttempts: 3, ...BY_ABORT }));

it.long('is told from another one in its group, and from what runs beside it', async () => {
  const broker = 'embedded';
  await together([
    poison({ broker, poisons: [ABORT, ABORT], maxAttempts: 2, ...BY_ABORT }),
    poison({
      broker,
      poisons: [ABORT],
      maxAttempts: 3,
      ...BY_ABORT,
      flags: ['--slave-concurrency', '4'],
      innocent: 'nap',
      mostBegins: MOST_BEGINS.beside,
    }),
  ]);
});

it.long('may be one that fills the memory, or never ends', async () => {
  const broker = 'embedded';
  await together([
    poison({
      broker,
      poisons: [{ work: 'die', args: ['memory'] }],
      maxAttempts: 2,
      reason: 'max-attempts',
      evidence: /^process (ended by SIGABRT|exited with code \d+)$/,
      nodeFlags: ['--max-old-space-size=48'],
    }),
    poison({
      broker,
      poisons: [{ work: 'spin', args: [600_000], policy: { timeoutSeconds: 0.3 } }],
      maxAttempts: 2,
      reason: 'timeout',
      evidence: /^it ran longer than its 0\.3 s, and did not stop$/,
    }),
  ]);
});

/** Main reads nothing while the slave sends its result and then dies of the next task. */
async function afterTheLastWord(broker: BrokerName): Promise<void> {
  await using cluster = await Cluster.open(broker);
  await cluster.startMaster({
    plan: {
      steps: [
        { submit: 'spin', args: [60] },
        { submit: 'die', args: ['abort'], policy: { maxAttempts: 1 } },
        { awaitBegun: 1 },
        { blockMs: 2_000 },
      ],
    },
    flags: ['--slaves', '1', '--slave-task-group', '1'],
  });
  const report = await cluster.finish(2);
  const [spun, died] = ['spin', 'die'].map((name) =>
    report.fates.find(({ algorithm }) => algorithm === name),
  );
  assert.equal([spun?.status, spun?.attempts], ['ok', 1], 'what was computed before is not computed again');
  assert.equal(
    died?.history?.map(({ attempt, doubtful }) => [attempt, doubtful]),
    [[1, false]],
    'it is known which task took the slave down',
  );
}

const JUDGED = 'is judged by all that its slave had to say before';
it.long(JUDGED, () => afterTheLastWord(other));
it.long(`${JUDGED}, on the other broker`, () => afterTheLastWord(one));

it.run();
