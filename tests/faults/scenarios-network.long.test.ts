/** Scenarios of the catalogue: the network. FAULTS_SEED chooses another seed than 1. */

import { suite } from 'uvu';
import { casesOf, isSeldom, runMany, SEED } from './run-many.js';
import { SCENARIOS } from './scenarios/index.js';

const it = suite('scenarios: the network');

it('end with one fate for each task, and nothing left behind', () =>
  runMany(casesOf(SCENARIOS.network).filter(isSeldom), SEED));

it.run();
