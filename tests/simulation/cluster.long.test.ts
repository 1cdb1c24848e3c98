/** The same with two hundred seeds. */

import { testSeeds } from './seeds.js';

testSeeds('simulation/cluster at length', 200);
