/**
 * What the longer test files take on two quiet cores, so that they can begin first. It decides the order and what
 * runs beside what, nothing else: a file that is missing here, or takes longer than it says, is run all the same.
 */
import type { Weight } from './schedule.js';

/** Of a file that is not listed: mostly the start of its process. */
const SHORT: Weight = { seconds: 1, cores: 0.8 };

/** By path below tests, without `.test`: seconds alone, and processors busy meanwhile. 2 for a file that holds processes to times. */
export const WEIGHTS: Readonly<Record<string, readonly [seconds: number, cores: number]>> = {
  'audit/audit-trail': [6, 0.8],
  'broker/admission/guest-brake': [6, 0.8],
  'broker/conformance': [20, 0.9],
  'cli/dump-exec/dump-exec': [10, 1],
  'cli/repl/repl': [8, 0.8],
  'docs/programs': [60, 1],
  'examples/bank-account': [5, 1],
  'examples/mandelbrot': [9, 1],
  'examples/ping': [6, 1],
  'examples/slave-database': [14, 1],
  'examples/stopped': [11, 1],
  'examples/word-count': [10, 1],
  'faults/backlog.long': [55, 1.8],
  'faults/busy': [14, 2],
  'faults/checkpoint': [30, 2],
  'faults/churn.long': [138, 2],
  'faults/comeback': [20, 2],
  'faults/killed': [30, 2],
  'faults/master-gone': [18, 2],
  'faults/poison': [25, 2],
  'faults/scenarios-clusters': [40, 0.8],
  'faults/scenarios-frozen': [40, 0.8],
  'faults/scenarios-killed': [40, 0.8],
  'faults/scenarios-network': [50, 1],
  'faults/scenarios-tasks': [40, 0.8],
  'faults/scenarios.long': [180, 1],
  'faults/soak.long': [180, 1],
  'install/node-versions.long': [60, 1],
  'install/packages.long': [60, 1],
  'install/runtimes.long': [60, 1],
  'link/connection/broker-faults': [20, 0.5],
  'link/sentinel/sentinel': [40, 0.4],
  'load/backlog.long': [20, 1],
  'load/large.long': [20, 1],
  'load/slaves.long': [20, 1.5],
  'master/core/crowd': [5, 1],
  'security/secrets': [40, 1],
  'simulation/cluster': [25, 1],
  'simulation/cluster.long': [500, 1],
  'system/exit-codes': [30, 1],
  'system/leaving-slaves': [50, 1],
  'system/resource-file': [30, 1],
  'system/signals': [40, 1],
  'system/slave-algorithm': [30, 1],
};

/** `file` is a path below dist/tests. */
export function weightOf(file: string): Weight {
  const weight = WEIGHTS[file.replace(/\.test\.js$/, '')];
  return weight === undefined ? SHORT : { seconds: weight[0], cores: weight[1] };
}
