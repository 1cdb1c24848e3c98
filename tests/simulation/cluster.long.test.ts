/** The same with three hundred seeds. */

import { testSeeds } from './seeds.js';

testSeeds('simulation/cluster at length', 140);
