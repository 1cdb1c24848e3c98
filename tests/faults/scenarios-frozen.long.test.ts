/** Scenarios of the catalogue: frozen processes, brokers and masters. FAULTS_SEED chooses another seed than 1. */

import { suite } from 'uvu';
import { casesOf, isSeldom, runMany, SEED } from './run-many.js';
import { SCENARIOS } from './scenarios/index.js';

const it = suite('scenarios: frozen processes, brokers and masters');

it('end with one fate for each task, and nothing left behind', () =>
  runMany(
    casesOf([...SCENARIOS['frozen processes'], ...SCENARIOS['brokers and masters']]).filter(isSeldom),
    SEED,
  ));

it.run();
