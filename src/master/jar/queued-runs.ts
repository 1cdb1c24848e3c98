/**
 * The runs of strict queues at slaves. A run is added when it is given out, and keeps its place in its queue until it
 * cannot go on any more: its result came, it was taken back, or cancelled and seen to end, or its slave is gone. A
 * slave that comes back takes the place again with the run.
 */

import type { SlaveRecord } from '../model/slave-record.js';
import type { Begin } from './begin-window.js';
import type { QueueState } from './queue-state.js';

/** A run, as the messages of its slave name it. */
export interface QueuedRun {
  readonly state: QueueState;
  /** The session in which it was given out. */
  readonly sid: number;
  readonly attempt: number;
  /** Its place among the tasks of the present session. */
  readonly index: number;
  /** Undefined if it began in an earlier session. */
  readonly begin: Begin | undefined;
}

export class QueuedRuns {
  /** By the number of the task; a slave never has two runs of one. */
  readonly #bySlave = new Map<SlaveRecord, Map<number, QueuedRun>>();
  readonly #onChange: (state: QueueState) => void;

  constructor(onChange: (state: QueueState) => void) {
    this.#onChange = onChange;
  }

  /** Whether there are any. */
  get isEmpty(): boolean {
    return this.#bySlave.size === 0;
  }

  add(slave: SlaveRecord, number: number, run: QueuedRun): void {
    let runs = this.#bySlave.get(slave);
    if (runs === undefined) {
      runs = new Map();
      this.#bySlave.set(slave, runs);
    }
    runs.set(number, run);
    run.state.running++;
    this.#onChange(run.state);
  }

  /** The result of a run came, under the session in which it was given out; the run took this time. */
  takeResult(
    slave: SlaveRecord,
    number: number,
    sid: number,
    attempt: number,
    ms: number,
    now: number,
  ): void {
    const run = this.#bySlave.get(slave)?.get(number);
    if (run?.sid !== sid || run.attempt !== attempt) return;
    if (run.begin !== undefined) run.state.window?.noteRun(run.begin, now, ms);
    this.end(slave, number);
  }

  /** The slave's run of the task, if it has one, goes on no longer. */
  end(slave: SlaveRecord, number: number): void {
    const runs = this.#bySlave.get(slave);
    const run = runs?.get(number);
    if (runs === undefined || run === undefined) return;
    runs.delete(number);
    if (runs.size === 0) this.#bySlave.delete(slave);
    run.state.running--;
    this.#onChange(run.state);
  }

  /** Runs with these places among the slave's tasks never began. */
  endBetween(slave: SlaveRecord, from: number, to: number): void {
    for (const [number, { index }] of this.#bySlave.get(slave) ?? []) {
      if (index >= from && index < to) this.end(slave, number);
    }
  }

  /** The slave is gone, with all its runs. */
  endAll(slave: SlaveRecord): void {
    this.endBetween(slave, 0, Number.POSITIVE_INFINITY);
  }
}
