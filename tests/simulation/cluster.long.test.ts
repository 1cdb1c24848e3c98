/** The same with more seeds. */

import { testSeeds } from './seeds.js';

testSeeds('simulation/cluster at length', 35, 16, 16);
