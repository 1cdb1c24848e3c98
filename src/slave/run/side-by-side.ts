/**
 * Runs tasks side by side, on a slave that may run more than one: begins as many as allowed, then waits until
 * one of them ends or others arrive. When the slave is lost, the master relies on these rules:
 *
 *   - Tasks begin in the order in which they came.
 *   - A result leaves the process before another task takes the place of its task.
 *   - Tasks that need not wait run as on any slave: at most the results of one group are held.
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
  /** Resolves when tasks arrived, when the slave's state changed, or on `wake`. */
  readonly news: () => Promise<void>;
  readonly wake: () => void;
}

export class SideBySide {
  readonly #params: SideBySideParams;
  /** The begin of each task. */
  readonly #running = new Map<GivenTask, number>();
  #wakesSoon = false;

  constructor(params: SideBySideParams) {
    this.#params = params;
  }

  /** Resolves when `most` tasks, or all that arrived meanwhile, have ended, or when the master is gone. */
  async run(most: number): Promise<void> {
    const { core, news } = this.#params;
    let left = most;
    for (;;) {
      left -= await this.#begin(left);
      if (this.#running.size === 0 || core.isMasterGone) return;
      await news();
    }
  }

  /** A run has ended, or was abandoned. */
  settle(task: GivenTask, outcome: RunOutcome): void {
    const { core, controllers, clock } = this.#params;
    const began = this.#running.get(task);
    if (began === undefined) return;
    this.#running.delete(task);
    controllers.delete(task);
    core.completeBeside(task, outcome, (performance.now() - began) * 1000, clock());
    this.#wakeSoon();
  }

  /** Returns the number of begun tasks. */
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
    const outcome = runTask(
      task,
      { slots: scope.slots, cells: scope.cells, context: undefined },
      controllers,
      (task) => core.sharesOf(task),
    );
    if (outcome instanceof Promise) {
      this.#running.set(task, began);
      if (core.waitingResults > 0) core.sendResults(clock());
      void outcome.then((settled) => this.settle(task, settled));
      return;
    }
    controllers.delete(task);
    if (core.complete(task, outcome, (performance.now() - began) * 1000, clock())) core.flush(clock());
  }

  /** All tasks that end in one turn of the event loop send their results together. */
  #wakeSoon(): void {
    if (this.#wakesSoon) return;
    this.#wakesSoon = true;
    setImmediate(() => {
      this.#wakesSoon = false;
      this.#params.wake();
    });
  }
}
