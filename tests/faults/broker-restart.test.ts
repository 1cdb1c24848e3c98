/** A nats-server that is killed in the middle of a run and comes back, soon or late. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findNatsServer } from '../support/nats-server.js';
import { Cluster, pass, together } from './support.js';

const it = suite('a broker that restarts');

/** Data of both directions is in flight, or long tasks run, when the broker dies. */
const LOADS = {
  data: { step: { submit: 'echo', args: [{ bytes: 40_000 }], count: 1_500 } as const, begun: 100 },
  naps: { step: { submit: 'nap', args: [400], count: 60 } as const, begun: 4 },
};

async function restarted(load: keyof typeof LOADS, awayMs: number): Promise<void> {
  await using cluster = await Cluster.open('nats-server');
  const { step, begun } = LOADS[load];
  await cluster.startMaster({ plan: { steps: [step] } });
  const slaves = await cluster.joinSlaves(2);
  await cluster.begun(begun);
  assert.ok(cluster.nats !== undefined);
  await cluster.nats.kill('SIGKILL');
  await pass(awayMs);
  assert.ok(cluster.master.running, 'it is killed in the middle');
  await cluster.nats.restart();
  await cluster.trail.until('broker-back');
  const report = await cluster.finish(step.count);
  report.checkAllOk();
  report.checkNobodyLost();
  report.checkOnce();
  assert.is(report.trail.all('slave-rejoined').length, 0, 'no slave has to join again');
  for (const slave of slaves) assert.is(await slave.exit(), 0, 'the slave is told to shut down');
}

if (findNatsServer() !== undefined) {
  it('loses nothing, computes no finished task twice and condemns nobody', async () => {
    await together([
      restarted('data', 0),
      restarted('naps', 0),
      // Longer than the timeout of three seconds.
      restarted('data', 5_000),
      restarted('naps', 5_000),
    ]);
  });
}

it.run();
