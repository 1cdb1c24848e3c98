/**
 * Runs tasks side by side, where a slave may have more than one under way: begins as many as may run,
 * then waits until one of them ends or others come. The master reckons with what is said here when the
 * slave is lost:
 *
 *   - Tasks begin in the order in which they came.
 *   - What has ended leaves the process before another task takes its place.
 *   - Those that need not wait run as on any slave: the results of one group at the most are held.
 */

import type { GivenTask, RunOutcome } from '../core/given-task.js';
import type { SlaveCore } from '../core/slave-core.js';
import type { LoopSlice } from './loop-slice.js';
import { runTask } from './run-task.js';
import type { SlaveScope } from './task-context.js';

export interface SideBySideParams {
  readonly core: SlaveCore;
  readonly scope: SlaveScope;
  readonly controllers: Map<GivenTask, AbortController>;
  readonly clock: () => number;
  readonly slice: LoopSlice;
  /** Resolves when tasks came, the slave's state changed, or on `wake`. */
  readonly news: () => Promise<void>;
  readonly wake: () => void;
}

export class SideBySide {
  readonly #params: SideBySideParams;
  /** When each began. */
  readonly #running = new Map<GivenTask, number>();
  #wakesSoon = false;

  constructor(params: SideBySideParams) {
    this.#params = params;
  }

  /** Resolves when `most` tasks, or all that came meanwhile, have run to their end, or the master is gone. */
  async run(most: number): Promise<void> {
    const { core, news } = this.#params;
    let left = most;
    for (;;) {
      left -= await this.#begin(left);
      if (this.#running.size === 0 || core.isMasterGone) return;
      await news();
    }
  }

  /** A run has ended, or is given up. */
  settle(task: GivenTask, outcome: RunOutcome): void {
    const { core, controllers, clock } = this.#params;
    const began = this.#running.get(task);
    if (began === undefined) return;
    this.#running.delete(task);
    controllers.delete(task);
    core.completeBeside(task, outcome, (performance.now() - began) * 1000, clock());
    this.#wakeSoon();
  }

  /** Returns how many began. */
  async #begin(most: number): Promise<number> {
    const { core, clock, slice } = this.#params;
    let begun = 0;
    slice.begin();
    core.sendResults(clock());
    while (begun < most) {
      const task = core.begin(clock());
      if (task === undefined) break;
      begun++;
      this.#start(task);
      if (!slice.isOver(performance.now())) continue;
      await slice.next();
      core.sendResults(clock());
    }
    if (core.waitingResults > 0) core.sendResults(clock());
    return begun;
  }

  #start(task: GivenTask): void {
    const { core, scope, controllers, clock } = this.#params;
    const began = performance.now();
    const outcome = runTask(task, { slots: scope.slots, context: undefined }, controllers);
    if (outcome instanceof Promise) {
      this.#running.set(task, began);
      if (core.waitingResults > 0) core.sendResults(clock());
      void outcome.then((settled) => this.settle(task, settled));
      return;
    }
    controllers.delete(task);
    if (core.complete(task, outcome, (performance.now() - began) * 1000, clock())) core.flush(clock());
  }

  /** All that end in one turn of the event loop send their results together. */
  #wakeSoon(): void {
    if (this.#wakesSoon) return;
    this.#wakesSoon = true;
    setImmediate(() => {
      this.#wakesSoon = false;
      this.#params.wake();
    });
  }
}
