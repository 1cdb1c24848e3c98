/** Scenarios of the catalogue: slaves that are killed, and two faults at once. FAULTS_SEED chooses another seed than 1. */

import { suite } from 'uvu';
import { casesOf, isSeldom, runMany, SEED } from './run-many.js';
import { SCENARIOS } from './scenarios/index.js';

const it = suite('scenarios: slaves that are killed, and two faults at once');

it('end with one fate for each task, and nothing left behind', () =>
  runMany(casesOf([...SCENARIOS['killed slaves'], ...SCENARIOS['two faults']]).filter(isSeldom), SEED));

it.run();
