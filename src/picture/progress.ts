/** How far a computation is, read from its picture. */

import { type AlgorithmTally, settledOf } from './algorithm-tallies.js';
import type { Picture } from './picture.js';

/** The tasks of one algorithm. */
export interface AlgorithmProgress {
  readonly name: string;
  readonly done: number;
  readonly submitted: number;
}

export interface Progress {
  /** Tasks with a fate. */
  readonly done: number;
  /** So far. */
  readonly submitted: number;
  /** All tasks, those to come too, as far as can be told; undefined if it cannot, or a trail lacks some. */
  readonly total: number | undefined;
  /** Tasks that threw or were unrunnable, without those that the program took back. */
  readonly failed: number;
  /** The busiest ones, in the order of their first tasks; empty if there is only one. */
  readonly algorithms: readonly AlgorithmProgress[];
  /** The number of further ones. */
  readonly otherAlgorithms: number;
  readonly slaves: number;
  readonly busy: number;
  /** Tasks per second, of the last half minute. */
  readonly perSecond: number | undefined;
  readonly elapsedSeconds: number;
  /** Undefined where the total or the rate is unknown. */
  readonly remainingSeconds: number | undefined;
}

/** Algorithms that are told apart. */
const MOST_SHOWN = 4;

/** A program that has submitted nothing for so long will submit no more until something is done. */
const QUIET_MS = 2_000;

export function progressOf(picture: Picture, nowMs: number): Progress {
  const { algorithms, counts, slaves, settledLately } = picture;
  const { settled: done, submitted } = algorithms;
  const total = totalOf(picture, nowMs);
  const perSecond = settledLately.perSecond(nowMs);
  const left = (total ?? 0) - done;
  const remains = left > 0 && perSecond !== undefined && perSecond > 0;
  const shown = busiest([...algorithms.byName]);
  return {
    done,
    submitted,
    total,
    failed: Math.max(0, algorithms.notDone - counts.cancelled - counts.killed),
    algorithms: shown,
    otherAlgorithms: shown.length === 0 ? 0 : algorithms.byName.size - shown.length,
    slaves: slaves.size,
    busy: slaves.countStates().busy,
    perSecond,
    elapsedSeconds: picture.firstMs <= nowMs ? (nowMs - picture.firstMs) / 1_000 : 0,
    remainingSeconds: remains ? left / perSecond : undefined,
  };
}

/** An item that is still to be drawn counts as a task. */
function totalOf({ algorithms, yetToCome, submittedMs }: Picture, nowMs: number): number | undefined {
  const { submitted, settled } = algorithms;
  if (settled > submitted || yetToCome === undefined) return undefined;
  if (yetToCome > 0) return submitted + yetToCome;
  return nowMs - submittedMs >= QUIET_MS ? submitted : undefined;
}

/** Those with the most tasks left, then with the most tasks. */
function busiest(all: readonly (readonly [string, AlgorithmTally])[]): AlgorithmProgress[] {
  if (all.length < 2) return [];
  const rows = all.map(([name, tally]) => ({ name, done: settledOf(tally), submitted: tally.submitted }));
  const left = ({ submitted, done }: AlgorithmProgress): number => submitted - done;
  const chosen = new Set(
    [...rows].sort((a, b) => left(b) - left(a) || b.submitted - a.submitted).slice(0, MOST_SHOWN),
  );
  return rows.filter((row) => chosen.has(row));
}
