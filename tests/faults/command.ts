/**
 * `npm run soak`: faults at random, one after and over the other, on one cluster for a given time and seed;
 * with `--scenarios` the catalogue instead, once each.
 *
 *     npm run soak -- --seconds 60 --seed 7 --broker nats
 *     npm run soak -- --scenarios 'kill -9' --seed 7
 */

import { availableParallelism } from 'node:os';
import yargs from 'yargs';
import { AT_ONCE, casesOf, isDue, runMany } from './run-many.js';
import type { Outcome } from './run-scenario.js';
import { SCENARIOS } from './scenarios/index.js';
import { soak } from './soak.js';
import { BROKER_NAMES, type BrokerName, HAS_NATS_SERVER } from './support.js';

const flags = await yargs(process.argv.slice(2))
  .scriptName('npm run soak --')
  .usage(
    '$0 [--seconds N] [--seed N]\n\nFaults at random on a cluster of real processes; exits 1 if a task is lost.',
  )
  .option('seconds', { type: 'number', default: 60, describe: 'How long faults go on' })
  .option('seed', { type: 'number', default: 1, describe: 'Decides what happens to whom and when' })
  .option('broker', {
    choices: ['embedded', 'nats', 'cluster'] as const,
    describe: 'All, one after the other, by default',
  })
  .option('scenarios', {
    type: 'string',
    describe: 'Run those of the catalogue whose name has this, "" for all',
  })
  .option('at-once', { type: 'number', default: AT_ONCE, describe: 'How many scenarios run at a time' })
  .option('verbose', { type: 'boolean', default: false, describe: 'Tell of each fault as it strikes' })
  .option('list', { type: 'boolean', default: false, describe: 'Name the scenarios and run nothing' })
  .strict()
  .parse();

const NAMES = { embedded: 'embedded', nats: 'nats-server', cluster: 'nats-cluster' } as const;
const broker: BrokerName | undefined = flags.broker && NAMES[flags.broker];

// Every process that was started ends with this one.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

if (flags.list || flags.scenarios !== undefined) await runScenarios(flags.scenarios ?? '');
else {
  const all: readonly BrokerName[] = HAS_NATS_SERVER ? [...BROKER_NAMES, 'nats-cluster'] : BROKER_NAMES;
  const brokers = broker === undefined ? all : [broker];
  for (const each of brokers) await runSoak(each);
}

async function runScenarios(part: string): Promise<void> {
  const every = casesOf(Object.values(SCENARIOS).flat(), broker);
  const all = broker === undefined ? every.filter(isDue) : every;
  const cases = all.filter(({ scenario }) => scenario.name.includes(part));
  if (flags.list) {
    for (const { scenario, broker } of cases) console.log(`${broker.padEnd(12)} ${scenario.name}`);
    return;
  }
  console.log(headOf());
  const outcomes: Outcome[] = [];
  await runMany(cases, flags.seed, {
    atOnce: flags.atOnce,
    onOutcome: (outcome) => {
      outcomes.push(outcome);
      console.log(lineOf(outcome));
    },
  }).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  const tasks = outcomes.reduce((sum, outcome) => sum + outcome.tasks, 0);
  const longest = Math.max(0, ...outcomes.map(({ recoveryMs }) => recoveryMs));
  console.log(
    `${outcomes.length} of ${cases.length} runs went well; tasks ${tasks}, longest recovery ${inSeconds(longest)}`,
  );
}

async function runSoak(broker: BrokerName): Promise<void> {
  console.log(`${headOf()}, broker ${broker}, ${flags.seconds} s`);
  const story: string[] = [];
  const outcome = await soak({
    broker,
    seconds: flags.seconds,
    seed: flags.seed,
    onFault: (line) => (flags.verbose ? console.log(line) : story.push(line)),
  });
  for (const [name, count] of [...outcome.faults].sort())
    console.log(`${String(count).padStart(6)}  ${name}`);
  const { tasks, ok, unrunnable, ranAgain, lost, doubled, longest, violations } = outcome;
  console.log(
    `tasks ${tasks} (ok ${ok}, unrunnable ${unrunnable}, ran again ${ranAgain}), lost ${lost}, doubled ${doubled}, ` +
      `longest recovery ${inSeconds(longest.ms)} after ${longest.fault}`,
  );
  if (violations.length === 0 && lost === 0 && doubled === 0) return;
  console.error([...story, ...violations, `FAILED with --seed ${flags.seed} on ${broker}`].join('\n'));
  process.exitCode = 1;
}

function headOf(): string {
  return `Node ${process.version}, ${availableParallelism()} cores, seed ${flags.seed}`;
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function lineOf({ name, broker, tasks, ranAgain, recoveryMs }: Outcome): string {
  const numbers = `${String(tasks).padStart(6)} tasks, ${String(ranAgain).padStart(3)} ran again`;
  return `${broker.padEnd(12)} ${numbers}, recovery ${inSeconds(recoveryMs).padStart(6)}  ${name}`;
}
