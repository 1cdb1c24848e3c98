/** A computation without misfortune, of tasks whose lengths differ much: when it is over, and when it could have been. */

import { DEFAULT_POLICY } from '../../src/algorithms/policy.js';
import type { AuditEvent } from '../../src/audit/events.js';
import { silentAudit } from '../../src/audit/memory-trail.js';
import { Network } from './network.js';
import { Chance, Scheduler } from './scheduler.js';
import { SimulatedMaster } from './simulated-master.js';
import { SimulatedSlave } from './simulated-slave.js';
import { ALGORITHMS, type Work, workOf } from './simulated-work.js';

const PENDING_LIMIT_BYTES = 8 * 1024 * 1024;
/** By then all slaves have joined. */
const BEGIN_MS = 2_000;
const WAVE_MS = 100;

export interface Workload {
  readonly seed: number;
  readonly tasks: number;
  readonly slaves: number;
  /** Milliseconds of the next task, from uniform numbers below 1. */
  readonly draw: (random: () => number) => number;
  /** Whether main is free meanwhile. */
  readonly waits: boolean;
  /** The number of parts in which the tasks are submitted, each a tenth of a second after the one before; at once, unless given. */
  readonly waves?: number;
  /** The share of its time for which the master's main is busy; none, unless given. */
  readonly busyShare?: number;
}

export interface Makespan {
  readonly ms: number;
  /** When the last task began. */
  readonly lastBegunMs: number;
  /** No schedule is over sooner: the longest task, or the work divided by the slaves. */
  readonly boundMs: number;
  /** When it would be over if each task began, without any delay, at the first slave that is free. */
  readonly greedyMs: number;
  /** The tasks that each slave was given, also those that it gave back. */
  readonly given: readonly number[];
}

export function measureMakespan({
  seed,
  tasks,
  slaves,
  draw,
  waits,
  waves = 1,
  busyShare = 0,
}: Workload): Makespan {
  const scheduler = new Scheduler();
  const chance = new Chance(seed);
  const network = new Network({ scheduler, chance, pendingLimitBytes: PENDING_LIMIT_BYTES });
  const given = new Map<string, number>();
  const audit = {
    emit: (event: AuditEvent): void => {
      if (event.type === 'tasks-sent') given.set(event.sid, (given.get(event.sid) ?? 0) + event.count);
    },
  };
  const { core, main } = new SimulatedMaster({ network, audit, busyMs: () => busyShare * scheduler.now });
  let lastBegunAt = 0;
  const onBegin = (): void => {
    lastBegunAt = scheduler.now;
  };
  for (let pid = 1; pid <= slaves; pid++) {
    new SimulatedSlave({ network, audit: silentAudit, pid, concurrency: 1, workOf, onBegin });
  }
  scheduler.runUntil(BEGIN_MS);
  const lengths = Array.from({ length: tasks }, () => draw(chance.random));
  const perWave = Math.ceil(tasks / waves);
  const submit = (from: number): void => {
    for (const [at, ms] of lengths.slice(from, from + perWave).entries()) {
      const work: Work = { mark: from + at, kind: 'return', ms, waits, heeds: false, size: 0, ballast: '' };
      core.intake.submit(ALGORITHMS[0] as (typeof ALGORITHMS)[0], [work], DEFAULT_POLICY);
    }
    core.dispatch(scheduler.now);
  };
  for (let wave = 0; wave < waves; wave++)
    scheduler.at(BEGIN_MS + wave * WAVE_MS, () => main.deliver(() => submit(wave * perWave)));
  const work = lengths.reduce((sum, ms) => sum + ms, 0);
  const boundMs = Math.max(...lengths, work / slaves);
  const isOver = (): boolean => core.pending === 0 && scheduler.now > BEGIN_MS + (waves - 1) * WAVE_MS;
  if (!scheduler.runUntil(BEGIN_MS + 10 * boundMs + 10_000, isOver)) {
    throw new Error(`${core.pending} of ${tasks} tasks are pending after ${10 * boundMs} ms`);
  }
  return {
    ms: scheduler.now - BEGIN_MS,
    lastBegunMs: lastBegunAt - BEGIN_MS,
    boundMs,
    greedyMs: greedyMs(lengths, slaves),
    given: [...given.values()],
  };
}

function greedyMs(lengths: readonly number[], slaves: number): number {
  const freeAt = new Array<number>(slaves).fill(0);
  for (const ms of lengths) {
    const first = Math.min(...freeAt);
    freeAt[freeAt.indexOf(first)] = first + ms;
  }
  return Math.max(...freeAt);
}
