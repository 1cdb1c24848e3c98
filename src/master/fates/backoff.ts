/** How long a task waits before its next run. */

import { MOST_BACKOFF_SECONDS } from '../../algorithms/policy.js';
import type { ResolvedPolicy } from '../../algorithms/types.js';

/** Twice as long after each further failure, up to the bound. */
export function backoffSeconds(policy: ResolvedPolicy, failures: number): number {
  if (policy.backoffSeconds === 0) return 0;
  return Math.min(MOST_BACKOFF_SECONDS, policy.backoffSeconds * 2 ** (failures - 1));
}
