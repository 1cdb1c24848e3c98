/** The whole catalogue on the brokers that the suite left out. FAULTS_SEED chooses another seed than 1. */

import { suite } from 'uvu';
import { casesOf, isInTurn, runMany, SEED } from './run-many.js';
import { SCENARIOS } from './scenarios/index.js';

const it = suite('scenarios on the other broker');

for (const [about, scenarios] of Object.entries(SCENARIOS)) {
  const cases = casesOf(scenarios).filter((each) => !isInTurn(each));
  if (cases.length > 0) it(`${about} end with one fate for each task`, () => runMany(cases, SEED));
}

it.run();
