/** A process that is stopped and goes on later: what the others decide meanwhile must not harm a task. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BROKER_NAMES, type BrokerName, Cluster, together } from './support.js';

const it = suite('frozen processes');
const TASKS = 40;
const NAP_MS = 300;

/** Longer than the timeout of three seconds. */
async function slaveForLong(broker: BrokerName): Promise<void> {
  await using cluster = await Cluster.open(broker);
  await cluster.startMaster({ plan: { steps: [{ submit: 'nap', args: [NAP_MS], count: TASKS }] } });
  const [frozen, steady] = await cluster.joinSlaves(2);
  assert.ok(frozen !== undefined && steady !== undefined);
  await cluster.begun(4);
  const { sid } = await frozen.trail.until('id-received');
  frozen.signal('SIGSTOP');
  const lost = await cluster.trail.until('slave-lost');
  assert.is(lost.sid, sid, 'the frozen slave is lost');
  assert.match(lost.evidence, /^silent for \d+/, 'and the evidence is its silence');
  const reclaimed = await cluster.trail.until('task-reclaimed');
  assert.is(reclaimed.sid, sid, 'its tasks are taken back');
  frozen.signal('SIGCONT');
  const again = await cluster.trail.until('slave-rejoined');
  assert.is(again.previousSid, sid, 'it joins again');
  assert.is.not(again.sid, sid, 'under a new sid');
  const report = await cluster.finish(TASKS);
  report.checkAllOk();
  assert.is(report.trail.all('slave-lost').length, 1, 'nobody else is lost');
  for (const slave of [frozen, steady]) assert.is(await slave.exit(), 0, 'both are told to shut down');
}

async function slaveForShort(broker: BrokerName): Promise<void> {
  await using cluster = await Cluster.open(broker, { clientTimeout: 6 });
  await cluster.startMaster({ plan: { steps: [{ submit: 'nap', args: [NAP_MS], count: TASKS }] } });
  const [frozen, steady] = await cluster.joinSlaves(2);
  assert.ok(frozen !== undefined && steady !== undefined);
  await cluster.begun(4);
  await frozen.freeze(2_000);
  const report = await cluster.finish(TASKS);
  report.checkAllOk();
  report.checkNobodyLost();
  report.checkOnce();
  for (const slave of [frozen, steady]) assert.is(await slave.exit(), 0, 'both are told to shut down');
}

/** The embedded broker is frozen too; a nats-server goes on. */
async function masterForLong(broker: BrokerName): Promise<void> {
  await using cluster = await Cluster.open(broker);
  const master = await cluster.startMaster({
    plan: { steps: [{ submit: 'nap', args: [NAP_MS], count: TASKS }] },
  });
  const slaves = await cluster.joinSlaves(2);
  await cluster.begun(4);
  await master.freeze(6_000);
  const report = await cluster.finish(TASKS);
  report.checkAllOk();
  report.checkNobodyLost();
  report.checkOnce();
  for (const slave of slaves) assert.is(await slave.exit(), 0, 'the slave is told to shut down');
}

it('end with one fate for each task, whoever is stopped, and for however long', async () => {
  await together(
    BROKER_NAMES.flatMap((broker) => [slaveForLong(broker), slaveForShort(broker), masterForLong(broker)]),
  );
});

it.run();
