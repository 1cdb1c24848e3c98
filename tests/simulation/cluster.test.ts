/** Whole clusters under seeded misfortune. `SEED=n` replays one of them, with a trace; `SEEDS=n` runs so many. */

import { testSeeds } from './seeds.js';

testSeeds('simulation/cluster', Number(process.env.SEEDS ?? 7));
