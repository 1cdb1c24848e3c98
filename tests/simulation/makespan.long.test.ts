/** The same with two hundred seeds. */

import { testMakespans } from './makespans.js';

testMakespans('simulation/makespan at length', 200, { bound: 1.1, greedy: 1.03 });
