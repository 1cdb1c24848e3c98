/** Whole clusters under seeded misfortune. `SEED=n` replays one of them, with a trace; `SEEDS=n` runs n of them. */

import { testSeeds } from './seeds.js';

const { SEEDS } = process.env;

testSeeds('simulation/cluster', Number(SEEDS ?? 3), Number(SEEDS ?? 7));
