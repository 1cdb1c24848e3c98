/** The cost that policies and ordered dispatch add to the master's for a task, each beside a task without any. */

import { DEFAULT_POLICY, resolvePolicy } from '../src/algorithms/policy.js';
import type { ResolvedPolicy } from '../src/algorithms/types.js';
import { MemoryCluster } from './memory-cluster.js';
import { median } from './statistics.js';

const SLAVES = 2;
const TASKS_PER_STEP = 1_000;
const STEPS = 100;

/** `ordered` addresses the tasks to the slaves in turn. */
const KINDS: Readonly<Record<string, readonly ResolvedPolicy[]>> = {
  'a tag': [resolvePolicy({ tag: { any: 'value' } })],
  'three priorities': [0, 1, 2].map((priority) => resolvePolicy({ priority })),
  'retryErrors, backoffSeconds': [resolvePolicy({ retryErrors: true, backoffSeconds: 1 })],
  timeoutSeconds: [resolvePolicy({ timeoutSeconds: 60 })],
  ordered: Array.from({ length: SLAVES }, (_, number) => resolvePolicy({ sid: `SLAVE-${number}` })),
};

export interface PolicyRow {
  readonly policy: string;
  readonly plainMicros: number;
  readonly policyMicros: number;
  /** Median of the ratios of pairs, which were measured one after the other. */
  readonly ratio: number;
}

export function measurePolicies({ repeats }: { repeats: number }): PolicyRow[] {
  run([DEFAULT_POLICY], false);
  return Object.entries(KINDS).map(([policy, policies]) => {
    const pairs = Array.from({ length: repeats }, () => ({
      plain: run([DEFAULT_POLICY], false),
      with: run(policies, policy === 'ordered'),
    }));
    return {
      policy,
      plainMicros: median(pairs.map(({ plain }) => plain)),
      policyMicros: median(pairs.map((pair) => pair.with)),
      ratio: median(pairs.map((pair) => pair.with / pair.plain)),
    };
  });
}

/** Microseconds of the master a task in groups of 100, while as many are submitted as end. */
function run(policies: readonly ResolvedPolicy[], ordered: boolean): number {
  const tasksPerTick = TASKS_PER_STEP / SLAVES;
  const cluster = new MemoryCluster({ slaves: SLAVES, group: 100, taskMicros: 1, tasksPerTick });
  if (ordered) cluster.master.groups.allocate(SLAVES, 'ordered');
  cluster.submit(TASKS_PER_STEP, policies);
  for (let step = 0; step < 20; step++) {
    cluster.submit(TASKS_PER_STEP, policies);
    cluster.step();
  }
  const msBefore = cluster.masterMs;
  const completedBefore = cluster.completed;
  for (let step = 0; step < STEPS; step++) {
    cluster.submit(TASKS_PER_STEP, policies);
    cluster.step();
  }
  const completed = cluster.completed - completedBefore;
  if (completed < 0.9 * STEPS * TASKS_PER_STEP) throw new Error(`only ${completed} tasks came to their end`);
  return ((cluster.masterMs - msBefore) * 1000) / completed;
}

export function policyLine({ policy, plainMicros, policyMicros, ratio }: PolicyRow): string {
  const micros = `${plainMicros.toFixed(2)} µs per task without, ${policyMicros.toFixed(2)} with`;
  return `${policy.padStart(28)}  ${micros}, ${ratio.toFixed(2)} times`;
}
