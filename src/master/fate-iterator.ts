/** Iterates over fates as they come, without a generator's cost for each. */

import type { Selection } from './fate-box.js';
import type { MasterCore } from './master-core.js';
import type { TaskFate } from './task-fate.js';

const DONE: IteratorResult<TaskFate> = { done: true, value: undefined };

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
    const { box } = this.#core;
    if (box.hasFailed) return Promise.reject(box.takeFailure()?.error);
    const fate = box.takeNext(this.#selection);
    if (fate !== undefined) return Promise.resolve({ done: false, value: fate });
    const core = this.#core;
    if (core.hasFailed || core.isIdle(this.#selection)) return this.#end();
    return core
      .waitForFate(this.#selection)
      .then((fate) => (fate === undefined ? this.#end() : { done: false, value: fate }));
  }

  /** Rejects when nothing more comes because the master has failed. */
  async #end(): Promise<IteratorResult<TaskFate>> {
    this.#core.refuseIfFailed();
    return DONE;
  }

  /** Fates that were not taken stay with the master. */
  return(): Promise<IteratorResult<TaskFate>> {
    return Promise.resolve(DONE);
  }
}
