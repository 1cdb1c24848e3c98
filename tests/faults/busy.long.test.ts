/** Busy is never taken for dead: main computes for two timeouts and more, on a slave and on the master. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BROKER_NAMES, type BrokerName, Cluster, together } from './support.js';

const it = suite('busy processes');
/** Of timeouts of three seconds. */
const BUSY_MS = 7_000;
/** That both slaves are there: one alone would be through before another has started on a loaded machine. */
const BOTH = 'both';

async function spinningTask(broker: BrokerName): Promise<void> {
  await using cluster = await Cluster.open(broker);
  await cluster.startMaster({
    plan: {
      steps: [
        { awaitCue: BOTH },
        { submit: 'spin', args: [BUSY_MS] },
        { submit: 'nap', args: [100], count: 10 },
      ],
    },
  });
  const slaves = await cluster.joinSlaves(2);
  cluster.cue(BOTH);
  const report = await cluster.finish(11);
  report.checkAllOk();
  report.checkNobodyLost();
  report.checkOnce();
  for (const slave of slaves) assert.is(await slave.exit(), 0, 'the slave is told to shut down');
}

async function spinningMaster(broker: BrokerName): Promise<void> {
  await using cluster = await Cluster.open(broker);
  await cluster.startMaster({
    plan: {
      steps: [
        { awaitCue: BOTH },
        { submit: 'nap', args: [100], count: 20 },
        { take: 4 },
        { spinMs: BUSY_MS },
        { submit: 'nap', args: [100], count: 4 },
      ],
    },
  });
  const slaves = await cluster.joinSlaves(2);
  cluster.cue(BOTH);
  const report = await cluster.finish(24);
  report.checkAllOk();
  report.checkNobodyLost();
  report.checkOnce();
  assert.is(report.trail.all('slave-rejoined').length, 0, 'no slave had to join again');
  for (const slave of slaves) assert.is(await slave.exit(), 0, 'the slave is told to shut down');
}

/** A slave's main is in no broker's way, while a master's has one of the two in its process. */
it('finish a task of two timeouts where it began, and keep every slave of a master as busy', () =>
  together([spinningTask('embedded'), ...BROKER_NAMES.map(spinningMaster)]));

it.run();
