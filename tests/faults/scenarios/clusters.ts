/** Several nats-servers, of which the slaves' are struck and the master's is not. */

import * as assert from 'uvu/assert';
import type { Submission } from '../program.js';
import type { Stage } from '../stage.js';
import { pass, until } from '../support.js';
import type { Scenario, Settings } from './scenario.js';

/** Longer than two seconds of 503, by which a slave of the master's own server would be lost. */
const AWAY_MS = 3_000;
/** A task that has lost two slaves would be unrunnable. */
const FLOW: readonly Submission[] = [{ submit: 'nap', args: [250], policy: { maxAttempts: 2 } }];
const SLAVES_AWAY: Settings = { clientTimeout: 10, flow: FLOW, pending: 6, expect: { unharmed: true } };

/** The only server that the slaves know. */
async function killTwice(stage: Stage): Promise<void> {
  const [server] = stage.cluster.slaveServers;
  assert.ok(server !== undefined);
  for (let i = 0; i < 2; i++) {
    await server.kill();
    await pass(AWAY_MS);
    await server.restart();
    await stage.allBackToWork();
  }
}

async function partition(stage: Stage, part: (stage: Stage) => void): Promise<void> {
  const { betweenServers: way } = stage.cluster;
  part(stage);
  await pass(AWAY_MS);
  way.closed = false;
  way.resume();
  await stage.allBackToWork();
}

/** Wherever the slaves are: both servers in turn, so that each slave has to move at least once. */
async function eachInTurn(stage: Stage, end: 'kill' | 'retire'): Promise<void> {
  for (const server of stage.cluster.slaveServers) {
    if (end === 'kill') await server.kill();
    else await server.retire();
    await stage.allBackToWork();
    await server.restart();
  }
}

export const CLUSTERS: readonly Scenario[] = [
  {
    name: "the slaves' server of a cluster is killed, twice",
    brokers: 'nats-cluster',
    settings: { ...SLAVES_AWAY, servers: 'pair' },
    strike: killTwice,
  },
  {
    name: "the slaves' leaf node is killed, twice",
    brokers: 'nats-cluster',
    settings: { ...SLAVES_AWAY, servers: 'leaf' },
    strike: killTwice,
  },
  {
    name: "the slaves' server is cut off from the master's",
    brokers: 'nats-cluster',
    settings: { ...SLAVES_AWAY, servers: 'pair' },
    strike: (stage) =>
      partition(stage, ({ cluster: { betweenServers } }) => {
        betweenServers.closed = true;
        betweenServers.cut();
      }),
  },
  {
    name: "the slaves' leaf node is cut off from its hub, without a sign",
    brokers: 'nats-cluster',
    settings: { ...SLAVES_AWAY, servers: 'leaf' },
    strike: (stage) => partition(stage, ({ cluster: { betweenServers } }) => betweenServers.stall()),
  },
  {
    name: 'kill -9 of each server of the slaves in turn, who know the others',
    brokers: 'nats-cluster',
    settings: SLAVES_AWAY,
    strike: (stage) => eachInTurn(stage, 'kill'),
  },
  {
    name: 'lame duck mode of each server of the slaves in turn, who know the others',
    brokers: 'nats-cluster',
    settings: SLAVES_AWAY,
    strike: (stage) => eachInTurn(stage, 'retire'),
  },
  {
    name: 'kill -9 of one of two slaves on another server than the master',
    brokers: 'nats-cluster',
    settings: { clientTimeout: 30, servers: 'pair', slaves: 2, expect: { lost: 1 } },
    async strike(stage) {
      // The other one has been there for long enough to be believed.
      await until('ten seconds', () => performance.now() - stage.beganAt > 10_500 || undefined);
      await stage.killAndReplace(stage.first);
    },
  },
];
