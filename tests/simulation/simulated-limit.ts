/** The runs of a simulated slave that have a time limit, as its sentinel sees them. */

import type { LimitedRun, RunLimit } from '../../src/link/shared/run-limit.js';
import type { GivenTask } from '../../src/slave/core/given-task.js';

export class SimulatedLimit implements Pick<RunLimit, 'current' | 'condemn'> {
  readonly #deadlines = new Map<GivenTask, number>();
  readonly #now: () => number;
  #watched: GivenTask | undefined;
  #serial = 0;
  #condemned = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  start(task: GivenTask): void {
    this.#deadlines.set(task, this.#now() + task.timeoutMs);
    this.#watchFirst();
  }

  /** True if its time was up. */
  stop(task: GivenTask): boolean {
    const deadline = this.#deadlines.get(task);
    if (deadline === undefined) return false;
    this.#deadlines.delete(task);
    this.#watchFirst();
    return this.#now() >= deadline;
  }

  renumbered(): void {
    this.#serial++;
  }

  /** Whether main comes to the end of a run that its sentinel has condemned, and stops there. */
  holds(task: GivenTask): boolean {
    return this.#condemned && task === this.#watched;
  }

  current(): (LimitedRun & { readonly serial: number }) | undefined {
    const task = this.#watched;
    if (task === undefined || this.#condemned) return undefined;
    const { number, index, generation, timeoutMs } = task;
    const leftMs = Math.max(0, (this.#deadlines.get(task) ?? 0) - this.#now());
    return { serial: this.#serial, leftMs, task: number, limitMs: timeoutMs, index, generation };
  }

  condemn(serial: number): boolean {
    this.#condemned ||= serial === this.#serial && this.#watched !== undefined;
    return this.#condemned;
  }

  #watchFirst(): void {
    if (this.#condemned) return;
    const [first] = [...this.#deadlines].sort(([, a], [, b]) => a - b);
    if (first?.[0] === this.#watched) return;
    this.#watched = first?.[0];
    this.#serial++;
  }
}
