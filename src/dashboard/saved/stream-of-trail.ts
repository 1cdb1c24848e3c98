/** The lanes of a whole trail: a row of pieces for each session, above 64 of them for each machine. */

import type { SlaveSummary, TrailSummary } from '../../picture/report/trail-summary.js';
import type { DashboardModel } from '../model/dashboard-model.js';
import type { Lane } from '../model/lane.js';
import type { Mark } from '../model/marks.js';
import { addCell, failedCells, MOST_LANES, type StreamLane, type StreamPage } from '../pages/stream-page.js';

const CELLS = 300;
const MOST_MARKS = 100;

/**
 * Times are those of computing, as results tell it. Call it when the summary is finished. The model, of the same events, has
 * failed runs and marks, and algorithms where the trail has each run.
 */
export function streamOfTrail(
  { slaves, runs, picture }: TrailSummary,
  { marks, algorithms, slaves: lives }: DashboardModel,
): StreamPage {
  const fromMs = Number.isFinite(picture.firstMs) ? picture.firstMs : 0;
  const toMs = Math.max(fromMs + 1, ...slaves.map((slave) => slave.toMs), picture.lastMs);
  const cellMs = (toMs - fromMs) / CELLS;
  const folded = slaves.length > MOST_LANES;
  const lanes = new Map<string, Lane>();
  for (const { sid, joinedMs, lane } of [...lives.gone, ...lives.living.values()])
    if (lane !== undefined) lanes.set(`${sid} ${joinedMs}`, lane);
  const groups = new Map<string, SlaveSummary[]>();
  for (const slave of slaves) {
    const sid = runs.length > 1 ? `${slave.run + 1}/${slave.sid}` : slave.sid;
    const name = folded ? slave.host : sid;
    groups.set(name, [...(groups.get(name) ?? []), slave]);
  }
  const shown = [...groups].slice(0, MOST_LANES).map(([name, members]): StreamLane => {
    const own = members.map(({ sid, fromMs: joinedMs }) => lanes.get(`${sid} ${joinedMs}`));
    return {
      name,
      find: folded ? `${name}:` : (members[0]?.sid ?? ''),
      note: folded ? `${members.length} sessions` : noteOf(members[0]),
      runs: runsOf(members, fromMs, cellMs, folded ? undefined : own[0]),
      failed: failuresOf(own, fromMs, cellMs),
      marks: members.flatMap((slave) => marksOf(slave, marks.list())).slice(-MOST_MARKS),
      now: [],
    };
  });
  const more = groups.size - shown.length;
  return { toMs, cellMs, cells: CELLS, folded, algorithms, lanes: shown, more };
}

function noteOf(slave: SlaveSummary | undefined): string {
  return slave === undefined ? '' : `${slave.host}:${slave.pid}, ${slave.end?.text ?? 'connected'}`;
}

function marksOf({ sid, fromMs, toMs }: SlaveSummary, marks: readonly Mark[]): Mark[] {
  return marks.filter((mark) => mark.sid === sid && mark.atMs >= fromMs && mark.atMs <= toMs);
}

function failuresOf(lanes: readonly (Lane | undefined)[], fromMs: number, cellMs: number): number[][] {
  const [busyMs, failed] = [new Float64Array(CELLS), new Float64Array(CELLS)];
  for (const lane of lanes) lane?.whole.addTo(busyMs, failed, fromMs, cellMs);
  return failedCells(failed);
}

/** The share of all places, in steps of 5 %. */
function runsOf(
  slaves: readonly SlaveSummary[],
  fromMs: number,
  cellMs: number,
  lane: Lane | undefined,
): number[][] {
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
    const algorithm = lane?.whole.algorithmAt(fromMs + (cell + 0.5) * cellMs) ?? 0;
    addCell(runs, lived <= 0 ? 0 : Math.min(100, (100 * busy) / lived), algorithm);
  }
  return runs;
}
