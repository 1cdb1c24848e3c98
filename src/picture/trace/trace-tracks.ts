/** The processes and threads of a trace: a process for each master and each machine, a thread for each lane of a slave. */

import { RunLanes } from './run-lanes.js';
import type { TraceEvent, TracePlace } from './trace-event.js';

/** One session of a slave. */
export interface SlaveTracks {
  readonly sid: string;
  readonly lanes: RunLanes;
  readonly pid: number;
  /** Of the slave among those of the trail. */
  readonly place: number;
  /** By lane. */
  readonly tids: number[];
  /** Tasks that it has. */
  outstanding: number;
  /** Undefined while it is idle. */
  busySince: number | undefined;
  /** Since it is busy: results, and those of which the trail has the run. */
  results: number;
  runs: number;
}

export class TraceTracks {
  readonly #emit: (event: TraceEvent) => void;
  readonly #machines = new Map<string, number>();
  #slaves = new Map<string, SlaveTracks>();
  #pids = 0;
  #tids = 0;
  #places = 0;
  #masters = 0;
  /** The track of the present master. */
  master: TracePlace = { pid: 0, tid: 0 };

  constructor(emit: (event: TraceEvent) => void) {
    this.#emit = emit;
  }

  /** A master begins. Sids start again with each. */
  beginMaster(memberId: string): void {
    this.#slaves = new Map();
    this.#masters++;
    const which = this.#masters === 1 ? '' : `, run ${this.#masters}`;
    const pid = this.#addProcess(`master ${JSON.stringify(memberId)}${which}`);
    this.master = { pid, tid: this.#addThread(pid, 'events', 0) };
  }

  join(sid: string, host: string, places: number): SlaveTracks {
    let pid = this.#machines.get(host);
    if (pid === undefined) {
      pid = this.#addProcess(`machine ${host}`);
      this.#machines.set(host, pid);
    }
    const tracks: SlaveTracks = {
      sid,
      lanes: new RunLanes(Math.max(1, places)),
      pid,
      place: ++this.#places,
      tids: [],
      outstanding: 0,
      busySince: undefined,
      results: 0,
      runs: 0,
    };
    this.#slaves.set(sid, tracks);
    return tracks;
  }

  /** For a slave that joined before the first available line, only the sid is known. */
  find(sid: string): SlaveTracks {
    return this.#slaves.get(sid) ?? this.join(sid, 'unknown', 1);
  }

  /** All slaves of the present master. */
  slaves(): Iterable<SlaveTracks> {
    return this.#slaves.values();
  }

  /** The thread of a lane, which is named when it is first used. */
  placeOf(slave: SlaveTracks, lane: number): TracePlace {
    const { pid, tids, sid, place } = slave;
    let tid = tids[lane];
    if (tid === undefined) {
      const run = this.#masters > 1 ? ` of run ${this.#masters}` : '';
      const beside = lane === 0 ? '' : `, place ${lane + 1}`;
      tid = this.#addThread(pid, `${sid}${run}${beside}`, place);
      tids[lane] = tid;
    }
    return { pid, tid };
  }

  #addProcess(name: string): number {
    const pid = ++this.#pids;
    this.#emit({ ph: 'M', name: 'process_name', pid, tid: 0, args: { name } });
    this.#emit({ ph: 'M', name: 'process_sort_index', pid, tid: 0, args: { sort_index: pid } });
    return pid;
  }

  #addThread(pid: number, name: string, place: number): number {
    const tid = ++this.#tids;
    this.#emit({ ph: 'M', name: 'thread_name', pid, tid, args: { name } });
    this.#emit({ ph: 'M', name: 'thread_sort_index', pid, tid, args: { sort_index: place } });
    return tid;
  }
}
