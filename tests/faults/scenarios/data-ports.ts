/** The data ports alone are cut, torn, stand still or are slow; all else goes through the broker meanwhile. */

import * as assert from 'uvu/assert';
import type { Stage } from '../stage.js';
import { pass, until } from '../support.js';
import { DATA, type Scenario, type Settings } from './scenario.js';
import { cuts, cutsInside, suffers } from './strikes.js';

const PORTS: Settings = { ...DATA, way: 'data ports', slaves: 1, expect: { unharmed: true } };

const taken = ({ cluster }: Stage): number => cluster.trail.all('data-port-taken').length;

/** The slaves are on their ports again, or for the first time, and so is their data. */
async function allOnPorts(stage: Stage, before = 0): Promise<void> {
  const { way } = stage;
  await until('data ports', () => taken(stage) >= before + stage.slaves.length || undefined);
  const { bytes } = way;
  await until('traffic', () => way.bytes > bytes + 400_000 || undefined);
}

export const DATA_PORTS: readonly Scenario[] = [
  {
    name: 'three cuts of the data ports, with data in both directions',
    brokers: 'embedded',
    settings: { ...PORTS, slaves: 2, pending: 200 },
    async strike(stage) {
      await allOnPorts(stage);
      await cuts(stage, () => stage.way.cut(), 3);
    },
  },
  {
    name: 'cuts inside what goes up the data ports',
    brokers: 'embedded',
    settings: PORTS,
    strike: (stage) => cutsInsidePorts(stage, 'up'),
  },
  {
    name: 'cuts inside what comes down the data ports',
    brokers: 'embedded',
    settings: PORTS,
    strike: (stage) => cutsInsidePorts(stage, 'down'),
  },
  {
    name: 'every piece of data on the data ports halved',
    brokers: 'embedded',
    settings: PORTS,
    strike: (stage) => suffers(stage, 2_000, { halved: true }),
  },
  {
    name: 'a delay of 200 ms on the data ports alone',
    brokers: 'embedded',
    settings: PORTS,
    strike: (stage) => suffers(stage, 3_000, { delayMs: 200 }),
  },
  {
    name: 'a stall of the data ports for three seconds',
    brokers: 'embedded',
    settings: PORTS,
    strike: (stage) => suffers(stage, 3_000, { stalled: true }),
  },
  {
    name: 'data ports that carry nothing up from now on',
    brokers: 'embedded',
    settings: PORTS,
    strike: (stage) => leavesForGood(stage, 'up'),
  },
  {
    name: 'data ports that carry nothing down from now on',
    brokers: 'embedded',
    settings: PORTS,
    strike: (stage) => leavesForGood(stage, 'down'),
  },
  {
    name: 'data ports that refuse connections for five seconds',
    brokers: 'embedded',
    settings: PORTS,
    async strike(stage) {
      const { way } = stage;
      await allOnPorts(stage);
      const before = taken(stage);
      way.closed = true;
      way.cut();
      await stage.allBackToWork();
      await pass(5_000);
      way.closed = false;
      await allOnPorts(stage, before);
      await stage.allBackToWork();
    },
  },
  {
    name: 'a master that is frozen while its data ports are cut',
    brokers: 'embedded',
    settings: { ...PORTS, clientTimeout: 6 },
    async strike(stage) {
      const { master } = stage.cluster;
      await allOnPorts(stage);
      master.signal('SIGSTOP');
      stage.way.cut();
      await pass(2_000);
      master.signal('SIGCONT');
      await stage.allBackToWork();
    },
  },
];

/** First whatever there is, which may be a connection that is being made, then each of them. */
async function cutsInsidePorts(stage: Stage, direction: 'up' | 'down'): Promise<void> {
  await cutsInside(stage, { direction });
  await allOnPorts(stage);
  await cutsInside(stage, { direction });
}

/** The slaves find out by themselves, and work goes on through the broker. */
async function leavesForGood(stage: Stage, direction: 'up' | 'down'): Promise<void> {
  const { way, cluster } = stage;
  await allOnPorts(stage);
  way.stall({ direction });
  await stage.allBackToWork();
  const isLost = (): boolean => cluster.trail.all('data-port-lost').length >= stage.slaves.length;
  await until('ports that are left', () => isLost() || undefined);
  await stage.allBackToWork();
  assert.is(cluster.trail.all('slave-suspected').length, 0, 'their sentinels go through the broker');
}
