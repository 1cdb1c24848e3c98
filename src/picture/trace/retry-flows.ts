/** The arrows of a trace from a failed run to the next run of its task. */

import type { AuditedRun } from '../../audit/format/run-list.js';
import type { TraceEvent, TracePlace } from './trace-event.js';

/** Failed runs whose next run has not ended; beyond it, the arrow of the oldest is left out. */
const MOST_AWAITED = 100_000;

interface DrawnRun extends TracePlace {
  readonly ts: number;
  readonly dur: number;
}

export class RetryFlows {
  readonly #emit: (event: TraceEvent) => void;
  /** Failed runs of the last batch, by task: the lines after it tell which tasks run again. */
  readonly #failed = new Map<number, DrawnRun>();
  readonly #awaited = new Map<number, DrawnRun>();
  #ids = 0;
  numLeftOut = 0;

  constructor(emit: (event: TraceEvent) => void) {
    this.#emit = emit;
  }

  /** A master begins. */
  clear(): void {
    this.#failed.clear();
    this.#awaited.clear();
  }

  /** Runs of other results follow. */
  beginBatch(): void {
    this.#failed.clear();
  }

  takeRun({ task, outcome }: AuditedRun, drawn: DrawnRun): void {
    const earlier = this.#awaited.get(task);
    if (earlier !== undefined && outcome !== 'ignored') {
      this.#awaited.delete(task);
      this.#draw(earlier, drawn);
    }
    if (outcome !== 'ok' && outcome !== 'ignored') this.#failed.set(task, drawn);
  }

  /** The task, whose last run has failed, runs again. */
  awaitNext(taskId: string): void {
    const task = Number(taskId.slice('TASK-'.length));
    const failed = this.#failed.get(task);
    if (failed === undefined) return;
    this.#awaited.set(task, failed);
    if (this.#awaited.size <= MOST_AWAITED) return;
    for (const oldest of this.#awaited.keys()) {
      this.#awaited.delete(oldest);
      this.numLeftOut++;
      return;
    }
  }

  /** Both ends are inside their slices: those at the edge would belong to a neighbour. */
  #draw(from: DrawnRun, to: DrawnRun): void {
    const start = from.ts + from.dur - Math.min(1, from.dur);
    const end = Math.max(to.ts + Math.min(1, to.dur), start);
    if (end > to.ts + to.dur) return;
    const flow = { id: ++this.#ids, name: 'retry', cat: 'retry' } as const;
    this.#emit({ ph: 's', ...flow, pid: from.pid, tid: from.tid, ts: start });
    this.#emit({ ph: 'f', bp: 'e', ...flow, pid: to.pid, tid: to.tid, ts: end });
  }
}
