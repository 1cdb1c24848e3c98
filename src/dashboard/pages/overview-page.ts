/** The first page: how far the computation is, how busy its slaves are, and what is wrong. */

import { settledOf } from '../../picture/algorithm-tallies.js';
import { progressOf } from '../../picture/progress.js';
import type { DashboardModel } from '../model/dashboard-model.js';
import type { HistoryRows } from '../model/history.js';
import { type Warning, warningsOf } from './warnings.js';

interface AlgorithmRow {
  readonly name: string;
  readonly submitted: number;
  readonly ok: number;
  readonly failed: number;
  /** Microseconds; 0 if none has run. */
  readonly median: number;
  readonly percentile99: number;
  readonly seconds: number;
}

export interface OverviewPage {
  readonly facts: DashboardModel['facts'] & { readonly isFinished: boolean; readonly atMs: number };
  readonly done: number;
  readonly submitted: number;
  readonly total: number | undefined;
  readonly failed: number;
  readonly perSecond: number | undefined;
  readonly elapsedSeconds: number;
  readonly remainingSeconds: number | undefined;
  readonly slaves: Readonly<Record<string, number>>;
  readonly places: number;
  /** The cores that all slaves take, as far as they have said it. */
  readonly cores: number;
  readonly figures: DashboardModel['figures'];
  readonly memoryBytes: number | undefined;
  readonly processorShare: number | undefined;
  readonly warnings: readonly Warning[];
  readonly algorithms: readonly AlgorithmRow[];
  readonly moreAlgorithms: number;
  readonly history: HistoryRows;
}

const MOST_ALGORITHMS = 50;

export function overviewPage(model: DashboardModel, nowMs: number): OverviewPage {
  const { picture, slaves, figures } = model;
  const { done, submitted, total, failed, perSecond, elapsedSeconds, remainingSeconds } = progressOf(
    picture,
    picture.isFinished ? picture.lastMs : nowMs,
  );
  const all = [...picture.algorithms.byName];
  const left = ([, tally]: (typeof all)[number]): number => tally.submitted - settledOf(tally);
  const shown = all.sort((a, b) => left(b) - left(a) || b[1].submitted - a[1].submitted);
  let places = 0;
  let cores = 0;
  for (const life of slaves.living.values()) {
    places += life.places;
    cores += life.seen?.processorShare ?? 0;
  }
  return {
    facts: { ...model.facts, isFinished: picture.isFinished, atMs: model.atMs },
    done,
    submitted,
    total: picture.isFinished ? submitted : total,
    failed,
    perSecond,
    elapsedSeconds,
    remainingSeconds,
    slaves: picture.slaves.countStates(),
    places,
    cores,
    figures,
    memoryBytes: model.process?.memoryBytes,
    processorShare: model.processorShare,
    warnings: warningsOf(model, nowMs),
    algorithms: shown.slice(0, MOST_ALGORITHMS).map(([name, tally]) => ({
      name,
      submitted: tally.submitted,
      ok: tally.ok,
      failed: tally.error + tally.unrunnable,
      median: tally.times.percentile(0.5),
      percentile99: tally.times.percentile(0.99),
      seconds: tally.times.micros / 1e6,
    })),
    moreAlgorithms: Math.max(0, all.length - MOST_ALGORITHMS),
    history: model.history.rows(),
  };
}
