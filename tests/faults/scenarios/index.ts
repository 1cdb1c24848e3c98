/** All scenarios, by what they are about. */

import { BROKERS } from './brokers.js';
import { CLOCKS } from './clocks.js';
import { CLUSTERS } from './clusters.js';
import { DATA_PORTS } from './data-ports.js';
import { DEADLY_TASKS } from './deadly-tasks.js';
import { FROZEN } from './frozen.js';
import { KILLED } from './killed.js';
import { NETWORK } from './network.js';
import { PIPES } from './pipes.js';
import type { Scenario } from './scenario.js';
import { STANDING_SERVERS } from './standing-servers.js';
import { TOGETHER } from './together.js';

export const SCENARIOS = {
  'killed slaves': KILLED,
  'deadly tasks': DEADLY_TASKS,
  'frozen processes': FROZEN,
  'brokers and masters': BROKERS,
  network: NETWORK,
  'data ports': DATA_PORTS,
  'clusters of servers': CLUSTERS,
  clocks: CLOCKS,
  pipes: PIPES,
  'two faults': TOGETHER,
  'standing servers': STANDING_SERVERS,
} as const satisfies Record<string, readonly Scenario[]>;
