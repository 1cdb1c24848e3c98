/**
 * Counts over time, in columns with the same rows: rows of 100 ms at first, which double in width when there
 * would be too many. So a trail of weeks takes as much memory as one of minutes.
 */

const FIRST_WIDTH_MS = 100;
const MOST_ROWS = 4_096;

export class TimeTable {
  readonly #columns = new Map<string, number[]>();
  #originMs: number | undefined;
  #widthMs = FIRST_WIDTH_MS;

  /** A time before the first one counts as the first: clocks are sometimes set back. */
  add(column: string, timeMs: number, count: number): void {
    this.#originMs ??= Math.floor(timeMs / 1_000) * 1_000;
    let row = Math.max(0, Math.floor((timeMs - this.#originMs) / this.#widthMs));
    while (row >= MOST_ROWS) {
      this.#fold();
      row = Math.floor(row / 2);
    }
    let counts = this.#columns.get(column);
    if (counts === undefined) {
      counts = [];
      this.#columns.set(column, counts);
    }
    while (counts.length <= row) counts.push(0);
    counts[row] = (counts[row] as number) + count;
  }

  get originMs(): number {
    return this.#originMs ?? 0;
  }

  /** A column in at most `most` rows, none of them narrower than `leastMs`. */
  read(column: string, { widthMs, rows }: Grid): number[] {
    const counts = this.#columns.get(column) ?? [];
    const read = new Array<number>(rows).fill(0);
    for (const [index, count] of counts.entries()) {
      const row = Math.min(rows - 1, Math.floor((index * this.#widthMs) / widthMs));
      read[row] = (read[row] as number) + count;
    }
    return read;
  }

  /** At most `most` rows of a round width, to the end of the longest column. */
  grid(mostRows: number, leastMs: number): Grid {
    const spanMs = Math.max(1, ...[...this.#columns.values()].map(({ length }) => length)) * this.#widthMs;
    const widthMs =
      ROUND_WIDTHS_MS.find(
        (width) => width >= leastMs && width >= this.#widthMs && spanMs / width <= mostRows,
      ) ?? Math.ceil(spanMs / mostRows / DAY_MS) * DAY_MS;
    return { widthMs, rows: Math.ceil(spanMs / widthMs) };
  }

  #fold(): void {
    this.#widthMs *= 2;
    for (const [column, counts] of this.#columns) {
      const folded: number[] = [];
      for (let index = 0; index < counts.length; index += 2) {
        folded.push((counts[index] as number) + (counts[index + 1] ?? 0));
      }
      this.#columns.set(column, folded);
    }
  }
}

export interface Grid {
  readonly widthMs: number;
  readonly rows: number;
}

const DAY_MS = 86_400_000;
const ROUND_WIDTHS_MS = [
  ...[100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000],
  ...[60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000],
  ...[3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, DAY_MS],
];
