/** The machines: those on which the master starts slaves with their states, and the slaves by machine. */

import type { DashboardModel } from '../model/dashboard-model.js';
import type { MachineLife } from '../model/machine-lives.js';

export interface MachineRow {
  readonly host: string;
  readonly slaves: number;
  readonly busySlaves: number;
  readonly places: number;
  readonly results: number;
  readonly lost: number;
  readonly memoryBytes: number;
  /** The cores that its slaves take. */
  readonly cores: number;
  /** Share of the time of its slaves, also of those that are gone. */
  readonly busy: number;
}

/** A machine on which the master starts slaves, also before one has joined. */
export interface FarmRow {
  readonly name: string;
  readonly state: string;
  readonly seconds: number;
  /** Why it failed last. */
  readonly reason: string;
  /** Until it is tried again. */
  readonly againSeconds: number | undefined;
  /** Its own name, its platform and the version of its Node; empty before it was reached. */
  readonly hostname: string;
  readonly platform: string;
  readonly cores: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly clockOffsetMs: number | undefined;
  /** Slots of a server: those that it lends of those that were asked for. */
  readonly slots: string;
  /** Processes of slaves that run there. */
  readonly processes: number;
}

export interface MachinesPage {
  readonly farm: readonly FarmRow[];
  /** Those of which nothing is known, since there are too many. */
  readonly unseen: number;
  readonly rows: readonly MachineRow[];
  readonly more: number;
}

const MOST_MACHINES = 500;
/** Those that need a look come first. */
const RANKS = ['given-up', 'failing', 'validating', 'starting', 'unknown', 'draining', 'ready', 'gone'];

export function machinesPage(model: DashboardModel, nowMs: number): MachinesPage {
  const { machines } = model;
  const farm = machines.list().map((life) => farmRowOf(life, nowMs));
  farm.sort((a, b) => RANKS.indexOf(a.state) - RANKS.indexOf(b.state));
  return { farm, unseen: machines.unseen, ...rowsByHost(model, nowMs) };
}

function farmRowOf(life: MachineLife, nowMs: number): FarmRow {
  const { name, state, sinceMs, reason, againMs, facts, granted, started, ended } = life;
  return {
    name,
    state,
    seconds: Math.max(0, nowMs - sinceMs) / 1_000,
    reason,
    againSeconds: againMs === undefined ? undefined : Math.max(0, againMs - nowMs) / 1_000,
    hostname: facts?.hostname ?? '',
    platform: facts === undefined ? '' : `${facts.platform}, Node ${facts.node}`,
    cores: facts?.cores,
    memoryBytes: facts?.memoryBytes,
    clockOffsetMs: facts?.clockOffsetMs,
    slots: granted === undefined ? '' : `${granted.slots} of ${granted.wanted}`,
    processes: Math.max(0, started - ended),
  };
}

function rowsByHost(model: DashboardModel, nowMs: number): Pick<MachinesPage, 'rows' | 'more'> {
  const byHost = new Map<
    string,
    { -readonly [K in keyof MachineRow]: MachineRow[K] } & { livedMs: number }
  >();
  for (const life of [...model.slaves.living.values(), ...model.slaves.gone]) {
    const { host, state, end, places, results, seen } = life;
    let row = byHost.get(host);
    if (row === undefined) {
      const zeros = {
        slaves: 0,
        busySlaves: 0,
        places: 0,
        results: 0,
        lost: 0,
        memoryBytes: 0,
        cores: 0,
        busy: 0,
      };
      row = { host, ...zeros, livedMs: 0 };
      byHost.set(host, row);
    }
    const goingOn = state === 'busy' ? Math.max(0, nowMs - life.sinceMs) : 0;
    row.results += results;
    row.busy += life.busyMs + goingOn;
    row.livedMs += Math.max(1, (end?.atMs ?? nowMs) - life.joinedMs);
    if (end?.how === 'lost') row.lost++;
    if (end !== undefined) continue;
    row.slaves++;
    row.places += places;
    row.memoryBytes += seen?.memoryBytes ?? 0;
    row.cores += seen?.processorShare ?? 0;
    if (state === 'busy') row.busySlaves++;
  }
  const rows = Array.from(byHost.values(), ({ livedMs, ...row }) => ({
    ...row,
    busy: Math.min(1, row.busy / livedMs),
  })).sort((a, b) => b.slaves - a.slaves || b.results - a.results);
  return { rows: rows.slice(0, MOST_MACHINES), more: Math.max(0, rows.length - MOST_MACHINES) };
}
