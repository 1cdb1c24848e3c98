/** The work of a load's master, and the messages of its processes to the one that started them. */

import type { Tally } from './fate-tally.js';

/** Travels as JSON on the master's command line. */
export interface Workload {
  /** Without a number tasks are drawn until `enough` is said. */
  readonly tasks?: number | undefined;
  /** How many are pending at a time, by `submitAll`; without it all are submitted first. */
  readonly targetNumber?: number | undefined;
  readonly argumentBytes?: number | undefined;
  readonly resultBytes?: number | undefined;
  /** The time that a task waits. */
  readonly taskMs?: number | undefined;
  /** The master algorithm's time with each result: it waits, or keeps main busy. */
  readonly readerWaitsMs?: number | undefined;
  readonly readerSpinsMs?: number | undefined;
}

/** From a master or a slave, over Node's process channel. */
export type LoadMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'submitted'; readonly seconds: number }
  | { readonly type: 'report'; readonly report: MasterReport }
  | { readonly type: 'joined' }
  | { readonly type: 'left'; readonly report: SlaveReport };

export interface MasterReport {
  readonly tally: Tally;
  /** From the first submission to the last fate. */
  readonly seconds: number;
  /** The most that the process ever had, its broker included. */
  readonly peakBytes: number;
  /** The heap in use when all is done and rubbish is collected. */
  readonly heapBytes: number;
}

export interface SlaveReport {
  readonly runs: number;
  readonly peakBytes: number;
}
