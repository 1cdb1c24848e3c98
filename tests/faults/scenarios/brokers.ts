/** Brokers and masters that die and are started again. */

import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Stage } from '../stage.js';
import { pass, untilGone } from '../support.js';
import { DATA, type Scenario } from './scenario.js';

async function restart(stage: Stage, awayMs: number, times = 1): Promise<void> {
  const { nats, trail } = stage.cluster;
  assert.ok(nats !== undefined);
  for (let i = 1; i <= times; i++) {
    await nats.kill();
    await pass(awayMs);
    await nats.restart();
    await trail.until('broker-back', i);
  }
  await stage.allBackToWork();
}

const TASKS = 60;
const STORE = 'checkpoint';
const PLAN = { steps: [{ submit: 'nap', args: [100], count: TASKS }] } as const;

/** The master with the embedded broker in it, and its slaves with it; the second computes only the rest. */
async function killMaster(stage: Stage): Promise<void> {
  const { cluster } = stage;
  const store = join(cluster.folder, STORE);
  // The first master of the scenario has no checkpoint; it gives way to one that has.
  await stage.end(cluster.master);
  await Promise.all(stage.slaves.map((slave) => slave.exit()));
  for (const slave of stage.slaves) stage.casualties.add(slave);
  const flags = ['--checkpoint', store, '--slaves', '2'];
  const before = cluster.noted.read().begun;
  const first = await cluster.startMaster({ plan: PLAN, flags });
  await cluster.begun(before + stage.chance.between(10, 30));
  const locals = cluster.trail.all('local-slave-started').map(({ pid }) => pid);
  await stage.end(first);
  for (const pid of locals) await untilGone(pid, 10_000);
  await cluster.startMaster({ plan: PLAN, flags });
  const { results } = await cluster.trail.until('checkpoint-opened');
  assert.ok(results > 0, 'what was done is kept');
  await stage.timed('the next result', () => cluster.trail.all('results-received').length > 0);
  await cluster.trail.until('master-finished');
  const again = cluster.noted.read().begun - before - TASKS;
  assert.ok(again <= TASKS - results, `${again} tasks were begun again, ${results} were kept`);
}

export const BROKERS: readonly Scenario[] = [
  {
    name: 'a nats-server that is killed and back at once, with data under way',
    brokers: 'nats-server',
    settings: { ...DATA, expect: { unharmed: true } },
    strike: (stage) => restart(stage, 0),
  },
  {
    name: 'a nats-server that is away for longer than the timeout',
    brokers: 'nats-server',
    settings: { flow: [{ submit: 'nap', args: [400] }], pending: 6, expect: { unharmed: true } },
    strike: (stage) => restart(stage, 5_000),
  },
  {
    name: 'a nats-server that is killed three times in a row',
    brokers: 'nats-server',
    settings: { ...DATA, expect: { unharmed: true } },
    strike: (stage) => restart(stage, 200, 3),
  },
  {
    name: 'kill -9 of a master with a checkpoint, which is started again',
    brokers: 'each',
    settings: { expect: { restarted: true } },
    strike: killMaster,
  },
];
