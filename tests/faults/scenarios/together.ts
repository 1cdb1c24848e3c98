/** Two faults, one after or during the other. */

import * as assert from 'uvu/assert';
import { pass } from '../support.js';
import { DATA, type Scenario } from './scenario.js';

export const TOGETHER: readonly Scenario[] = [
  {
    name: 'SIGSTOP of a slave, then kill -9 before it goes on',
    brokers: 'either',
    settings: { expect: { lost: 1 } },
    async strike(stage) {
      const { anyone } = stage;
      anyone.signal('SIGSTOP');
      await pass(stage.chance.between(100, 2_000));
      await stage.killAndReplace(anyone);
    },
  },
  {
    name: 'kill -9 of a slave while the master is stopped',
    brokers: 'either',
    settings: { expect: { lost: 1 } },
    async strike(stage) {
      const { master } = stage.cluster;
      master.signal('SIGSTOP');
      await pass(500);
      await stage.end(stage.first);
      await pass(500);
      master.signal('SIGCONT');
      await stage.timed('a lost slave', () => stage.cluster.trail.all('slave-lost').length > 0);
      await stage.backToWork(stage.second);
    },
  },
  {
    name: 'cuts while a slave is stopped',
    brokers: 'either',
    settings: { ...DATA, clientTimeout: 6, way: 'slaves', expect: { unharmed: true } },
    async strike(stage) {
      stage.first.signal('SIGSTOP');
      await pass(500);
      stage.way.cut();
      await pass(500);
      stage.first.signal('SIGCONT');
      await stage.allBackToWork();
    },
  },
  {
    name: 'kill -9 of one slave while the connections of the other stall',
    brokers: 'either',
    settings: { way: 'first slave' },
    async strike(stage) {
      stage.way.stall();
      await stage.end(stage.second);
      await stage.cluster.trail.until('slave-lost', 2);
      stage.way.resume();
      await stage.backToWork(stage.first);
    },
  },
  {
    name: 'a nats-server that restarts while a slave is stopped',
    brokers: 'nats-server',
    settings: { clientTimeout: 6, expect: { unharmed: true } },
    async strike(stage) {
      const { nats, trail } = stage.cluster;
      assert.ok(nats !== undefined);
      stage.first.signal('SIGSTOP');
      await nats.kill();
      await nats.restart();
      await trail.until('broker-back');
      stage.first.signal('SIGCONT');
      await stage.allBackToWork();
    },
  },
  {
    name: 'a nats-server and a slave that are killed at once',
    brokers: 'nats-server',
    settings: { expect: { lost: 1 } },
    async strike(stage) {
      const { nats } = stage.cluster;
      assert.ok(nats !== undefined);
      await Promise.all([nats.kill(), stage.end(stage.first)]);
      await nats.restart();
      await stage.backToWork(stage.second);
      await stage.timed('a lost slave', () => stage.cluster.trail.all('slave-lost').length > 0);
    },
  },
];
