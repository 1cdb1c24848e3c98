/** Faults at random, one after and over the other, on each kind of broker. `npm run soak` has it for hours. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SEED } from './run-many.js';
import { soak } from './soak.js';
import { BROKER_NAMES, type BrokerName, HAS_NATS_SERVER, together } from './support.js';

const it = suite('soak');
const SECONDS = 6;
const BROKERS: readonly BrokerName[] = HAS_NATS_SERVER ? [...BROKER_NAMES, 'nats-cluster'] : BROKER_NAMES;

async function soakOn(broker: BrokerName): Promise<void> {
  const story: string[] = [];
  const outcome = await soak({ broker, seconds: SECONDS, seed: SEED, onFault: (line) => story.push(line) });
  const { lost, doubled, violations } = outcome;
  const told = `${broker}: ${story.join('\n')}`;
  assert.equal({ lost, doubled, violations }, { lost: 0, doubled: 0, violations: [] }, told);
  assert.ok(outcome.faults.size > 0, `faults struck (${broker})`);
}

it('loses and doubles no task, on any broker', () => together(BROKERS.map(soakOn)));

it.run();
