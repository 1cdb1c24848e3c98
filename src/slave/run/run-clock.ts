/**
 * Times the runs that have a limit: their signal aborts at the limit. The sentinel ends a run that does not
 * stop then; where the process does not belong to the slave, the run is abandoned.
 */

import { EXPECT_AGAIN_MS, STOP_WITHIN_MS } from '../../link/sentinel/run-judge.js';
import type { RunLimit } from '../../link/shared/run-limit.js';
import type { GivenTask } from '../core/given-task.js';

interface Running {
  readonly deadline: number;
  readonly abort: NodeJS.Timeout;
  readonly abandon: NodeJS.Timeout | undefined;
  aborted: boolean;
}

export interface RunClockParams {
  readonly limit: RunLimit;
  readonly clock: () => number;
  /** Called with the first limited run, and then at most once per second with a further one. */
  readonly onLimited: () => void;
  readonly abort: (task: GivenTask) => void;
  /**
   * For a slave inside another process: continues without that run. Undefined where the sentinel may kill.
   */
  readonly abandon: ((task: GivenTask) => void) | undefined;
}

export class RunClock {
  readonly #params: RunClockParams;
  readonly #running = new Map<GivenTask, Running>();
  /** The run that the sentinel watches: the first one to be due. */
  #watched: GivenTask | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(params: RunClockParams) {
    this.#params = params;
  }

  start(task: GivenTask): void {
    const { clock, abort, abandon } = this.#params;
    const { timeoutMs } = task;
    const running: Running = {
      deadline: clock() + timeoutMs,
      abort: setTimeout(() => {
        running.aborted = true;
        abort(task);
      }, timeoutMs),
      abandon: abandon && setTimeout(abandon, timeoutMs + STOP_WITHIN_MS, task),
      aborted: false,
    };
    this.#running.set(task, running);
    this.#watchFirst();
  }

  /** True if its signal was aborted: timers may run a little ahead of the clock that measures runs. */
  stop(task: GivenTask): boolean {
    const running = this.#running.get(task);
    if (running === undefined) return false;
    this.#running.delete(task);
    clearTimeout(running.abort);
    clearTimeout(running.abandon);
    this.#watchFirst();
    return running.aborted;
  }

  /** The sentinel needs the new place of the run that it watches. */
  renumbered(): void {
    if (this.#watched === undefined) return;
    this.#params.limit.clear();
    this.#watched = undefined;
    this.#watchFirst();
  }

  /** The slave ends: no run is timed any more. */
  close(): void {
    for (const task of [...this.#running.keys()]) this.stop(task);
  }

  /** Unused where overdue runs are abandoned. */
  #watchFirst(): void {
    const { limit, clock, abandon } = this.#params;
    if (abandon !== undefined) return;
    let first: [GivenTask, Running] | undefined;
    for (const entry of this.#running) {
      if (first === undefined || entry[1].deadline < first[1].deadline) first = entry;
    }
    if (first?.[0] === this.#watched) return;
    if (this.#watched !== undefined) limit.clear();
    this.#watched = first?.[0];
    if (first === undefined) return;
    const [{ number, timeoutMs, index, generation }, { deadline }] = first;
    const leftMs = Math.max(0, deadline - clock());
    limit.set({ leftMs, task: number, limitMs: timeoutMs, index, generation });
    this.#tell();
  }

  /** A sentinel at rest looks at the limit too rarely. */
  #tell(): void {
    const now = this.#params.clock();
    if (now - this.#toldAt < EXPECT_AGAIN_MS) return;
    this.#toldAt = now;
    this.#params.onLimited();
  }
}
