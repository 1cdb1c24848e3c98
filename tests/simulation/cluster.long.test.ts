/** The same with a thousand seeds. */

import { testSeeds } from './seeds.js';

testSeeds('simulation/cluster at length', 1_000);
