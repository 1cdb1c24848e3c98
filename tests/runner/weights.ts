/**
 * The time of the longer test files on two quiet cores, so that they can begin first. It decides the order and what
 * runs beside what, nothing else: a file that is missing here, or takes longer than it says, is run anyway.
 */
import type { Weight } from './schedule.js';

/** Of a file that is not listed: mostly the start of its process. */
const SHORT = 0.3;
/** Files of real faults start many processes each, and hold them to times. */
const alone = (seconds: number): [seconds: number, cores: number] => [seconds, 2];

/** By path below tests, without `.test`: seconds alone, and processors where that is not one. */
export const WEIGHTS: Readonly<Record<string, number | readonly [seconds: number, cores: number]>> = {
  'audit/audit-trail': [17, 0.4],
  'broker/admission/guest-brake': [7, 0.9],
  'broker/conformance': [25, 0.5],
  'cli/dump-exec/dump-exec.long': [2, 0.9],
  'cli/repl/repl': 6,
  'collections/lfarm-kill': [3, 0.8],
  'docs/programs': 24,
  'examples/bank-account.long': 4,
  'examples/monte-carlo-pi.long': 3,
  'examples/ping.long': 4,
  'examples/slave-database.long': 5,
  'examples/stopped.long': [7, 0.8],
  'faults/backlog.long': 45,
  'faults/busy.long': alone(12),
  'faults/checkpoint': [5, 0.9],
  'faults/churn.long': alone(25),
  'faults/comeback.long': [9, 0.4],
  'faults/flow-checkpoint.long': [40, 0.8],
  'faults/killed': [25, 0.6],
  'faults/master-gone.long': alone(18),
  'faults/poison': [7, 0.8],
  'faults/scenarios': [50, 0.6],
  'faults/scenarios-clusters.long': alone(40),
  'faults/scenarios-frozen.long': alone(70),
  'faults/scenarios-killed.long': alone(70),
  'faults/scenarios-network.long': alone(90),
  'faults/scenarios-servers.long': alone(40),
  'faults/scenarios-tasks.long': alone(80),
  'faults/soak.long': alone(18),
  'faults/ssh-machines.long': [20, 0.6],
  'install/node-versions.long': 40,
  'install/packages.long': 60,
  'install/runtimes.long': 60,
  'link/connection/broker-faults': [16, 0.3],
  'link/connection/data-connection': [10, 0.3],
  'link/connection/tls-options': [3, 0.8],
  'link/sentinel/sentinel': [40, 0.3],
  'link/sentinel/sentinel-thread': [8, 0.4],
  'load/backlog.long': alone(10),
  'load/large.long': alone(10),
  'load/slaves.long': alone(23),
  'load/storm.long': alone(10),
  'machines/bundle/travelling.long': [3, 0.9],
  'machines/kernel': [3, 0.8],
  'machines/kerberos.long': [9, 0.3],
  'machines/leases.long': [60, 0.4],
  'machines/server': [4, 0.6],
  'machines/ssh/ssh-host.long': [35, 0.4],
  'master/master': [9, 0.4],
  'master/master-link': [6, 0.5],
  'master/core/crowd': [2, 0.9],
  'security/lying-client': [5, 0.9],
  'security/secrets': [11, 0.8],
  'simulation/cluster': [14, 0.8],
  'simulation/cluster.long': 50,
  'simulation/collections': 2,
  'simulation/collections.long': 10,
  'slave/slave-link': [6, 0.4],
  'slave/whole-slave': [14, 0.4],
  'slave/slave': [9, 0.2],
  'system/audit': [3, 0.9],
  'system/backup-tasks': [4, 0.7],
  'system/authorize-slave': 4,
  'system/back-pressure.long': 6,
  'system/cells': [3, 0.8],
  'system/concurrency': [3, 0.8],
  'system/dying-tasks': [8, 0.8],
  'system/exit-codes': [12, 0.9],
  'system/forecast.long': alone(32),
  'system/hello-world': 8,
  'system/leaving-slaves': [32, 0.5],
  'system/lost-output': [8, 0.9],
  'system/master-gone': [7, 0.3],
  'system/master-handle': [10, 0.7],
  'system/mistyped-flags': [12, 0.3],
  'system/nats-permissions': [14, 0.5],
  'system/notices': [7, 0.5],
  'system/policies': [3, 0.5],
  'system/refusals': [12, 0.6],
  'system/resource-file': [10, 0.8],
  'system/servers': [8, 0.8],
  'system/signals': 7,
  'system/slave-algorithm': [6, 0.8],
  'system/stopped': [19, 0.5],
  'system/submit-all': 2,
  'system/timeouts': [6, 0.3],
  'system/tls': [13, 0.5],
  'system/two-masters': [8, 0.5],
  'system/values': [5, 0.8],
};

/** Of a path below dist/tests. */
export function isListed(file: string): boolean {
  return WEIGHTS[nameOf(file)] !== undefined;
}

/** Of files that run in one process, one after the other. */
export function weightOfJob(files: readonly string[]): Weight {
  const weights = files.map((file) => WEIGHTS[nameOf(file)] ?? SHORT);
  const seconds = weights.reduce<number>(
    (sum, weight) => sum + (typeof weight === 'number' ? weight : weight[0]),
    0,
  );
  const cores = Math.max(...weights.map((weight) => (typeof weight === 'number' ? 1 : weight[1])));
  return { seconds, cores };
}

function nameOf(file: string): string {
  return file.replace(/\.test\.js$/, '');
}
