/** The same with a hundred seeds. */

import { testCollections } from './collections-seeds.js';

testCollections('simulation/collections at length', 100);
