/** Scenarios of the catalogue: deadly tasks, clocks and pipes. FAULTS_SEED chooses another seed than 1. */

import { suite } from 'uvu';
import { casesOf, isSeldom, runMany, SEED } from './run-many.js';
import { SCENARIOS } from './scenarios/index.js';

const it = suite('scenarios: deadly tasks, clocks and pipes');

it('end with one fate for each task, and nothing left behind', () =>
  runMany(
    casesOf([...SCENARIOS['deadly tasks'], ...SCENARIOS.clocks, ...SCENARIOS.pipes]).filter(isSeldom),
    SEED,
  ));

it.run();
