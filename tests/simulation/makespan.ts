/** A computation without misfortune, of tasks whose lengths differ much: when it is over, and when it could have been. */

import { DEFAULT_POLICY } from '../../src/algorithms/policy.js';
import { silentAudit } from '../../src/audit/memory-trail.js';
import { logNormal } from '../support/log-normal.js';
import { Network } from './network.js';
import { Chance, Scheduler } from './scheduler.js';
import { SimulatedMaster } from './simulated-master.js';
import { SimulatedSlave } from './simulated-slave.js';
import { ALGORITHMS, type Work, workOf } from './simulated-work.js';

const PENDING_LIMIT_BYTES = 8 * 1024 * 1024;
/** By then all slaves have joined. */
const BEGIN_MS = 2_000;

export interface Workload {
  readonly seed: number;
  readonly tasks: number;
  readonly slaves: number;
  /** Of a log-normal distribution. */
  readonly meanMs: number;
  readonly sigma: number;
  /** Whether main is free meanwhile. */
  readonly waits: boolean;
}

export interface Makespan {
  readonly ms: number;
  /** No schedule is over sooner: the longest task, or the work divided by the slaves. */
  readonly boundMs: number;
  /** When it would be over if each task began, without any delay, at the first slave that is free. */
  readonly greedyMs: number;
}

export function measureMakespan({ seed, tasks, slaves, meanMs, sigma, waits }: Workload): Makespan {
  const scheduler = new Scheduler();
  const chance = new Chance(seed);
  const network = new Network({ scheduler, chance, pendingLimitBytes: PENDING_LIMIT_BYTES });
  const { core, main } = new SimulatedMaster({ network, audit: silentAudit });
  for (let pid = 1; pid <= slaves; pid++) {
    new SimulatedSlave({ network, audit: silentAudit, pid, concurrency: 1, workOf });
  }
  scheduler.runUntil(BEGIN_MS);
  const lengths = Array.from({ length: tasks }, () => logNormal(chance.random, meanMs, sigma));
  main.deliver(() => {
    for (const [mark, ms] of lengths.entries()) {
      const work: Work = { mark, kind: 'return', ms, waits, heeds: false, size: 0, ballast: '' };
      core.intake.submit(ALGORITHMS[0] as (typeof ALGORITHMS)[0], [work], DEFAULT_POLICY);
    }
    core.dispatch(scheduler.now);
  });
  const work = lengths.reduce((sum, ms) => sum + ms, 0);
  const boundMs = Math.max(...lengths, work / slaves);
  if (!scheduler.runUntil(BEGIN_MS + 10 * boundMs + 10_000, () => core.pending === 0)) {
    throw new Error(`${core.pending} of ${tasks} tasks are pending after ${10 * boundMs} ms`);
  }
  return { ms: scheduler.now - BEGIN_MS, boundMs, greedyMs: greedyMs(lengths, slaves) };
}

function greedyMs(lengths: readonly number[], slaves: number): number {
  const freeAt = new Array<number>(slaves).fill(0);
  for (const ms of lengths) {
    const first = Math.min(...freeAt);
    freeAt[freeAt.indexOf(first)] = first + ms;
  }
  return Math.max(...freeAt);
}
