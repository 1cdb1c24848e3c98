/** How long the same tasks would take with other numbers of slaves, and why more of them stop to help. */

import { compute } from './computation.js';
import type { TaskWork } from './task-work.js';

/** The next number of slaves must save so much of the time to help. */
const LEAST_GAIN = 0.05;
const MOST_SLAVES = 4_096;
/** Larger computations are computed for fewer numbers of slaves. */
const MANY_TASKS = 100_000;

export interface ForecastRow {
  readonly slaves: number;
  readonly ms: number;
  /** 0 to 1, of the slaves' time. */
  readonly busy: number;
  /** Times as fast as with one slave. */
  readonly speed: number;
}

/** No number of slaves is over sooner. */
export interface Bound {
  readonly ms: number;
  readonly because:
    | { readonly kind: 'long-task'; readonly at: number }
    | { readonly kind: 'late-task'; readonly at: number }
    | { readonly kind: 'ordered'; readonly addressee: number };
}

export interface Forecast {
  readonly rows: readonly ForecastRow[];
  /** The smallest number after which more hardly help; undefined if the largest one still does. */
  readonly enough: number | undefined;
  readonly bound: Bound;
}

/** `slaves` are the numbers, or undefined for 1, 2, 4 and so on until more stop to help. */
export function forecast(work: TaskWork, places: number, slaves?: readonly number[]): Forecast {
  const bound = boundOf(work, places);
  const isOneAsked = slaves === undefined || slaves.includes(1) || places > 1;
  const one = isOneAsked
    ? compute(work, 1, places)
    : { ms: inTurnMs(work, bound), busyMs: work.totalMicros / 1_000 };
  const row = (count: number): ForecastRow => {
    const { ms, busyMs } = count === 1 ? one : compute(work, count, places);
    return {
      slaves: count,
      ms,
      busy: ms === 0 ? 0 : busyMs / (ms * count * places),
      speed: ms === 0 ? 1 : one.ms / ms,
    };
  };
  const rows =
    slaves === undefined
      ? rowsUntilEnough(row, bound, work.count > MANY_TASKS ? 4 : 2)
      : [...new Set(slaves)].sort((a, b) => a - b).map(row);
  return { rows, bound, enough: enoughOf(rows, bound) };
}

/** One slave works without a break while there are tasks: as `compute` says, and sooner said. */
function inTurnMs(work: TaskWork, bound: Bound): number {
  let ms = 0;
  for (let at = 0; at < work.count; at++) {
    ms = Math.max(ms, work.submittedMs(at)) + work.micros(at, 1) / 1_000;
    for (const { micros } of work.next(at) ?? []) ms += micros / 1_000;
  }
  return Math.max(ms, bound.ms);
}

function rowsUntilEnough(row: (count: number) => ForecastRow, bound: Bound, factor: number): ForecastRow[] {
  const rows: ForecastRow[] = [row(1)];
  for (let count = factor; count <= MOST_SLAVES; count *= factor) {
    const last = rows.at(-1) as ForecastRow;
    if (judgeNear(last, bound)) break;
    const next = row(count);
    rows.push(next);
    if (next.ms > last.ms * (1 - LEAST_GAIN)) break;
  }
  return rows;
}

function judgeNear({ ms }: ForecastRow, bound: Bound): boolean {
  return ms <= bound.ms * (1 + LEAST_GAIN);
}

/** The first row that no later one improves much on, if there is a later one or the bound is near. */
function enoughOf(rows: readonly ForecastRow[], bound: Bound): number | undefined {
  const best = Math.min(...rows.map(({ ms }) => ms));
  const first = rows.find(({ ms }) => ms * (1 - LEAST_GAIN) <= best) as ForecastRow;
  return first !== rows.at(-1) || judgeNear(first, bound) ? first.slaves : undefined;
}

/** A task takes its own time after its submission, and tasks of one ordered slave take theirs one after another. */
function boundOf(work: TaskWork, places: number): Bound {
  let bound: Bound = { ms: -1, because: { kind: 'long-task', at: 0 } };
  const ordered = new Array<number>(work.addressees).fill(0);
  for (let at = 0; at < work.count; at++) {
    const [submittedMs, ownMs] = [work.submittedMs(at), work.ownMs(at)];
    if (submittedMs + ownMs > bound.ms) {
      const kind = submittedMs > ownMs ? 'late-task' : 'long-task';
      bound = { ms: submittedMs + ownMs, because: { kind, at } };
    }
    const addressee = work.addressee(at);
    if (addressee !== undefined) ordered[addressee] = (ordered[addressee] ?? 0) + ownMs;
  }
  for (const [addressee, ms] of places === 1 ? ordered.entries() : []) {
    if (ms > bound.ms) bound = { ms, because: { kind: 'ordered', addressee } };
  }
  return bound;
}
