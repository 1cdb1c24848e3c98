/** Tasks of mixed length on four simulated slaves. */

import { testMakespans } from './makespans.js';

testMakespans('simulation/makespan', 10, { greedy: 1.05 });
