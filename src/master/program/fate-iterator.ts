/**
 * Iterates over fates as they come, without a generator's cost for each. It ends when it is complete, and
 * throws when the master ends before that, or the scope that asks is cancelled.
 */

import { submissionScope } from '../../algorithms/submission-scope.js';
import type { MasterCore } from '../core/master-core.js';
import type { Selection } from '../fates/fate-box.js';
import type { TaskFate } from '../model/task-fate.js';

const DONE: IteratorResult<TaskFate> = { done: true, value: undefined };
/** The limit of fates that wait here at a time. */
const TOLD_AT_ONCE = 1_000;

export class FateIterator implements AsyncIterableIterator<TaskFate> {
  readonly #core: MasterCore;
  readonly #selection: Selection;

  constructor(core: MasterCore, selection: Selection) {
    this.#core = core;
    this.#selection = selection;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<TaskFate>> {
    const core = this.#core;
    if (core.isOver) return this.#end();
    const scopeSignal = submissionScope()?.signal;
    if (scopeSignal?.aborted) return Promise.reject(scopeSignal.reason);
    const { fates } = core;
    if (fates.hasFailed) return Promise.reject(fates.takeFailure()?.error);
    const fate = fates.takeNext(this.#selection);
    if (fate !== undefined) return Promise.resolve({ done: false, value: fate });
    if (core.demand.isIdle(this.#selection)) return Promise.resolve(DONE);
    return core
      .waitForFate(this.#selection, scopeSignal)
      .then((fate) => (fate === undefined ? this.#end() : { done: false, value: fate }));
  }

  /** Rejects when the master is over and something was still to come, or to take. */
  async #end(): Promise<IteratorResult<TaskFate>> {
    if (!this.#core.isOver || this.#core.demand.isIdle(this.#selection)) return DONE;
    return throwOver(this.#core);
  }

  /** Fates that were not taken stay with the master. */
  return(): Promise<IteratorResult<TaskFate>> {
    return Promise.resolve(DONE);
  }
}

/**
 * Throws the error with which the master ended: the first time at once. If a program catches it and asks
 * again and again, it throws one turn of the event loop later, so that the process can still receive signals.
 */
export async function throwOver(core: MasterCore): Promise<never> {
  if (core.countToldOver() >= TOLD_AT_ONCE) await new Promise((resolve) => setImmediate(resolve));
  throw core.signal.reason;
}
