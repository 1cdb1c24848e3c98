/** The same with five hundred seeds. */

import { testSeeds } from './seeds.js';

testSeeds('simulation/cluster at length', 500);
