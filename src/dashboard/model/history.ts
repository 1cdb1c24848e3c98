/** Numbers of a whole run over time, in rows that double in width when there would be too many. */

import { TimeTable } from '../../picture/report/time-table.js';

/** Rows of a drawing. */
const MOST_ROWS = 240;
const LEAST_ROW_MS = 1_000;
/** Rows over which a stretch without news is spread. */
const MOST_PIECES = 200;

/** Fates of a longer time than this are not gathered. */
const GATHERED_MS = 1_500;
const SETTLED_PIECES = 10;

export interface HistoryRows {
  readonly fromMs: number;
  readonly rowMs: number;
  /** Tasks with a fate, per second. */
  readonly settled: readonly number[];
  /** Those of them that failed. */
  readonly failed: readonly number[];
  /** The share of all slaves that was busy, 0 to 1. */
  readonly busy: readonly number[];
  readonly slaves: readonly number[];
  readonly queued: readonly number[];
}

export class History {
  readonly #table = new TimeTable();
  #toMs: number | undefined;
  #settledMs = 0;
  #spreadMs = 0;

  /** Fates are told about every second: they came since the last ones. */
  settle(atMs: number, count: number, failed: number): void {
    const sinceMs = Math.min(GATHERED_MS, Math.max(0, atMs - this.#settledMs));
    // Several lines of one time share it
    if (atMs > this.#settledMs) {
      this.#spreadMs = sinceMs;
      this.#settledMs = atMs;
    }
    for (let piece = 0; piece < SETTLED_PIECES; piece++) {
      const at = atMs - (this.#spreadMs * piece) / SETTLED_PIECES;
      if (count > 0) this.#table.add('settled', at, count / SETTLED_PIECES);
      if (failed > 0) this.#table.add('failed', at, failed / SETTLED_PIECES);
    }
  }

  /** From the last call to now, these were the numbers of slaves, of busy ones and of queued tasks. */
  pass(nowMs: number, slaves: number, busy: number, queued: number): void {
    const fromMs = this.#toMs ?? nowMs;
    this.#toMs = Math.max(fromMs, nowMs);
    const spanMs = nowMs - fromMs;
    if (spanMs <= 0) return;
    const pieces = Math.min(MOST_PIECES, Math.max(1, Math.floor(spanMs / LEAST_ROW_MS)));
    for (let piece = 0; piece < pieces; piece++) {
      const atMs = fromMs + ((piece + 0.5) * spanMs) / pieces;
      const ms = spanMs / pieces;
      this.#table.add('ms', atMs, ms);
      this.#table.add('slaves', atMs, slaves * ms);
      this.#table.add('busy', atMs, busy * ms);
      this.#table.add('queued', atMs, queued * ms);
    }
  }

  rows(): HistoryRows {
    const grid = this.#table.grid(MOST_ROWS, LEAST_ROW_MS);
    const read = (column: string): number[] => this.#table.read(column, grid);
    const [ms, slaves] = [read('ms'), read('slaves')];
    const rate = (column: string): number[] =>
      read(column).map((count) => rounded((count * 1_000) / grid.widthMs));
    const over = (column: string, by: readonly number[]): number[] =>
      read(column).map((sum, row) => ((by[row] ?? 0) > 0 ? rounded(sum / (by[row] as number)) : 0));
    return {
      fromMs: this.#table.originMs,
      rowMs: grid.widthMs,
      settled: rate('settled'),
      failed: rate('failed'),
      busy: over('busy', slaves),
      slaves: over('slaves', ms),
      queued: over('queued', ms),
    };
  }
}

const rounded = (value: number): number => Number(value.toPrecision(4));
