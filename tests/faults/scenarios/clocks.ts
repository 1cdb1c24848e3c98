/** Wall clocks that jump: what matters is measured by another. */

import type { Stage } from '../stage.js';
import { type Member, pass } from '../support.js';
import type { Scenario } from './scenario.js';

const HOUR_MS = 3_600_000;

/** Both their trails and the next results show that the clock has jumped and nobody minds. */
async function jump(stage: Stage, ms: number, who: readonly Member[]): Promise<void> {
  stage.jump(ms);
  const showsJump = ({ trail }: Member): boolean =>
    trail.read().some(({ timeMs }) => Math.abs(timeMs - Date.now() - ms) < HOUR_MS / 2);
  await stage.timed('a line of another time', () => who.every(showsJump));
  // Beats, judgements and dials are made in the new time.
  await pass(2_000);
  await stage.allBackToWork();
}

async function jumpAndCut(stage: Stage, who: readonly Member[]): Promise<void> {
  await jump(stage, -HOUR_MS, who);
  stage.way.cut();
  await stage.allBackToWork();
}

export const CLOCKS: readonly Scenario[] = [
  {
    name: "the slaves' clocks go forward an hour",
    brokers: 'either',
    settings: { clock: 'slaves', slaves: 1, expect: { unharmed: true } },
    strike: (stage) => jump(stage, HOUR_MS, stage.slaves),
  },
  {
    name: "the slaves' clocks go back an hour",
    brokers: 'either',
    settings: { clock: 'slaves', slaves: 1, expect: { unharmed: true } },
    strike: (stage) => jump(stage, -HOUR_MS, stage.slaves),
  },
  {
    name: "the master's clock goes forward an hour",
    brokers: 'either',
    settings: { clock: 'master', slaves: 1, expect: { unharmed: true } },
    strike: (stage) => jump(stage, HOUR_MS, [stage.cluster.master]),
  },
  {
    name: "the master's clock goes back an hour",
    brokers: 'either',
    settings: { clock: 'master', slaves: 1, expect: { unharmed: true } },
    strike: (stage) => jump(stage, -HOUR_MS, [stage.cluster.master]),
  },
  {
    name: "the slaves' clocks go back an hour, and their connections are cut",
    brokers: 'either',
    settings: { clock: 'slaves', way: 'slaves', slaves: 1, expect: { unharmed: true } },
    strike: (stage) => jumpAndCut(stage, stage.slaves),
  },
  {
    name: "the master's clock goes back an hour, and its connections are cut",
    brokers: 'nats-server',
    settings: { clock: 'master', way: 'master', slaves: 1, expect: { unharmed: true } },
    strike: (stage) => jumpAndCut(stage, [stage.cluster.master]),
  },
];
