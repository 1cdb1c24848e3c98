/**
 * What few tasks have: raw parts of arguments, a policy of their own, a failed run, a slave that they are for. A
 * million queued tasks without any of it take 70 MB less than if each had room for it.
 */

import type { ResolvedPolicy } from '../../algorithms/types.js';
import type { FailedAttempt } from '../../errors.js';
import type { GivenRun } from './given-run.js';
import type { ResultKey } from './result-store.js';
import type { SlaveRecord } from './slave-record.js';

export class TaskRarities {
  raws: readonly Uint8Array[] | undefined = undefined;
  /** Another than its algorithm's. */
  policy: ResolvedPolicy | undefined = undefined;
  runningAttempt = 1;
  failures = 0;
  suspect = false;
  addressee: SlaveRecord | undefined = undefined;
  /** Earlier runs, at slaves that may still send its result. */
  given: GivenRun[] | undefined = undefined;
  history: FailedAttempt[] | undefined = undefined;
  resultKey: ResultKey | undefined = undefined;
}
