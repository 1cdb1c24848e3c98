/** Collections on whole clusters under seeded misfortune. */

import { testCollections } from './collections-seeds.js';

testCollections('simulation/collections', Number(process.env.SEEDS ?? 12));
