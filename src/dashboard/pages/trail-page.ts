/** The newest lines of the trail, and the shared values that were sent. */

import type { DashboardModel } from '../model/dashboard-model.js';
import type { SharedSeen } from '../model/shared-values.js';
import type { TailLine } from '../model/trail-tail.js';

export interface TrailPage {
  /** The newest first. */
  readonly lines: readonly TailLine[];
  readonly found: number;
  /** Lines that came, also those that are forgotten. */
  readonly count: number;
}

export const MOST_TRAIL_LINES = 300;

export function trailPage(model: DashboardModel, filter: string, most: number): TrailPage {
  const wanted = filter.trim().toLowerCase();
  const lines = model.tail.lines();
  const found =
    wanted === ''
      ? lines
      : lines.filter(({ type, text }) => `${type} ${text}`.toLowerCase().includes(wanted));
  return { lines: found.slice(-most).reverse(), found: found.length, count: model.tail.count };
}

export interface SharedPage {
  readonly rows: readonly SharedSeen[];
}

export function sharedPage(model: DashboardModel): SharedPage {
  return { rows: model.shares.list().reverse() };
}
