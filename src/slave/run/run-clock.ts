/**
 * Times the runs that have a limit, whose signal aborts then, and those that their master has killed. The sentinel
 * ends a run that does not stop in time; where the process does not belong to the slave, the run is abandoned.
 */

import { EXPECT_AGAIN_MS, STOP_WITHIN_MS } from '../../link/sentinel/run-judge.js';
import type { RunLimit } from '../../link/shared/run-limit.js';
import type { GivenTask } from '../core/given-task.js';

interface Running {
  /** When it is too late, and how long after that it has to stop. */
  readonly deadline: number;
  readonly stopMs: number;
  readonly limitMs: number;
  readonly killed: boolean;
  readonly abort: NodeJS.Timeout | undefined;
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
      stopMs: STOP_WITHIN_MS,
      limitMs: timeoutMs,
      killed: false,
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

  /** Its master has killed it: its signal was aborted, and it has this time to stop. */
  kill(task: GivenTask, afterMs: number): void {
    const { clock, abandon } = this.#params;
    this.#endTimers(task);
    this.#running.set(task, {
      deadline: clock() + afterMs,
      stopMs: 0,
      limitMs: afterMs,
      killed: true,
      abort: undefined,
      abandon: abandon && setTimeout(abandon, afterMs, task),
      aborted: true,
    });
    if (this.#watched === task) this.#unwatch();
    this.#watchFirst();
  }

  /** True if its signal was aborted: timers may run a little ahead of the clock that measures runs. */
  stop(task: GivenTask): boolean {
    const running = this.#running.get(task);
    if (running === undefined) return false;
    this.#endTimers(task);
    this.#running.delete(task);
    this.#watchFirst();
    return running.aborted;
  }

  #endTimers(task: GivenTask): void {
    const running = this.#running.get(task);
    clearTimeout(running?.abort);
    clearTimeout(running?.abandon);
  }

  /** The sentinel needs the new place of the run that it watches. */
  renumbered(): void {
    if (this.#watched === undefined) return;
    this.#unwatch();
    this.#watchFirst();
  }

  #unwatch(): void {
    this.#params.limit.clear();
    this.#watched = undefined;
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
      if (first === undefined || endOf(entry[1]) < endOf(first[1])) first = entry;
    }
    if (first?.[0] === this.#watched) return;
    if (this.#watched !== undefined) this.#unwatch();
    if (first === undefined) return;
    const [task, { deadline, limitMs, killed }] = first;
    this.#watched = task;
    const leftMs = Math.max(0, deadline - clock());
    const { number, index, generation } = task;
    limit.set({ leftMs, task: number, limitMs, killed: killed ? 1 : 0, index, generation });
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

function endOf({ deadline, stopMs }: Running): number {
  return deadline + stopMs;
}
