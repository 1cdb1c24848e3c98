/** The way to the broker breaks, stands still or is slow: nothing is lost, and nobody condemned for it. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FaultyWay } from './faulty-way.js';
import type { Plan } from './program.js';
import { BROKER_NAMES, type BrokerName, Cluster, pass, together, until } from './support.js';

const it = suite('broken connections');

/** Fills both directions: as much comes back as goes out. */
const ECHO = { submit: 'echo', args: [{ bytes: 40_000 }] } as const;

async function cutsInARow(broker: BrokerName, side: 'slave' | 'master'): Promise<void> {
  await using cluster = await Cluster.open(broker);
  const { submit: flow, args } = ECHO;
  const plan: Plan = { steps: [{ flow, args, pending: 200, cue: 'enough' }] };
  // Each process has one for main and one for its sentinel.
  const connections = side === 'master' ? 2 : 4;
  const early = side === 'master' ? await FaultyWay.open(cluster.nats?.port ?? 0) : undefined;
  await cluster.startMaster({ plan, port: early?.port });
  await using way = early ?? (await FaultyWay.open(cluster.brokerPort));
  const port = side === 'slave' ? way.port : undefined;
  const slaves = await cluster.joinSlaves(2, { port });
  await cluster.begun(10);
  for (let cut = 0; cut < 20; cut++) {
    await until('all connections', () => way.connections >= connections || undefined);
    const { bytes } = way;
    await until('traffic', () => way.bytes > bytes + 500_000 || undefined);
    way.cut();
  }
  cluster.cue('enough');
  const report = await cluster.finish();
  report.checkAllOk();
  report.checkNobodyLost();
  report.checkOnce();
  for (const slave of slaves) assert.is(await slave.exit(), 0, 'the slave is told to shut down');
}

/** Half open for longer than the timeout: bytes stay where they are, and nobody hears of it. */
async function stalledForLong(broker: BrokerName, then: 'goes on' | 'is cut'): Promise<void> {
  await using cluster = await Cluster.open(broker);
  const tasks = 60;
  const plan = { steps: [{ submit: 'nap', args: [200], count: tasks } as const] };
  await cluster.startMaster({ plan });
  await using way = await FaultyWay.open(cluster.brokerPort);
  const [stalled] = await cluster.joinSlaves(1, { port: way.port });
  const [steady] = await cluster.joinSlaves(1);
  assert.ok(stalled !== undefined && steady !== undefined);
  await cluster.begun(4);
  way.stall();
  const { sid } = await stalled.trail.until('id-received');
  const lost = await cluster.trail.until('slave-lost');
  assert.is(lost.sid, sid, 'who is not heard for so long is lost');
  way.resume();
  if (then === 'is cut') way.cut();
  const again = await cluster.trail.until('slave-rejoined');
  assert.is(again.previousSid, sid, 'and joins again');
  const report = await cluster.finish(tasks);
  report.checkAllOk();
  assert.is(report.trail.all('slave-lost').length, 1, 'nobody else is lost');
  for (const slave of [stalled, steady]) assert.is(await slave.exit(), 0, 'both are told to shut down');
}

/** A moment's stall, and then a way that is slow: that is not death. */
async function stalledForAMoment(broker: BrokerName): Promise<void> {
  await using cluster = await Cluster.open(broker, { clientTimeout: 6 });
  const tasks = 400;
  await cluster.startMaster({ plan: { steps: [{ ...ECHO, count: tasks }] } });
  await using way = await FaultyWay.open(cluster.brokerPort);
  const slaves = await cluster.joinSlaves(2, { port: way.port });
  await cluster.begun(10);
  way.stall();
  await pass(2_000);
  way.resume();
  way.delayMs = 150;
  const report = await cluster.finish(tasks);
  report.checkAllOk();
  report.checkNobodyLost();
  report.checkOnce();
  for (const slave of slaves) assert.is(await slave.exit(), 0, 'the slave is told to shut down');
}

it('lose nothing and condemn nobody in twenty cuts in a row with data in both directions', async () => {
  await together([
    ...BROKER_NAMES.map((broker) => cutsInARow(broker, 'slave')),
    // An embedded broker is in the master's own process, and nothing lies between.
    ...BROKER_NAMES.filter((broker) => broker === 'nats-server').map((broker) =>
      cutsInARow(broker, 'master'),
    ),
  ]);
});

it('tell a moment without a word from a silence, and take back who was silent', async () => {
  await together(
    BROKER_NAMES.flatMap((broker) => [
      stalledForLong(broker, 'goes on'),
      stalledForLong(broker, 'is cut'),
      stalledForAMoment(broker),
    ]),
  );
});

it.run();
