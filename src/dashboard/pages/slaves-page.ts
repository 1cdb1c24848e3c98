/** The slaves, those that need a look first. */

import type { DashboardModel } from '../model/dashboard-model.js';
import type { SlaveLife } from '../model/slave-lives.js';

export interface SlaveRow {
  readonly sid: string;
  readonly host: string;
  readonly pid: number;
  readonly state: string;
  readonly kind: string;
  readonly places: number;
  readonly joinedMs: number;
  readonly seconds: number;
  readonly tasks: number | undefined;
  readonly results: number;
  /** Share of its time that it was busy, 0 to 1. */
  readonly busy: number;
  readonly memoryBytes: number | undefined;
  /** Of one core: 2 is two cores. */
  readonly processorShare: number | undefined;
  readonly beatSeconds: number | undefined;
  readonly runs: string;
  /** Of the run that goes on longest. */
  readonly runSeconds: number | undefined;
  /** Why it is suspected, or how it ended; or the session that it continues. */
  readonly note: string;
}

export interface SlavesPage {
  readonly rows: readonly SlaveRow[];
  /** Those that fit the filter. */
  readonly found: number;
  readonly all: number;
  readonly unseen: number;
}

/** Rows of an update; a trail's page has more. */
export const MOST_SLAVE_ROWS = 500;
const SID = /^slave-\d+$/;

/** A filter is the sid of a slave, or a part of any text of a row, without regard to case. */
export function slavesPage(model: DashboardModel, nowMs: number, filter: string, most: number): SlavesPage {
  const lives = [...model.slaves.living.values(), ...model.slaves.gone.toReversed()];
  const wanted = filter.trim().toLowerCase();
  const fits = (life: SlaveLife): boolean =>
    SID.test(wanted) ? life.sid.toLowerCase() === wanted : textOf(life).includes(wanted);
  const found = wanted === '' ? lives : lives.filter(fits);
  // Trouble first; the sort is stable
  const ranked = found.length <= most ? found : [...found].sort((a, b) => rank(a) - rank(b));
  return {
    rows: ranked.slice(0, most).map((life) => rowOf(life, nowMs)),
    found: found.length,
    all: lives.length,
    unseen: model.slaves.unseen,
  };
}

function rank({ suspicion, state, end }: SlaveLife): number {
  if (suspicion !== undefined && state !== 'gone') return 0;
  if (end?.how === 'lost') return 1;
  return state === 'gone' ? 4 : state === 'busy' ? 2 : 3;
}

function textOf(life: SlaveLife): string {
  const { sid, host, pid, kind, end, suspicion, seen } = life;
  const runs = seen?.runs.map(({ algorithm, taskId }) => `${algorithm} ${taskId}`).join(' ') ?? '';
  return `${sid} ${host}:${pid} ${stateOf(life)} ${kind} ${suspicion ?? ''} ${end?.evidence ?? ''} ${runs}`.toLowerCase();
}

function stateOf({ state, suspicion, end, seen }: SlaveLife): string {
  if (end !== undefined) return end.how;
  if (suspicion !== undefined) return 'suspected';
  return seen?.isDraining && state !== 'shutting-down' ? 'draining' : state;
}

function rowOf(life: SlaveLife, nowMs: number): SlaveRow {
  const { sid, host, pid, kind, places, joinedMs, results, seen, end, suspicion, previousSid } = life;
  const untilMs = end?.atMs ?? nowMs;
  const goingOn = life.state === 'busy' ? Math.max(0, untilMs - life.sinceMs) : 0;
  const lived = Math.max(1, untilMs - joinedMs);
  const isHere = end === undefined;
  const [first] = seen?.runs ?? [];
  const sinceSeen = (nowMs - life.seenMs) / 1_000;
  const runs = seen?.runs.map(({ algorithm, taskId }) => `${algorithm} ${taskId}`) ?? [];
  const again = previousSid === undefined ? '' : `was ${previousSid}`;
  return {
    sid,
    host,
    pid,
    state: stateOf(life),
    kind,
    places,
    joinedMs,
    seconds: (untilMs - joinedMs) / 1_000,
    tasks: isHere ? seen?.tasks : 0,
    results,
    busy: Math.min(1, (life.busyMs + goingOn) / lived),
    memoryBytes: isHere ? seen?.memoryBytes : undefined,
    processorShare: isHere ? seen?.processorShare : undefined,
    beatSeconds:
      isHere && seen?.beatSeconds !== undefined ? seen.beatSeconds + Math.max(0, sinceSeen) : undefined,
    runs: isHere ? runs.join(', ') : '',
    runSeconds: isHere && first !== undefined ? first.seconds + Math.max(0, sinceSeen) : undefined,
    note: end === undefined ? (suspicion ?? again) : end.evidence,
  };
}
