/** A few scenarios of each kind, on one broker. FAULTS_SEED chooses another seed than 1. */

import { suite } from 'uvu';
import { casesOf, isOften, runMany, SEED } from './run-many.js';
import { SCENARIOS } from './scenarios/index.js';

const it = suite('scenarios');

it('end with one fate for each task, and nothing left behind', () =>
  runMany(casesOf(Object.values(SCENARIOS).flat()).filter(isOften), SEED));

it.run();
