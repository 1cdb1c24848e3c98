/** The runs of a simulated slave that have a time limit, or were killed, as its sentinel sees them. */

import { STOP_WITHIN_MS } from '../../src/link/sentinel/run-judge.js';
import type { LimitedRun, RunLimit } from '../../src/link/shared/run-limit.js';
import type { GivenTask } from '../../src/slave/core/given-task.js';

export class SimulatedLimit implements Pick<RunLimit, 'current' | 'condemn'> {
  readonly #deadlines = new Map<GivenTask, number>();
  /** Milliseconds that they have to stop. */
  readonly #killed = new Map<GivenTask, number>();
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

  kill(task: GivenTask, afterMs: number): void {
    this.#deadlines.set(task, this.#now() + afterMs);
    this.#killed.set(task, afterMs);
    if (task === this.#watched) this.#serial++;
    this.#watchFirst();
  }

  /** True if its time was up. */
  stop(task: GivenTask): boolean {
    const deadline = this.#deadlines.get(task);
    if (deadline === undefined) return false;
    this.#deadlines.delete(task);
    const wasKilled = this.#killed.delete(task);
    this.#watchFirst();
    return wasKilled || this.#now() >= deadline;
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
    const { number, index, generation } = task;
    const graceMs = this.#killed.get(task);
    const limitMs = graceMs ?? task.timeoutMs;
    const killed = graceMs === undefined ? 0 : 1;
    const leftMs = Math.max(0, (this.#deadlines.get(task) ?? 0) - this.#now());
    return { serial: this.#serial, leftMs, task: number, limitMs, killed, index, generation };
  }

  condemn(serial: number): boolean {
    this.#condemned ||= serial === this.#serial && this.#watched !== undefined;
    return this.#condemned;
  }

  #watchFirst(): void {
    if (this.#condemned) return;
    const [first] = [...this.#deadlines.keys()].sort((a, b) => this.#endOf(a) - this.#endOf(b));
    if (first === this.#watched) return;
    this.#watched = first;
    this.#serial++;
  }

  #endOf(task: GivenTask): number {
    return (this.#deadlines.get(task) ?? 0) + (this.#killed.has(task) ? 0 : STOP_WITHIN_MS);
  }
}
