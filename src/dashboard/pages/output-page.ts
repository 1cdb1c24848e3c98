/** The slaves whose output can be looked at; their lines are asked of the master, one slave at a time. */

import type { DashboardModel } from '../model/dashboard-model.js';
import type { SlaveLife } from '../model/slave-lives.js';

export interface OutputPage {
  /** Those that are here, then those that went last. */
  readonly slaves: readonly { readonly sid: string; readonly host: string; readonly state: string }[];
  /** Slaves that are not among them. */
  readonly more: number;
}

const MOST_SLAVES = 200;

/** `wanted` is a slave that is among them in any case, if it is known. */
export function outputPage({ slaves: { living, gone } }: DashboardModel, wanted: string): OutputPage {
  const all: SlaveLife[] = [...living.values(), ...[...gone].reverse()];
  const first = all.filter(({ sid }) => sid === wanted).slice(0, 1);
  const shown = [...first, ...all.filter((life) => !first.includes(life))].slice(0, MOST_SLAVES);
  return {
    slaves: shown.map(({ sid, host, state }) => ({ sid, host, state })),
    more: all.length - shown.length,
  };
}
