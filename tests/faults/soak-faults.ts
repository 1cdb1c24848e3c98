/** The faults that a soak imposes on its cluster, each for as long as it takes. */

import { writeFileSync } from 'node:fs';
import type { Chance } from '../simulation/scheduler.js';
import type { NatsServer } from '../support/nats-server.js';
import type { FaultyWay, Part } from './faulty-way.js';
import type { Trouble } from './lane.js';
import type { Place } from './soak-place.js';
import { type BrokerName, type Cluster, pass } from './support.js';

/** The things that a fault may lay hands on. */
export interface SoakTarget {
  readonly cluster: Cluster;
  readonly chance: Chance;
  readonly places: readonly Place[];
  /** Of the master, to a nats-server. */
  readonly masterWay: FaultyWay | undefined;
}

export interface SoakFault {
  readonly name: string;
  /** How often it is chosen, against the others. */
  readonly weight: number;
  readonly only?: readonly BrokerName[] | undefined;
  /** One slave with its ways, or what all depend on. */
  readonly strikes: 'place' | 'all';
  /** Returns when the fault is over. */
  readonly run: (target: SoakTarget, place: Place) => Promise<void>;
}

const HOUR_MS = 3_600_000;
const NATS = ['nats-server', 'nats-cluster'] as const;
const CLUSTER = ['nats-cluster'] as const;

function onPlace(name: string, weight: number, run: SoakFault['run']): SoakFault {
  return { name, weight, strikes: 'place', run };
}

function onAll(name: string, weight: number, run: SoakFault['run'], only?: readonly BrokerName[]): SoakFault {
  return { name, weight, strikes: 'all', run, only };
}

function frozen(least: number, most: number): SoakFault['run'] {
  return ({ chance }, { slave }) => slave.freeze(chance.between(least, most));
}

function troubled(
  trouble: Trouble,
  least: number,
  most: number,
  part: readonly Part[] = [{}],
): SoakFault['run'] {
  return async ({ chance }, { ways }) => {
    const end = chance.pick(ways).impose(trouble, chance.pick(part));
    await pass(chance.between(least, most));
    end();
  };
}

/** Servers to which something is being done: a second process could not have the port. */
const underway = new WeakSet<NatsServer>();

/** One of the slaves' servers ends so, and is back after a while. */
function serverAway(end: (server: NatsServer) => Promise<void>): SoakFault['run'] {
  return async ({ cluster, chance }) => {
    const server = chance.pick(cluster.slaveServers);
    if (underway.has(server)) return;
    underway.add(server);
    await end(server);
    await pass(chance.between(0, 4_000));
    await server.restart();
    underway.delete(server);
  };
}

const DIRECTIONS: readonly Part[] = [{}, { direction: 'up' }, { direction: 'down' }];
const PARTS: readonly Part[] = [...DIRECTIONS, { plane: 'data' }, { plane: 'control' }];

export const SOAK_FAULTS: readonly SoakFault[] = [
  onPlace('kill -9 of a slave', 3, async (_, { slave }) => slave.signal('SIGKILL')),
  onPlace('SIGTERM to a slave', 2, async (_, { slave }) => slave.signal('SIGTERM')),
  onPlace('SIGSTOP of a slave, short', 2, frozen(100, 2_500)),
  onPlace('SIGSTOP of a slave, long', 2, frozen(3_500, 7_000)),
  onPlace('cut', 2, async ({ chance }, { ways }) =>
    chance.pick(ways).cut(chance.pick([undefined, 'data', 'control'])),
  ),
  onPlace('cut inside a piece of data', 2, async ({ chance }, { ways }) => {
    chance.pick(ways).cutInside(chance.pick(PARTS));
    await pass(200);
  }),
  onPlace('stall, short', 2, troubled({ stalled: true }, 100, 2_500, PARTS)),
  onPlace('stall, long', 2, troubled({ stalled: true }, 3_500, 7_000, PARTS)),
  onPlace('delay', 1, troubled({ delayMs: 150 }, 500, 4_000, DIRECTIONS)),
  onPlace('throttle', 1, troubled({ bytesPerSecond: 100_000 }, 500, 4_000, DIRECTIONS)),
  onPlace('halve', 1, troubled({ halved: true }, 500, 4_000, DIRECTIONS)),
  onPlace('connections refused', 1, async ({ chance }, { ways }) => {
    const way = chance.pick(ways);
    way.closed = true;
    way.cut();
    await pass(chance.between(100, 5_000));
    way.closed = false;
  }),
  onPlace('clock jump of a slave', 1, async ({ chance }, { clock }) => {
    writeFileSync(clock, String(chance.pick([-HOUR_MS, 0, HOUR_MS])));
    await pass(100);
  }),
  onAll('SIGSTOP of the master', 1, ({ cluster, chance }) =>
    cluster.master.freeze(chance.between(100, 5_000)),
  ),
  onAll('SIGSTOP of everything', 1, async ({ cluster, chance, places }) => {
    const all = [...places.map(({ slave }) => slave), cluster.master];
    for (const member of all) member.signal('SIGSTOP');
    await cluster.nats?.freeze();
    await pass(chance.between(500, 5_000));
    cluster.nats?.thaw();
    for (const member of all) member.signal('SIGCONT');
  }),
  onAll(
    'kill -9 of the nats-server',
    2,
    async ({ cluster, chance }) => {
      await cluster.nats?.kill();
      await pass(chance.between(0, 4_000));
      await cluster.nats?.restart();
    },
    NATS,
  ),
  onAll(
    'SIGSTOP of the nats-server',
    1,
    async ({ cluster, chance }) => {
      await cluster.nats?.freeze();
      await pass(chance.between(100, 5_000));
      cluster.nats?.thaw();
    },
    NATS,
  ),
  onAll('cut of the master', 1, async ({ masterWay }) => masterWay?.cut(), NATS),
  onAll(
    'stall of the master',
    1,
    async ({ masterWay, chance }) => {
      const end = masterWay?.impose({ stalled: true }, chance.pick(PARTS));
      await pass(chance.between(100, 5_000));
      end?.();
    },
    NATS,
  ),
  onAll(
    "kill -9 of a slaves' server",
    4,
    serverAway((server) => server.kill()),
    CLUSTER,
  ),
  onAll(
    "lame duck mode of a slaves' server",
    2,
    serverAway((server) => server.retire()),
    CLUSTER,
  ),
  onAll(
    "the slaves' servers are cut off",
    3,
    async ({ cluster: { betweenServers }, chance }) => {
      betweenServers.closed = true;
      betweenServers.cut();
      await pass(chance.between(100, 5_000));
      betweenServers.closed = false;
    },
    CLUSTER,
  ),
  onAll(
    "the slaves' servers are cut off without a sign",
    2,
    async ({ cluster: { betweenServers }, chance }) => {
      const end = betweenServers.impose({ stalled: true }, chance.pick(DIRECTIONS));
      await pass(chance.between(100, 5_000));
      end();
    },
    CLUSTER,
  ),
];
