/** A lane for each slave with its busy times; above 64 slaves, one for each machine. */

import type { DashboardModel } from '../model/dashboard-model.js';
import { CELL_MS, CELLS } from '../model/lane.js';
import type { Mark } from '../model/marks.js';
import type { SlaveLife } from '../model/slave-lives.js';

type StreamMark = Omit<Mark, 'sid'>;

/** A run that goes on. */
interface StreamRun {
  readonly taskId: string;
  readonly algorithm: string;
  readonly fromMs: number;
}

export interface StreamLane {
  readonly name: string;
  readonly note: string;
  /** The filter of the page Slaves that finds its slaves. */
  readonly find: string;
  /** Stretches from the left: cells, busy percent, number of an algorithm. */
  readonly runs: readonly (readonly number[])[];
  /** Failed runs: the first cell of some, their number of cells, and how many runs failed in them. */
  readonly failed: readonly (readonly number[])[];
  readonly marks: readonly StreamMark[];
  readonly now: readonly StreamRun[];
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

/** The times of a drawing, and how a lane's are read. */
interface Frame {
  readonly fromMs: number;
  readonly toMs: number;
  /** The last cell may end later. */
  readonly nowMs: number;
  readonly cellMs: number;
  readonly cells: number;
  readonly isWhole: boolean;
}

export const MOST_LANES = 64;
const MOST_MARKS_OF_LANE = 50;
/** Cells with failed runs go together where a lane has more. */
const MOST_FAILED_OF_LANE = 120;
const LEAST_WHOLE_CELL_MS = 1_000;
const MOST_WHOLE_CELLS = 240;
const TIMES_KEPT_MS = CELLS * CELL_MS;

/**
 * `seconds` are the length of the lanes, at most ten minutes, or 0 for all that is kept of each session. `untilMs` is the
 * time at which somebody paused.
 */
export function streamPage(
  model: DashboardModel,
  nowMs: number,
  seconds: number,
  untilMs: number = nowMs,
): StreamPage {
  const isWhole = seconds === 0;
  const toMs = Math.max(nowMs - TIMES_KEPT_MS, Math.min(nowMs, untilMs));
  const everyone = [...model.slaves.living.values(), ...model.slaves.gone];
  const withLane = everyone.filter(({ lane }) => lane !== undefined);
  const frame = isWhole ? wholeFrame(withLane, toMs) : lateFrame(toMs, seconds);
  const lives = withLane.filter(({ end }) => end === undefined || end.atMs > frame.fromMs);
  const folded = lives.length > MOST_LANES;
  const groups = folded
    ? byHost(lives)
    : lives.map((life) => ({ name: life.sid, find: life.sid, lives: [life] }));
  const marks = new Map<string, StreamMark[]>();
  for (const { sid, ...mark } of model.marks.list()) {
    if (mark.atMs <= frame.fromMs || mark.atMs > toMs) continue;
    const list = marks.get(sid) ?? [];
    list.push(mark);
    marks.set(sid, list);
  }
  const shown = groups.slice(0, MOST_LANES).map(({ name, find, lives: members }) => ({
    name,
    find,
    note: folded ? `${members.length} slaves` : noteOf(members[0]),
    ...busyAndFailed(members, frame, folded),
    marks: members.flatMap(({ sid }) => marks.get(sid) ?? []).slice(-MOST_MARKS_OF_LANE),
    now: folded ? [] : members.flatMap((life) => runsNow(life, toMs)),
  }));
  const { cellMs, cells } = frame;
  const more = groups.length - shown.length;
  return { toMs: frame.toMs, cellMs, cells, folded, algorithms: model.algorithms, lanes: shown, more };
}

function lateFrame(toMs: number, seconds: number): Frame {
  const cells = Math.max(1, Math.min(CELLS, Math.round((seconds * 1_000) / CELL_MS)));
  const fromMs = toMs - cells * CELL_MS;
  return { fromMs, toMs, nowMs: toMs, cellMs: CELL_MS, cells, isWhole: false };
}

/** From the begin of the oldest session that is kept, in cells whose width is one of those in which lanes are kept. */
function wholeFrame(lives: readonly SlaveLife[], nowMs: number): Frame {
  let firstMs = nowMs;
  for (const { lane, joinedMs } of lives) firstMs = Math.min(firstMs, joinedMs, lane?.whole.fromMs ?? nowMs);
  let cellMs = LEAST_WHOLE_CELL_MS;
  while ((nowMs - firstMs) / cellMs > MOST_WHOLE_CELLS - 1) cellMs *= 2;
  const first = Math.floor(firstMs / cellMs);
  const cells = Math.floor(nowMs / cellMs) - first + 1;
  const toMs = (first + cells) * cellMs;
  return { fromMs: first * cellMs, toMs, nowMs, cellMs, cells, isWhole: true };
}

function byHost(lives: readonly SlaveLife[]): { name: string; find: string; lives: SlaveLife[] }[] {
  const groups = new Map<string, SlaveLife[]>();
  for (const life of lives) {
    const members = groups.get(life.host);
    if (members === undefined) groups.set(life.host, [life]);
    else members.push(life);
  }
  return Array.from(groups, ([name, members]) => ({ name, find: `${name}:`, lives: members }));
}

function noteOf(life: SlaveLife | undefined): string {
  if (life === undefined) return '';
  const { host, pid, end } = life;
  return end === undefined ? `${host}:${pid}` : `${host}:${pid}, ${end.how}`;
}

/** As of the last look at it. */
function runsNow({ seen, seenMs, end }: SlaveLife, toMs: number): StreamRun[] {
  if (seen === undefined || end !== undefined || seenMs > toMs + CELL_MS) return [];
  return seen.runs.map(({ taskId, algorithm, seconds }) => ({
    taskId,
    algorithm,
    fromMs: seenMs - seconds * 1_000,
  }));
}

function busySince({ state, sinceMs }: SlaveLife): number | undefined {
  return state === 'busy' ? sinceMs : undefined;
}

/** A slave is busy or not, however many tasks it runs at once. */
function busyAndFailed(
  lives: readonly SlaveLife[],
  frame: Frame,
  folded: boolean,
): Pick<StreamLane, 'runs' | 'failed'> {
  const { toMs, cells } = frame;
  const failed = new Float64Array(cells);
  if (frame.isWhole) return { runs: wholeRuns(lives, frame, failed, folded), failed: failedCells(failed) };
  for (const life of lives) life.lane?.addFailures(failed, toMs);
  const [first] = lives;
  const runs = folded ? together(lives, frame) : (first?.lane?.read(toMs, cells, busySince(first)) ?? []);
  return { runs, failed: failedCells(failed) };
}

function wholeRuns(
  lives: readonly SlaveLife[],
  { fromMs, nowMs, cellMs, cells }: Frame,
  failed: Float64Array,
  folded: boolean,
): number[][] {
  const busyMs = new Float64Array(cells);
  for (const life of lives) {
    life.lane?.whole.addTo(busyMs, failed, fromMs, cellMs);
    const since = busySince(life) ?? nowMs;
    for (let cell = Math.max(0, Math.floor((since - fromMs) / cellMs)); cell < cells; cell++) {
      const left = fromMs + cell * cellMs;
      const goesOnMs = Math.min(nowMs, left + cellMs) - Math.max(since, left);
      busyMs[cell] = (busyMs[cell] ?? 0) + Math.max(0, goesOnMs);
    }
  }
  const whole = folded ? undefined : lives[0]?.lane?.whole;
  const runs: number[][] = [];
  for (const [cell, busy] of busyMs.entries()) {
    const left = fromMs + cell * cellMs;
    const algorithm = whole?.algorithmAt(left + cellMs / 2) ?? 0;
    const lengthMs = Math.max(1, Math.min(cellMs, nowMs - left));
    addCell(runs, Math.min(100, (100 * busy) / lengthMs / lives.length), algorithm);
  }
  return runs;
}

/** The mean of several lanes, without algorithms. */
function together(lives: readonly SlaveLife[], { toMs, cells }: Frame): number[][] {
  const sums = new Float64Array(cells);
  for (const life of lives) life.lane?.addShares(sums, toMs, busySince(life));
  const runs: number[][] = [];
  for (const sum of sums) addCell(runs, sum / lives.length, 0);
  return runs;
}

/** Equal neighbours are one stretch; shares are in steps of 5 %. */
export function addCell(runs: number[][], percent: number, algorithm: number): void {
  const share = Math.round(percent / 5) * 5;
  const before = runs.at(-1);
  if (before !== undefined && before[1] === share && before[2] === algorithm)
    before[0] = (before[0] ?? 0) + 1;
  else runs.push([1, share, algorithm]);
}

export function failedCells(counts: Float64Array): number[][] {
  const width = Math.ceil(counts.length / MOST_FAILED_OF_LANE);
  const found: number[][] = [];
  for (let from = 0; from < counts.length; from += width) {
    const count = counts.subarray(from, from + width).reduce((sum, one) => sum + one, 0);
    if (count > 0) found.push([from, width, count]);
  }
  return found;
}
