/** The way to the broker is cut, torn, stands still or is slow. */

import * as assert from 'uvu/assert';
import type { Part } from '../faulty-way.js';
import type { Stage } from '../stage.js';
import { pass } from '../support.js';
import { DATA, type Scenario, type Settings } from './scenario.js';
import { cuts, cutsInside, suffers } from './strikes.js';

/** One slave has a data connection and a control connection, which is enough for most. */
const SLAVES: Settings = { ...DATA, way: 'slaves', slaves: 1, expect: { unharmed: true } };
const MASTER: Settings = { ...DATA, way: 'master', slaves: 1, expect: { unharmed: true } };

/** Half open for longer than the timeout: the one behind it is lost, and joins again. */
async function stallUntilLost(stage: Stage, part: Part): Promise<void> {
  const { cluster, first, way } = stage;
  const sids = cluster.sidsOf(first);
  way.stall(part);
  const lost = await cluster.trail.until('slave-lost');
  assert.ok(sids.includes(lost.sid), 'who is not heard for so long is lost');
  way.resume();
  await stage.backToWork(first);
}

const FIRST: Settings = { way: 'first slave' };

export const NETWORK: readonly Scenario[] = [
  {
    name: "twenty cuts in a row of the slaves' connections, with data in both directions",
    brokers: 'each',
    settings: { ...SLAVES, slaves: 2, pending: 200 },
    strike: (stage) => cuts(stage, () => stage.way.cut(), 20),
  },
  {
    name: "twenty cuts in a row of the master's connections, with data in both directions",
    brokers: 'nats-server',
    settings: { ...MASTER, slaves: 2, pending: 200 },
    strike: (stage) => cuts(stage, () => stage.way.cut(), 20),
  },
  {
    name: 'five cuts of the data connections alone',
    brokers: 'either',
    settings: SLAVES,
    strike: (stage) => cuts(stage, () => stage.way.cut('data'), 5),
  },
  {
    name: 'five cuts of the control connections alone',
    brokers: 'either',
    settings: SLAVES,
    strike: (stage) => cuts(stage, () => stage.way.cut('control'), 5),
  },
  {
    name: 'cuts inside what slaves send',
    brokers: 'either',
    settings: SLAVES,
    strike: (stage) => cutsInside(stage, { direction: 'up' }),
  },
  {
    name: 'cuts inside what slaves are sent',
    brokers: 'either',
    settings: SLAVES,
    strike: (stage) => cutsInside(stage, { direction: 'down' }),
  },
  {
    name: "cuts inside the master's data",
    brokers: 'nats-server',
    settings: MASTER,
    strike: (stage) => cutsInside(stage, { plane: 'data' }),
  },
  {
    name: 'every piece of data halved, in both directions',
    brokers: 'either',
    settings: SLAVES,
    strike: (stage) => suffers(stage, 2_000, { halved: true }),
  },
  {
    name: 'a delay of 200 ms in each direction',
    brokers: 'either',
    settings: SLAVES,
    strike: (stage) => suffers(stage, 3_000, { delayMs: 200 }),
  },
  {
    name: 'slaves that can send only 50 KB per second',
    brokers: 'either',
    settings: { ...SLAVES, clientTimeout: 6 },
    strike: (stage) => suffers(stage, 4_000, { bytesPerSecond: 50_000 }, { direction: 'up' }),
  },
  {
    name: 'slaves that are sent only 50 KB per second',
    brokers: 'either',
    settings: { ...SLAVES, clientTimeout: 6 },
    strike: (stage) => suffers(stage, 4_000, { bytesPerSecond: 50_000 }, { direction: 'down' }),
  },
  {
    name: 'a stall shorter than the timeout',
    brokers: 'either',
    settings: { ...SLAVES, clientTimeout: 6 },
    strike: (stage) => suffers(stage, 2_000, { stalled: true }),
  },
  {
    name: 'a stall in both directions, longer than the timeout',
    brokers: 'each',
    settings: FIRST,
    strike: (stage) => stallUntilLost(stage, {}),
  },
  {
    name: 'a stall towards the broker alone, longer than the timeout',
    brokers: 'either',
    settings: FIRST,
    strike: (stage) => stallUntilLost(stage, { direction: 'up' }),
  },
  {
    name: 'a stall from the broker alone, longer than the timeout',
    brokers: 'either',
    settings: FIRST,
    strike: (stage) => suffers(stage, 5_000, { stalled: true }, { direction: 'down' }),
  },
  {
    name: 'a stall of the control connection alone, longer than the timeout',
    brokers: 'either',
    // A slave that still sends results is there.
    settings: { way: 'first slave', expect: { lost: 0 } },
    strike: (stage) => suffers(stage, 5_000, { stalled: true }, { plane: 'control' }),
  },
  {
    name: 'a stall of the data connection alone, longer than the timeout',
    brokers: 'either',
    settings: { way: 'first slave', expect: { lost: 0 } },
    strike: (stage) => suffers(stage, 5_000, { stalled: true }, { plane: 'data' }),
  },
  {
    name: 'a stall longer than the timeout that ends with a cut',
    brokers: 'either',
    settings: FIRST,
    async strike(stage) {
      stage.way.stall();
      await stage.cluster.trail.until('slave-lost');
      stage.way.resume();
      stage.way.cut();
      await stage.backToWork(stage.first);
    },
  },
  {
    name: "a stall of the master's connections, shorter than half the timeout",
    brokers: 'nats-server',
    settings: { way: 'master', clientTimeout: 10, expect: { unharmed: true } },
    strike: (stage) => suffers(stage, 2_500, { stalled: true }),
  },
  {
    name: "a stall of the master's connections for which slaves leave, and new ones come",
    brokers: 'nats-server',
    settings: { way: 'master' },
    async strike(stage) {
      stage.way.stall();
      const gone = [...stage.slaves];
      for (const slave of gone) {
        stage.casualties.add(slave);
        assert.is(await slave.exit(), 255, 'a batch system would start it again');
      }
      stage.way.resume();
      stage.slaves.push(...(await stage.cluster.joinSlaves(2)));
      await stage.allBackToWork();
    },
  },
  {
    name: 'connections that are refused for longer than the timeout',
    brokers: 'nats-server',
    settings: { way: 'first slave' },
    async strike(stage) {
      stage.way.closed = true;
      stage.way.cut();
      await pass(5_000);
      stage.way.closed = false;
      await stage.backToWork(stage.first);
    },
  },
];
