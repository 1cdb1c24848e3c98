/** The tasks of a computation as a forecast sees them: when they were submitted, and how long their runs take. */

/** A run that follows a failed one. */
export interface NextRun {
  readonly micros: number;
  /** Between the failed run and this one. */
  readonly waitMs: number;
}

export interface WorkTask {
  /** Milliseconds after the beginning. */
  readonly submittedMs: number;
  readonly micros: number;
  /** By default 0. */
  readonly algorithm?: number;
  /** After the first run, which failed. */
  readonly next?: readonly NextRun[];
  /** The slave that it was for: a number from 0, or undefined for any slave. */
  readonly addressee?: number | undefined;
  /** Its number in the trail. */
  readonly number?: number;
}

const ANY_SLAVE = -1;

/** Their columns take 24 bytes per task, so that a million are in memory at once. */
export class TaskWork {
  readonly algorithms: readonly string[];
  readonly count: number;
  /** The number of slaves to which tasks were addressed. */
  readonly addressees: number;
  /** Of all runs. */
  readonly totalMicros: number;
  /** Ordered slaves ran nothing else. */
  readonly isDedicated: boolean;
  readonly #submittedMs: Float64Array;
  readonly #micros: Float64Array;
  readonly #algorithm: Uint32Array;
  readonly #number: Uint32Array;
  readonly #addressee: Int32Array | undefined;
  readonly #next = new Map<number, readonly NextRun[]>();

  /** In the order of their submission. `count` is their number. */
  constructor(algorithms: readonly string[], count: number, tasks: Iterable<WorkTask>, isDedicated = true) {
    this.algorithms = algorithms;
    this.count = count;
    this.isDedicated = isDedicated;
    this.#submittedMs = new Float64Array(count);
    this.#micros = new Float64Array(count);
    this.#algorithm = new Uint32Array(count);
    this.#number = new Uint32Array(count);
    const addressee = new Int32Array(count).fill(ANY_SLAVE);
    let total = 0;
    let addressees = 0;
    let at = 0;
    for (const task of tasks) {
      this.#submittedMs[at] = task.submittedMs;
      this.#micros[at] = task.micros;
      this.#algorithm[at] = task.algorithm ?? 0;
      this.#number[at] = task.number ?? at;
      addressee[at] = task.addressee ?? ANY_SLAVE;
      addressees = Math.max(addressees, 1 + (task.addressee ?? ANY_SLAVE));
      if (task.next !== undefined) this.#next.set(at, task.next);
      total += task.micros + (task.next ?? []).reduce((sum, { micros }) => sum + micros, 0);
      at++;
    }
    this.#addressee = addressees === 0 ? undefined : addressee;
    this.addressees = addressees;
    this.totalMicros = total;
  }

  submittedMs(at: number): number {
    return this.#submittedMs[at] ?? 0;
  }

  algorithm(at: number): number {
    return this.#algorithm[at] ?? 0;
  }

  number(at: number): number {
    return this.#number[at] ?? 0;
  }

  addressee(at: number): number | undefined {
    const addressee = this.#addressee?.[at] ?? ANY_SLAVE;
    return addressee === ANY_SLAVE ? undefined : addressee;
  }

  /** Undefined for almost every task. */
  next(at: number): readonly NextRun[] | undefined {
    return this.#next.get(at);
  }

  /** Of its run with this number, from 1. */
  micros(at: number, attempt: number): number {
    return (attempt === 1 ? this.#micros[at] : this.#next.get(at)?.[attempt - 2]?.micros) ?? 0;
  }

  /** Whether another run follows this one. */
  fails(at: number, attempt: number): boolean {
    return this.#next.size > 0 && attempt <= (this.#next.get(at)?.length ?? 0);
  }

  /** The time of all its runs, and of the waits between them. */
  ownMs(at: number): number {
    const next = this.#next.get(at) ?? [];
    return next.reduce(
      (sum, { micros, waitMs }) => sum + micros / 1_000 + waitMs,
      this.micros(at, 1) / 1_000,
    );
  }
}
