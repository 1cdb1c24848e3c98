/** Slave algorithms in processes of their own: the loops, the six values, exit codes, exceptions. */

import { master } from 'ts-mw';
import * as assert from 'uvu/assert';
import { echo, whoRuns } from '../programs/algorithms.js';
import { joining } from '../support/clusters.js';
import { overEachBroker, overEachBrokerAtLength } from '../support/each-broker.js';
import { programPath, until, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('slave algorithm');

/** The deeds of the slave algorithm, and the exit code of its process. */
const DEEDS: readonly (readonly [args: readonly string[], code: number, said?: RegExp])[] = [
  [['return', '0'], 0],
  [['return', '7'], 7],
  [['return', '256'], 255, /Wrong exit code type\/value \[256\]/],
  [['return', '"x"'], 255, /Wrong exit code type\/value \[x\]/],
  [['nothing'], 255, /Wrong exit code type\/value \[undefined\]/],
  [['throw'], 255, /^Error: the slave algorithm has thrown$/],
  [['reject'], 255, /^Error: the slave algorithm has rejected$/],
  [['timer'], 255, /^Error: a timer of the slave has thrown$/],
];

overEachBrokerAtLength(test, 'its return value is the exit code', async (broker, { start }) => {
  await using mw = await master({ ...broker.flags, clientTimeout: 5 });
  const slaves = DEEDS.map(([args, code, said]) => ({
    slave: start('worker.js', [...joining(mw, broker), '--', ...args]),
    args,
    code,
    said,
  }));
  for (const { slave, args, code, said } of slaves) {
    assert.is(await slave.code(), code, `${args}\n${slave.report()}`);
    if (said !== undefined) assert.is(slave.count(said), 1, `${args}\n${slave.report()}`);
  }
});

overEachBroker(
  test,
  'it sees what the loops did and decides when to end, also after a shutdown',
  async (broker, { start }) => {
    const mw = await master({
      ...broker.flags,
      clientTimeout: 5,
      slaves: 1,
      program: programPath('worker.js'),
    });
    try {
      const looping = start('worker.js', [...joining(mw, broker), '--', 'loop']);
      const iterating = start('worker.js', [...joining(mw, broker), '--', 'iterate']);
      const cleaning = start('worker.js', [...joining(mw, broker), '--', 'clean up']);
      const slaves = [looping, iterating, cleaning];
      await Promise.all(slaves.map((slave) => slave.waitForLine(/MASTER -> ID SLAVE-/)));
      const pids = new Set<unknown>();
      await until('each has run a task', async () => {
        const futures = mw.run(() => Array.from({ length: 20 }, () => whoRuns.future()));
        for (const pid of await Promise.all(futures)) pids.add(pid);
        return slaves.every(({ pid }) => pids.has(pid));
      });
      await mw.stop();
      assert.is(await looping.code(), 5, looping.report());
      assert.is(await iterating.code(), 0, iterating.report());
      assert.is(await cleaning.code(), 0, cleaning.report());
      assert.is(cleaning.count(/^cleaned up$/), 1);
      const total = (report: Report | undefined): number => report?.totalResultsCompleted ?? 0;
      const passes = reportsOf(iterating.out);
      assert.ok(
        passes.every((report, i) => total(report) - total(passes[i - 1]) <= 1),
        'one task a pass',
      );
      assert.ok(
        reportsOf(looping.out).every(({ numTasks }) => numTasks === 0),
        'all tasks in a pass',
      );
      for (const { out } of [looping, iterating]) {
        const reports = reportsOf(out);
        const [first, last] = [reports[0], reports.at(-1)];
        assert.match(String(first?.sid), /^SLAVE-\d+$/);
        assert.equal(Object.keys(first ?? {}).sort(), REPORT_KEYS);
        assert.is(first?.explicitShutdown, false);
        assert.is(last?.explicitShutdown, true);
        assert.is(last?.masterDisconnect, false);
        assert.is(last?.resultGrouping, 'auto');
        assert.ok((last?.totalResultsCompleted ?? 0) > 0);
        assert.equal([last?.numTasks, last?.numResults], [0, 0]);
      }
    } finally {
      await mw.stop();
    }
  },
);

function reportsOf(out: readonly string[]): Report[] {
  return out.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Report);
}

interface Report {
  readonly sid: string;
  readonly masterDisconnect: boolean;
  readonly explicitShutdown: boolean;
  readonly totalResultsCompleted: number;
  readonly numTasks: number;
  readonly numResults: number;
  readonly resultGrouping: number | 'auto';
}

const REPORT_KEYS = [
  'explicitShutdown',
  'masterDisconnect',
  'numResults',
  'numTasks',
  'resultGrouping',
  'sid',
  'totalResultsCompleted',
];

test.long('one that loops on after the shutdown hears the second signal', () =>
  withPrograms(async ({ start }) => {
    const mw = await master({ clientTimeout: 5 });
    try {
      const deaf = start('worker.js', ['--slave', '--master-port', String(mw.masterPort), '--', 'deaf']);
      await deaf.waitForLine(/MASTER -> ID SLAVE-/);
      await mw.stop();
      assert.is(await deaf.code(), 143, deaf.report());
    } finally {
      await mw.stop();
    }
  }),
);

overEachBrokerAtLength(
  test,
  'an exception that nobody caught ends it, and tasks run elsewhere',
  async (broker, { start }) => {
    await using mw = await master({ ...broker.flags, clientTimeout: 5 });
    const failing = start('worker.js', [...joining(mw, broker), '--', 'timer']);
    await failing.waitForLine(/MASTER -> ID/);
    assert.is(await failing.code(), 255, failing.report());
    start('worker.js', joining(mw, broker));
    assert.is(await mw.run(() => echo.future('still answered')), 'still answered');
  },
);

test.run();
