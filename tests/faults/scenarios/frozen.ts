/** Processes that are stopped and go on later, a machine that sleeps among them. */

import * as assert from 'uvu/assert';
import type { Stage } from '../stage.js';
import { pass } from '../support.js';
import type { Scenario } from './scenario.js';

const FOR_SHORT_MS = 2_000;
/** Longer than the timeout of three seconds. */
const FOR_LONG_MS = 5_000;

/** Until it is lost; it goes on then, and joins again. */
async function freezeUntilLost(stage: Stage): Promise<void> {
  const { cluster, anyone } = stage;
  const [sid] = cluster.sidsOf(anyone);
  anyone.signal('SIGSTOP');
  const lost = await cluster.trail.until('slave-lost');
  assert.is(lost.sid, sid, 'the frozen slave is lost');
  assert.match(lost.evidence, /^silent for \d+/, 'and the evidence is its silence');
  anyone.signal('SIGCONT');
  await stage.backToWork(anyone);
  const again = cluster.trail.all('slave-rejoined')[0];
  assert.is(again?.previousSid, sid, 'it has joined again');
  assert.is.not(again?.sid, sid, 'under a new sid');
}

export const FROZEN: readonly Scenario[] = [
  {
    name: 'SIGSTOP of a slave, shorter than the timeout',
    brokers: 'either',
    settings: { clientTimeout: 6, expect: { unharmed: true } },
    async strike(stage) {
      const { anyone } = stage;
      await anyone.freeze(FOR_SHORT_MS);
      await stage.backToWork(anyone);
    },
  },
  {
    name: 'SIGSTOP of a slave, longer than the timeout',
    brokers: 'each',
    settings: { expect: { lost: 1 } },
    strike: freezeUntilLost,
  },
  {
    name: 'SIGSTOP of a slave in the middle of much data, longer than the timeout',
    brokers: 'either',
    settings: { flow: [{ submit: 'ferry', args: [{ bytes: 100_000 }] }], pending: 100, expect: { lost: 1 } },
    strike: freezeUntilLost,
  },
  {
    name: 'SIGSTOP of a slave ten times in a row',
    brokers: 'either',
    settings: { clientTimeout: 6, expect: { unharmed: true } },
    async strike(stage) {
      const { anyone } = stage;
      for (let i = 0; i < 10; i++) {
        await anyone.freeze(350);
        await pass(50);
      }
      await stage.backToWork(anyone);
    },
  },
  {
    name: 'SIGSTOP of the master, shorter than the timeout',
    brokers: 'either',
    settings: { expect: { unharmed: true } },
    async strike(stage) {
      await stage.cluster.master.freeze(FOR_SHORT_MS);
      await stage.allBackToWork();
    },
  },
  {
    name: 'SIGSTOP of the master, longer than the timeout',
    brokers: 'either',
    settings: { expect: { unharmed: true } },
    async strike(stage) {
      await stage.cluster.master.freeze(FOR_LONG_MS);
      await stage.allBackToWork();
    },
  },
  {
    name: 'a machine that sleeps: SIGSTOP of everything, longer than the timeout',
    brokers: 'each',
    settings: { expect: { unharmed: true } },
    async strike(stage) {
      const all = [...stage.slaves, stage.cluster.master];
      for (const member of all) member.signal('SIGSTOP');
      await stage.cluster.nats?.freeze();
      await pass(FOR_LONG_MS);
      stage.cluster.nats?.thaw();
      // In no order that can be relied on.
      for (const member of stage.chance.random() < 0.5 ? all : all.reverse()) member.signal('SIGCONT');
      await stage.allBackToWork();
    },
  },
  {
    name: 'SIGSTOP of the nats-server, longer than the timeout',
    brokers: 'nats-server',
    settings: { expect: { unharmed: true } },
    async strike(stage) {
      await stage.cluster.nats?.freeze();
      await pass(FOR_LONG_MS);
      stage.cluster.nats?.thaw();
      await stage.allBackToWork();
    },
  },
];
