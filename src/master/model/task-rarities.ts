/**
 * Fields that few of a million queued tasks need: a promise, raw parts of arguments, failed runs, a slave that must run
 * the task, the key of a stored result. In every task they would make it half as large again.
 */

import type { SharedValue } from '../../algorithms/shared.js';
import type { FailedAttempt } from '../../errors.js';
import type { TraceContext } from '../../wire/messages/trace-context.js';
import type { GivenRun } from './given-run.js';
import type { ResultKey } from './result-store.js';
import type { SlaveRecord } from './slave-record.js';
import type { FutureSettler } from './task.js';
import type { TaskFuture } from './task-future.js';

export class TaskRarities {
  future: FutureSettler | undefined = undefined;
  /** Set if the number of bytes is not the number of characters. */
  bytes: number | undefined = undefined;
  raws: readonly Uint8Array[] | undefined = undefined;
  /** The shared values that its arguments refer to. */
  shares: readonly SharedValue[] | undefined = undefined;
  /** Its place among the tasks of its scope's signal. */
  scopePlace = -1;
  /** Of the span in which it was submitted. */
  trace: TraceContext | undefined = undefined;
  runningAttempt = 1;
  failures = 0;
  suspect = false;
  addressee: SlaveRecord | undefined = undefined;
  /** Earlier runs, at slaves that may still send its result. */
  given: GivenRun[] | undefined = undefined;
  history: FailedAttempt[] | undefined = undefined;
  resultKey: ResultKey | undefined = undefined;
  /** The futures whose values its arguments need, in the order of their places; until then. */
  dependencies: readonly TaskFuture[] | undefined = undefined;
}
