/** The cost of cells: a read, the time until a value is seen by a task that never awaits, and offers for the master. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from './statistics.js';

const PROGRAM = fileURLToPath(new URL('programs/cells.js', import.meta.url));
const LIMIT_MS = 60_000;

interface Measured {
  readonly readNanos: number;
  /** Of each step, in each slave. */
  readonly arrivalsMs: readonly number[];
  /** The part of its time that the master's main thread works, without offers and with them. */
  readonly quietBusy: number;
  readonly offeringBusy: number;
  readonly offersPerSecond: number;
}

/** Medians of the repeats; of arrivals, the worst of all too. */
export interface CellsRow {
  readonly readNanos: number;
  readonly arrivalMs: number;
  readonly slowestArrivalMs: number;
  readonly offersPerSecond: number;
  /** How much more of its time the master works with offers. */
  readonly masterShare: number;
}

export async function measureCells({ repeats }: { repeats: number }): Promise<CellsRow> {
  const runs: Measured[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, '--master', '--slaves', '2'], {
      timeout: LIMIT_MS,
    });
    runs.push(JSON.parse(stdout) as Measured);
  }
  const arrivals = runs.flatMap(({ arrivalsMs }) => arrivalsMs);
  return {
    readNanos: median(runs.map(({ readNanos }) => readNanos)),
    arrivalMs: median(arrivals),
    slowestArrivalMs: Math.max(...arrivals),
    offersPerSecond: median(runs.map(({ offersPerSecond }) => offersPerSecond)),
    masterShare: median(runs.map(({ quietBusy, offeringBusy }) => offeringBusy - quietBusy)),
  };
}

export function cellsLine(row: CellsRow): string {
  return (
    `a read takes ${row.readNanos.toFixed(1)} ns; a value is seen after ${row.arrivalMs.toFixed(1)} ms, ` +
    `at most ${row.slowestArrivalMs.toFixed(1)}; ${row.offersPerSecond.toFixed(0)} offers per second take ` +
    `${(100 * row.masterShare).toFixed(2)} % of the master's time`
  );
}
