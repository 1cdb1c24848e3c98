/** Runs scenarios a few at a time, since they mostly wait, and reports each. */

import { type Outcome, runScenario } from './run-scenario.js';
import { SCENARIOS } from './scenarios/index.js';
import type { Scenario } from './scenarios/scenario.js';
import { BROKER_NAMES, type BrokerName, HAS_NATS_SERVER } from './support.js';

/** Each is three processes, a nats-server beside them. */
export const AT_ONCE = 4;
/** Of the suite. */
export const SEED = Number(process.env.FAULTS_SEED ?? 1);

const CATALOGUE: readonly Scenario[] = Object.values(SCENARIOS).flat();

export interface Case {
  readonly scenario: Scenario;
  readonly broker: BrokerName;
}

/** On each broker that may carry it, or on one of them. */
export function casesOf(scenarios: readonly Scenario[], only?: BrokerName): Case[] {
  const known: readonly BrokerName[] = HAS_NATS_SERVER ? [...BROKER_NAMES, 'nats-cluster'] : BROKER_NAMES;
  return scenarios.flatMap((scenario) =>
    (isOnOneOnly(scenario) ? known.filter((name) => name === scenario.brokers) : BROKER_NAMES)
      .filter((broker) => only === undefined || broker === only)
      .map((broker) => ({ scenario, broker })),
  );
}

/** Of `npm test`; the long tests have the others. */
export function isOften(each: Case): boolean {
  return each.scenario.often === true && isInTurn(each);
}

/** Of the long tests, beside those of `npm test`. */
export function isSeldom(each: Case): boolean {
  return isDue(each) && !isOften(each);
}

/** Each scenario in which the broker has a part on all brokers, the others on one of them. */
export function isDue(each: Case): boolean {
  return each.scenario.brokers === 'each' || isInTurn(each);
}

/** Each scenario on one broker. */
function isInTurn({ scenario, broker }: Case): boolean {
  return isOnOneOnly(scenario) || broker === brokerInTurn(scenario);
}

function isOnOneOnly({ brokers }: Scenario): boolean {
  return brokers !== 'each' && brokers !== 'either';
}

function brokerInTurn(scenario: Scenario): BrokerName {
  return BROKER_NAMES[CATALOGUE.indexOf(scenario) % BROKER_NAMES.length] as BrokerName;
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
