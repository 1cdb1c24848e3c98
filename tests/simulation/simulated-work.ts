/** The work of simulated tasks: they name it in their only argument, so that every result can be foretold. */

import { DEFAULT_POLICY } from '../../src/algorithms/policy.js';
import type { AlgorithmDefinition } from '../../src/algorithms/types.js';
import { FinalError } from '../../src/errors.js';
import type { GivenTask, RunOutcome } from '../../src/slave/core/given-task.js';

/** Ends its process: at once, by a signal that it hears, or by an exception that nobody catches. */
export type Deadly = 'kill' | 'quit' | 'fail';

export interface Work {
  /** Tells tasks apart, whatever number their master gives them. */
  readonly mark: number;
  readonly kind: 'return' | 'throw' | Deadly;
  /** How long it takes, and whether main is free meanwhile. */
  readonly ms: number;
  readonly waits: boolean;
  /** Whether it ends when its signal aborts, if it waits. */
  readonly heeds: boolean;
  /** Bytes of its result. */
  readonly size: number;
  /** Ballast of its arguments. */
  readonly ballast: string;
  /** How it ends; of most, `kind` says so. */
  readonly outcome?: RunOutcome;
}

/** Two, so that selections and measured times differ. */
export const ALGORITHMS: readonly AlgorithmDefinition[] = ['small', 'large'].map((name) => ({
  name,
  fn: packetOf as unknown as AlgorithmDefinition['fn'],
  policy: DEFAULT_POLICY,
  fingerprint: name,
  checkpoint: true,
  place: 'simulated',
}));

/** The packet of a task of this work. */
export function packetOf({ mark, size }: Work): string {
  const text = `${mark}:`;
  return text.padEnd(size, '.');
}

/** One in four is final. */
export function thrownBy({ mark }: Work): Error {
  const message = `thrown ${mark}`;
  return isFinal(mark) ? new FinalError(message) : new RangeError(message);
}

export function isFinal(mark: number): boolean {
  return mark % 4 === 0;
}

/** A task's only argument. */
/** As it was written, which is the same for plain values. */
export function workOf(task: GivenTask): Work {
  const [work] = task.json as [Work];
  return work;
}

export function outcomeOf(work: Work): RunOutcome {
  if (work.outcome !== undefined) return work.outcome;
  if (work.kind === 'throw') return { ok: false, thrown: thrownBy(work) };
  return { ok: true, packet: packetOf(work) };
}
