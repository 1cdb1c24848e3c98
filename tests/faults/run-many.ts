/** Runs scenarios a few at a time, since they mostly wait, and tells of each. */

import { isDeepStrictEqual } from 'node:util';
import { type Outcome, type Run, runScenarios } from './run-scenario.js';
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

/** Of the suite: each on one broker. Together with the other cases they are all that there are. */
export function isInTurn({ scenario, broker }: Case): boolean {
  return isOnOneOnly(scenario) || broker === brokerInTurn(scenario);
}

function isOnOneOnly({ brokers }: Scenario): boolean {
  return brokers !== 'each' && brokers !== 'either';
}

/** Those that can share a run have the same turn. */
function brokerInTurn(scenario: Scenario): BrokerName {
  const turn = CATALOGUE.findIndex((other) => canShare(other, scenario));
  return BROKER_NAMES[turn % BROKER_NAMES.length] as BrokerName;
}

function canShare(a: Scenario, b: Scenario): boolean {
  if (a === b) return true;
  return a.leavesAll === true && b.leavesAll === true && isDeepStrictEqual(a.settings, b.settings);
}

/** As few as can be: most of what a run costs is the start of its processes. */
export function runsOf(cases: readonly Case[]): Run[] {
  const runs: { scenarios: Scenario[]; broker: BrokerName }[] = [];
  for (const { scenario, broker } of cases) {
    const shared = runs.find(
      (run) => run.broker === broker && run.scenarios.every((other) => canShare(other, scenario)),
    );
    if (shared === undefined) runs.push({ scenarios: [scenario], broker });
    else shared.scenarios.push(scenario);
  }
  // The longest begin first
  return runs.toSorted((a, b) => b.scenarios.length - a.scenarios.length);
}

/** Runs all, however many fail, and throws an AggregateError then. */
export async function runMany(
  runs: readonly Run[],
  seed: number,
  { atOnce = AT_ONCE, onOutcome = (_: Outcome) => {} } = {},
): Promise<void> {
  const waiting = [...runs];
  const failures: Error[] = [];
  const runNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await runScenarios(next, seed).then(onOutcome, (error) => failures.push(error as Error));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, runNext));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 0) {
    throw new AggregateError(failures, failures.map(({ message }) => message).join('\n\n'));
  }
}
