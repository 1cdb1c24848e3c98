/** Slaves that are ended from outside. */

import * as assert from 'uvu/assert';
import { FaultyWay } from '../faulty-way.js';
import { DATA, type Scenario } from './scenario.js';

const SLOW = { flow: [{ submit: 'nap', args: [1_500] }], pending: 4 } as const;

export const KILLED: readonly Scenario[] = [
  {
    name: 'kill -9 of an idle slave',
    brokers: 'either',
    // Two of three run one task each, and the third has none.
    settings: { slaves: 3, flow: [{ submit: 'nap', args: [300] }], pending: 2, expect: { lost: 1 } },
    async strike(stage) {
      const idle = stage.slaves.find(({ pid }) => stage.cluster.noted.read().heldBy(pid).length === 0);
      await stage.killAndReplace(idle ?? stage.first);
    },
  },
  {
    name: 'kill -9 of a busy slave',
    brokers: 'either',
    often: true,
    settings: { ...SLOW, expect: { lost: 1 } },
    strike: (stage) => stage.killAndReplace(stage.anyone),
  },
  {
    name: 'kill -9 of a slave whose window is full',
    brokers: 'either',
    settings: { ...DATA, pending: 400, expect: { lost: 1 } },
    strike: (stage) => stage.killAndReplace(stage.anyone),
  },
  {
    name: 'kill -9 of a slave at the moment it joins',
    brokers: 'either',
    settings: { expect: { lost: 1 } },
    async strike(stage) {
      const young = stage.cluster.startSlave();
      await young.trail.until('id-received');
      await stage.killAndReplace(young);
    },
  },
  {
    name: 'kill -9 of all slaves at once, and new ones come',
    brokers: 'either',
    settings: { expect: { lost: 2 } },
    async strike(stage) {
      await Promise.all(stage.slaves.map((slave) => stage.end(slave)));
      const fresh = await stage.cluster.joinSlaves(2);
      stage.slaves.push(...fresh);
      await stage.allBackToWork();
    },
  },
  {
    name: 'kill -9 of a slave while a shared value is on its way',
    brokers: 'either',
    settings: {
      flow: [{ submit: 'weigh', args: [{ shared: 48_000_000 }, 50] }],
      pending: 8,
      // A copy would be read before it can be killed
      masterFlags: ['--no-share-copies'],
      expect: { lost: 1 },
    },
    async strike(stage) {
      // Takes a minute for the value, so that it cannot have it before it is killed
      await using way = await FaultyWay.open(stage.cluster.brokerPort);
      way.impose({ bytesPerSecond: 800_000 }, { direction: 'down' });
      const young = stage.cluster.startSlave({ port: way.port, flags: ['--no-data-port'] });
      await young.trail.until('share-asked');
      await stage.killAndReplace(young);
      assert.is(young.trail.all('share-received').length, 0, 'it was on its way');
    },
  },
  {
    name: 'SIGTERM to a busy slave',
    brokers: 'either',
    settings: { expect: { lost: 0 } },
    strike: async (stage) => {
      const slave = stage.anyone;
      await stage.end(slave, 'SIGTERM');
      assert.is(slave.child.exitCode, 255, 'it leaves in order');
    },
  },
  {
    name: 'SIGINT to a busy slave',
    brokers: 'either',
    settings: { expect: { lost: 0 } },
    strike: async (stage) => {
      const slave = stage.anyone;
      await stage.end(slave, 'SIGINT');
      assert.is(slave.child.exitCode, 255, 'it leaves in order');
    },
  },
  {
    name: 'kill -9 of a slave that is leaving',
    brokers: 'either',
    strike: (stage) => stage.killAndReplace(stage.anyone, 'SIGTERM'),
  },
];
