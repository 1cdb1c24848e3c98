/** The counters of a trace: tasks that wait, and slaves that are busy. They have a point each 10 ms at most. */

import type { TraceEvent } from './trace-event.js';

const EVERY_MICROS = 10_000;

export class TraceCounters {
  readonly #emit: (event: TraceEvent) => void;
  submitted = 0;
  /** Told up to a second after the results. */
  settled = 0;
  /** That came, and did not lead to another run. */
  results = 0;
  /** With slaves. */
  outstanding = 0;
  busy = 0;
  #written: readonly [queued: number, busy: number] = [-1, -1];
  #writtenAt = Number.NEGATIVE_INFINITY;

  constructor(emit: (event: TraceEvent) => void) {
    this.#emit = emit;
  }

  /** A master begins. */
  clear(): void {
    this.submitted = 0;
    this.settled = 0;
    this.results = 0;
    this.outstanding = 0;
    this.busy = 0;
  }

  /** Call it after each event. */
  tell(pid: number, ts: number, isLast = false): void {
    if (ts - this.#writtenAt < EVERY_MICROS && !isLast) return;
    // Submissions are told up to a second later than the tasks are sent
    const queued = Math.max(0, this.submitted - Math.max(this.settled, this.results) - this.outstanding);
    const { busy } = this;
    const [before, busyBefore] = this.#written;
    if (queued === before && busy === busyBefore) return;
    if (queued !== before) this.#emit({ ph: 'C', name: 'queue', pid, ts, args: { tasks: queued } });
    if (busy !== busyBefore) this.#emit({ ph: 'C', name: 'busy slaves', pid, ts, args: { slaves: busy } });
    this.#written = [queued, busy];
    this.#writtenAt = ts;
  }
}
