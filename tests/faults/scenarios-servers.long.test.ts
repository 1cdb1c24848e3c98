/** Scenarios of the catalogue: standing servers. FAULTS_SEED chooses another seed than 1. */

import { suite } from 'uvu';
import { casesOf, isSeldom, runMany, SEED } from './run-many.js';
import { SCENARIOS } from './scenarios/index.js';

const it = suite('scenarios: standing servers');

it('end with one fate for each task, and nothing left behind', () =>
  runMany(casesOf(SCENARIOS['standing servers']).filter(isSeldom), SEED));

it.run();
