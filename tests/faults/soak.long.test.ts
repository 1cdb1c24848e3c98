/** Faults at random, one after and over the other, on each kind of broker. `npm run soak` has it for hours. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SEED } from './run-many.js';
import { soak } from './soak.js';
import { BROKER_NAMES, type BrokerName, HAS_NATS_SERVER } from './support.js';

const it = suite('soak');
const SECONDS = 8;
const BROKERS: readonly BrokerName[] = HAS_NATS_SERVER ? [...BROKER_NAMES, 'nats-cluster'] : BROKER_NAMES;

for (const broker of BROKERS) {
  it(`loses and doubles no task (${broker})`, async () => {
    const story: string[] = [];
    const outcome = await soak({
      broker,
      seconds: SECONDS,
      seed: SEED,
      onFault: (line) => story.push(line),
    });
    const { lost, doubled, violations } = outcome;
    assert.equal({ lost, doubled, violations }, { lost: 0, doubled: 0, violations: [] }, story.join('\n'));
    assert.ok(outcome.faults.size > 0, 'faults struck');
  });
}

it.run();
