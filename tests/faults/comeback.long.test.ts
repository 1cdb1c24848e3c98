/** Slaves out of reach for longer than the timeout, twice, while a task runs: each runs once, and is no attempt. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ifNatsServer } from '../support/nats-server.js';
import { FaultyWay } from './faulty-way.js';
import { Cluster } from './support.js';

const it = suite('slaves that come back');

const SLAVES = 2;
const ENOUGH = 'enough';
/** One slave for each: nobody else could run it meanwhile. Beside them wait tasks that never begin. */
const PLAN = {
  steps: [
    { submit: 'tarry', args: [ENOUGH], count: SLAVES, policy: { maxAttempts: 2 } },
    { awaitBegun: SLAVES },
    { submit: 'small', args: [], count: 20, policy: { maxAttempts: 2 } },
  ],
} as const;

async function goesOn(
  cluster: Cluster,
  port: number | undefined,
  away: { readonly begin: () => Promise<void>; readonly end: () => Promise<void> },
): Promise<void> {
  // Data past the way would show that they are alive
  const slaves = await cluster.joinSlaves(
    SLAVES,
    port === undefined ? {} : { port, flags: ['--no-data-port'] },
  );
  await cluster.begun(SLAVES);
  await cluster.trail.until('tasks-sent', SLAVES + 2);
  for (let time = 1; time <= 2; time++) {
    await away.begin();
    await cluster.trail.until('slave-lost', time * SLAVES);
    await away.end();
    await cluster.trail.until('task-resumed', time * SLAVES);
  }
  cluster.cue(ENOUGH);
  const report = await cluster.finish(SLAVES + 20);
  report.checkAllOk();
  report.checkOnce();
  for (const { attempts } of report.fates) assert.is(attempts, 1);
  for (const slave of slaves) assert.is(await slave.exit(), 0, slave.errors);
  await cluster.checkNothingLeft();
}

it('go on with what they run when their way to the broker was gone', async () => {
  await using cluster = await Cluster.open('embedded', { clientTimeout: 10 });
  await cluster.startMaster({ plan: PLAN });
  await using way = await FaultyWay.open(cluster.brokerPort);
  await goesOn(cluster, way.port, {
    async begin() {
      way.closed = true;
      way.cut();
    },
    async end() {
      way.closed = false;
    },
  });
});

const onServer = ifNatsServer(it);
onServer('... or their server of a cluster', async () => {
  await using cluster = await Cluster.open('nats-cluster', { servers: 'pair' });
  await cluster.startMaster({ plan: PLAN });
  const [server] = cluster.slaveServers;
  await goesOn(cluster, undefined, {
    begin: async () => await server?.kill(),
    end: async () => await server?.restart(),
  });
});

it.run();
