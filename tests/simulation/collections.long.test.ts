/** The same with two hundred seeds. */

import { testCollections } from './collections-seeds.js';

testCollections('simulation/collections at length', 200);
