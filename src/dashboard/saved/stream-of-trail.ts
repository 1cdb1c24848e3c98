/** The lanes of a whole trail: a row of pieces for each session, above 64 of them for each machine. */

import type { SlaveSummary, TrailSummary } from '../../picture/report/trail-summary.js';
import type { Mark } from '../model/dashboard-model.js';
import type { StreamLane, StreamPage } from '../pages/stream-page.js';

const CELLS = 300;
const MOST_LANES = 64;
const MOST_MARKS = 100;

/** Times are those of computing, as results tell it. Call it when the summary is finished. */
export function streamOfTrail({ slaves, runs, picture }: TrailSummary, marks: readonly Mark[]): StreamPage {
  const fromMs = Number.isFinite(picture.firstMs) ? picture.firstMs : 0;
  const toMs = Math.max(fromMs + 1, ...slaves.map((slave) => slave.toMs), picture.lastMs);
  const cellMs = (toMs - fromMs) / CELLS;
  const folded = slaves.length > MOST_LANES;
  const groups = new Map<string, SlaveSummary[]>();
  for (const slave of slaves) {
    const sid = runs.length > 1 ? `${slave.run + 1}/${slave.sid}` : slave.sid;
    const name = folded ? slave.host : sid;
    groups.set(name, [...(groups.get(name) ?? []), slave]);
  }
  const lanes = [...groups].slice(0, MOST_LANES).map(
    ([name, members]): StreamLane => ({
      name,
      note: folded ? `${members.length} sessions` : noteOf(members[0]),
      runs: runsOf(members, fromMs, cellMs),
      marks: members.flatMap((slave) => marksOf(slave, marks)).slice(-MOST_MARKS),
    }),
  );
  const more = groups.size - lanes.length;
  return { toMs, cellMs, cells: CELLS, folded, algorithms: [''], lanes, more };
}

function noteOf(slave: SlaveSummary | undefined): string {
  return slave === undefined ? '' : `${slave.host}:${slave.pid}, ${slave.end?.text ?? 'connected'}`;
}

function marksOf({ sid, fromMs, toMs }: SlaveSummary, marks: readonly Mark[]): Mark[] {
  return marks.filter((mark) => mark.sid === sid && mark.atMs >= fromMs && mark.atMs <= toMs);
}

/** The share of all places, in steps of 5 %. */
function runsOf(slaves: readonly SlaveSummary[], fromMs: number, cellMs: number): number[][] {
  const busyMs = new Array<number>(CELLS).fill(0);
  const livedMs = new Array<number>(CELLS).fill(0);
  const spread = (sums: number[], startMs: number, endMs: number, ms: number): void => {
    const lengthMs = Math.max(1e-3, endMs - startMs);
    const first = Math.max(0, Math.floor((startMs - fromMs) / cellMs));
    const last = Math.min(CELLS - 1, Math.floor((endMs - fromMs) / cellMs));
    for (let cell = first; cell <= last; cell++) {
      const left = fromMs + cell * cellMs;
      const overlap = Math.min(endMs, left + cellMs) - Math.max(startMs, left);
      sums[cell] = (sums[cell] ?? 0) + (ms * Math.max(0, overlap)) / lengthMs;
    }
  };
  for (const { activity, places, fromMs: joinedMs, toMs } of slaves) {
    spread(livedMs, joinedMs, toMs, (toMs - joinedMs) * places);
    for (const piece of activity) spread(busyMs, piece.fromMs, piece.toMs, piece.micros / 1_000);
  }
  const runs: number[][] = [];
  for (const [cell, busy] of busyMs.entries()) {
    const lived = livedMs[cell] ?? 0;
    const share = lived <= 0 ? 0 : Math.min(100, Math.round((busy / lived) * 20) * 5);
    const before = runs.at(-1);
    if (before?.[1] === share) before[0] = (before[0] ?? 0) + 1;
    else runs.push([1, share, 0]);
  }
  return runs;
}
