/**
 * What the longer test files take on two quiet cores, so that they can begin first. It decides the order and what
 * runs beside what, nothing else: a file that is missing here, or takes longer than it says, is run all the same.
 */
import type { Weight } from './schedule.js';

/** Of a file that is not listed: mostly the start of its process. */
const SHORT = 1;
/** Files of real faults start many processes each, and hold them to times: one runs alone. */
const CROWD = /^faults\//;
const CORES_OF_CROWD = 2;

/** By path below tests, without `.test`: seconds alone. */
export const WEIGHTS: Readonly<Record<string, number>> = {
  'audit/audit-trail': 6,
  'broker/admission/guest-brake': 6,
  'broker/conformance': 20,
  'cli/dump-exec/dump-exec': 10,
  'cli/repl/repl': 8,
  'docs/programs': 60,
  'examples/bank-account': 5,
  'examples/mandelbrot': 9,
  'examples/ping': 6,
  'examples/slave-database': 14,
  'examples/stopped': 11,
  'examples/word-count': 10,
  'faults/backlog.long': 55,
  'faults/busy': 14,
  'faults/checkpoint': 30,
  'faults/churn.long': 138,
  'faults/comeback': 20,
  'faults/killed': 30,
  'faults/master-gone': 18,
  'faults/poison': 25,
  'faults/scenarios-clusters': 40,
  'faults/scenarios-frozen': 40,
  'faults/scenarios-killed': 40,
  'faults/scenarios-network': 50,
  'faults/scenarios-tasks': 40,
  'faults/scenarios.long': 180,
  'faults/soak.long': 180,
  'install/node-versions.long': 60,
  'install/packages.long': 60,
  'install/runtimes.long': 60,
  'link/connection/broker-faults': 20,
  'link/sentinel/sentinel': 40,
  'load/backlog.long': 20,
  'load/large.long': 20,
  'load/slaves.long': 20,
  'master/core/crowd': 5,
  'security/secrets': 40,
  'simulation/cluster': 25,
  'simulation/cluster.long': 500,
  'system/exit-codes': 30,
  'system/leaving-slaves': 50,
  'system/resource-file': 30,
  'system/signals': 40,
  'system/slave-algorithm': 30,
};

/** `file` is a path below dist/tests. */
export function weightOf(file: string): Weight {
  const seconds = WEIGHTS[file.replace(/\.test\.js$/, '')] ?? SHORT;
  return { seconds, cores: CROWD.test(file) ? CORES_OF_CROWD : 1 };
}
