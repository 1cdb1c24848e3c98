/** Failures of tasks in groups, and why slaves were lost. */

import type { DashboardModel } from '../model/dashboard-model.js';
import type { FailureGroup } from '../model/failure-groups.js';

export interface FailuresPage {
  readonly groups: readonly FailureGroup[];
  /** Errors of an algorithm that its groups do not count yet: a master tells the 10th, the 100th, and so on. */
  readonly untold: readonly (readonly [algorithm: string, count: number])[];
  /** Tasks that failed, without those that the program took back. */
  readonly failed: number;
  readonly reclaimed: number;
  readonly retried: number;
  readonly unrunnable: readonly (readonly [reason: string, count: number])[];
  /** In the words of the evidence, the most frequent first. */
  readonly losses: readonly (readonly [evidence: string, count: number])[];
}

export function failuresPage(model: DashboardModel): FailuresPage {
  const { picture, failures } = model;
  const { counts } = picture;
  const groups = failures.list();
  const untold: [string, number][] = [];
  for (const [name, { error }] of picture.algorithms.byName) {
    const own = groups.filter(({ kind, algorithm }) => kind === 'threw' && algorithm === name);
    const missing = error - own.reduce((sum, { count }) => sum + count, 0);
    if (missing > 0) untold.push([name, missing]);
  }
  const most = (pairs: Iterable<[string, number]>) => [...pairs].sort((a, b) => b[1] - a[1]);
  return {
    groups,
    untold: most(untold),
    failed: Math.max(0, picture.algorithms.notDone - counts.cancelled - counts.killed),
    reclaimed: counts.reclaimed,
    retried: counts.retried,
    unrunnable: most(picture.unrunnable),
    losses: most(picture.losses),
  };
}
