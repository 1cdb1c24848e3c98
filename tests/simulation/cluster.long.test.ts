/** The same with four hundred seeds. */

import { testSeeds } from './seeds.js';

testSeeds('simulation/cluster at length', 400);
