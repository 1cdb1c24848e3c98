/** A lane for each slave with its busy times; above 64 slaves, one for each machine. */

import type { DashboardModel } from '../model/dashboard-model.js';
import { CELL_MS, CELLS } from '../model/lane.js';
import type { SlaveLife } from '../model/slave-lives.js';

interface StreamMark {
  readonly atMs: number;
  readonly kind: string;
  readonly text: string;
}

export interface StreamLane {
  readonly name: string;
  readonly note: string;
  /** Stretches from the left: cells, busy percent, number of an algorithm. */
  readonly runs: readonly (readonly number[])[];
  readonly marks: readonly StreamMark[];
}

export interface StreamPage {
  readonly toMs: number;
  readonly cellMs: number;
  readonly cells: number;
  readonly folded: boolean;
  /** By their numbers; 0 is unknown. */
  readonly algorithms: readonly string[];
  readonly lanes: readonly StreamLane[];
  /** Slaves or machines without a lane. */
  readonly more: number;
}

const MOST_LANES = 64;
const MOST_MARKS_OF_LANE = 50;

/** `seconds` are the length of the lanes, at most ten minutes. */
export function streamPage(model: DashboardModel, nowMs: number, seconds: number): StreamPage {
  const cells = Math.max(1, Math.min(CELLS, Math.round((seconds * 1_000) / CELL_MS)));
  const fromMs = nowMs - cells * CELL_MS;
  const lives = [
    ...model.slaves.living.values(),
    ...model.slaves.gone.filter(({ end }) => (end?.atMs ?? 0) > fromMs),
  ].filter(({ lane }) => lane !== undefined);
  const folded = lives.length > MOST_LANES;
  const groups = folded ? byHost(lives) : lives.map((life) => ({ name: life.sid, lives: [life] }));
  const marks = new Map<string, StreamMark[]>();
  for (const { sid, atMs, kind, text } of model.marks) {
    if (atMs <= fromMs) continue;
    const list = marks.get(sid) ?? [];
    list.push({ atMs, kind, text });
    marks.set(sid, list);
  }
  const shown = groups.slice(0, MOST_LANES).map(({ name, lives: members }) => ({
    name,
    note: folded ? `${members.length} slaves` : noteOf(members[0]),
    runs: folded ? together(members, nowMs, cells) : runsOf(members[0] as SlaveLife, nowMs, cells),
    marks: members.flatMap(({ sid }) => marks.get(sid) ?? []).slice(-MOST_MARKS_OF_LANE),
  }));
  return {
    toMs: nowMs,
    cellMs: CELL_MS,
    cells,
    folded,
    algorithms: model.algorithms,
    lanes: shown,
    more: groups.length - shown.length,
  };
}

function byHost(lives: readonly SlaveLife[]): { name: string; lives: SlaveLife[] }[] {
  const groups = new Map<string, SlaveLife[]>();
  for (const life of lives) {
    const members = groups.get(life.host);
    if (members === undefined) groups.set(life.host, [life]);
    else members.push(life);
  }
  return Array.from(groups, ([name, members]) => ({ name, lives: members }));
}

function noteOf(life: SlaveLife | undefined): string {
  if (life === undefined) return '';
  const { host, pid, end } = life;
  return end === undefined ? `${host}:${pid}` : `${host}:${pid}, ${end.how}`;
}

/** A slave is busy or not, however many tasks it runs at once. */
function runsOf(life: SlaveLife, nowMs: number, cells: number): number[][] {
  return life.lane?.read(nowMs, cells, busySince(life)) ?? [];
}

function busySince({ state, sinceMs }: SlaveLife): number | undefined {
  return state === 'busy' ? sinceMs : undefined;
}

/** The mean of several lanes, without algorithms. */
function together(lives: readonly SlaveLife[], nowMs: number, cells: number): number[][] {
  const sums = new Float64Array(cells);
  for (const life of lives) life.lane?.addShares(sums, nowMs, busySince(life));
  const runs: number[][] = [];
  for (const sum of sums) {
    const share = Math.round(sum / lives.length / 5) * 5;
    const before = runs.at(-1);
    if (before?.[1] === share) before[0] = (before[0] ?? 0) + 1;
    else runs.push([1, share, 0]);
  }
  return runs;
}
