/** Runs scenarios a few at a time, since they mostly wait, and tells of each. */

import { type Outcome, runScenario } from './run-scenario.js';
import type { Scenario } from './scenarios/scenario.js';
import { BROKER_NAMES, type BrokerName, HAS_NATS_SERVER } from './support.js';

/** Each is three processes, a nats-server beside them. */
export const AT_ONCE = 4;
/** Of the suite. */
export const SEED = Number(process.env.FAULTS_SEED ?? 1);

export interface Case {
  readonly scenario: Scenario;
  readonly broker: BrokerName;
}

/** On each broker where it has a part in the scenario; where it has none, in turns. */
export function casesOf(scenarios: readonly Scenario[], only?: BrokerName): Case[] {
  return scenarios.flatMap((scenario, index) => {
    const { brokers } = scenario;
    const known: readonly BrokerName[] = HAS_NATS_SERVER ? [...BROKER_NAMES, 'nats-cluster'] : BROKER_NAMES;
    const wanted =
      brokers === 'each' || (brokers === 'either' && only !== undefined)
        ? BROKER_NAMES
        : brokers === 'either'
          ? [BROKER_NAMES[index % BROKER_NAMES.length] as BrokerName]
          : known.filter((name) => name === brokers);
    return wanted
      .filter((broker) => only === undefined || broker === only)
      .map((broker) => ({ scenario, broker }));
  });
}

/** Runs all, however many fail, and throws an AggregateError then. */
export async function runMany(
  cases: readonly Case[],
  seed: number,
  { atOnce = AT_ONCE, onOutcome = (_: Outcome) => {} } = {},
): Promise<void> {
  const waiting = [...cases];
  const failures: Error[] = [];
  const runNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await runScenario(next.scenario, next.broker, seed).then(onOutcome, (error) =>
        failures.push(error as Error),
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, runNext));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 0) {
    throw new AggregateError(failures, failures.map(({ message }) => message).join('\n\n'));
  }
}
