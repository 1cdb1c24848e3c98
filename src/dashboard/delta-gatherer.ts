/**
 * Gathers a master's audit events for the dashboard's thread. Those that every message causes become one row of numbers
 * for each slave; all others go as they are. At most 4,096 events go in one delta, and 65,536 wait; further ones are
 * counted.
 */

import type { AuditEvent } from '../audit/events.js';
import { WORK, type WorkRows } from './messages.js';

const MOST_EVENTS = 4_096;
const MOST_WAITING = 65_536;

interface Work {
  readonly slave: number;
  sent: number;
  results: number;
  computed: number;
  micros: number;
  failed: number;
  firstMs: number;
  lastMs: number;
  busyMs: number;
  isBusy: boolean;
  isTouched: boolean;
}

export interface Gathered {
  readonly events: readonly AuditEvent[];
  readonly timesMs: readonly number[];
  readonly work: WorkRows;
  readonly dropped: number;
}

export class DeltaGatherer {
  readonly #works = new Map<string, Work>();
  #touched: Work[] = [];
  #events: AuditEvent[] = [];
  #timesMs: number[] = [];
  #dropped = 0;

  take(event: AuditEvent, timeMs: number): void {
    switch (event.type) {
      case 'tasks-sent':
        this.#work(event.sid).sent += event.count;
        return;
      case 'results-received':
        this.#work(event.sid).results += event.count;
        return;
      case 'slave-computed': {
        const work = this.#work(event.sid);
        work.computed += event.count;
        work.micros += event.micros;
        work.failed += event.failed ?? 0;
        return;
      }
      case 'slave-busy':
        this.#change(event.sid, true, timeMs);
        return;
      case 'slave-idle':
        this.#change(event.sid, false, timeMs);
        return;
      case 'slave-lost':
      case 'slave-left':
      case 'slave-disconnected':
        this.#end(event.sid, timeMs);
        break;
      default:
    }
    if (this.#events.length >= MOST_WAITING) {
      this.#dropped++;
      return;
    }
    this.#events.push(event);
    this.#timesMs.push(timeMs);
  }

  /** The news since the last call, or as much of it as one delta takes. */
  drain(): Gathered {
    const work = new Float64Array(this.#touched.length * WORK.columns);
    for (const [index, one] of this.#touched.entries()) {
      writeRow(work, index * WORK.columns, one);
      reset(one);
    }
    this.#touched = [];
    const events = this.#events.slice(0, MOST_EVENTS);
    const timesMs = this.#timesMs.slice(0, MOST_EVENTS);
    this.#events = this.#events.slice(MOST_EVENTS);
    this.#timesMs = this.#timesMs.slice(MOST_EVENTS);
    const dropped = this.#dropped;
    this.#dropped = 0;
    return { events, timesMs, work, dropped };
  }

  #change(sid: string, isBusy: boolean, timeMs: number): void {
    const work = this.#work(sid);
    if (work.firstMs === 0) work.firstMs = timeMs;
    else if (work.isBusy) work.busyMs += Math.max(0, timeMs - work.lastMs);
    work.lastMs = timeMs;
    work.isBusy = isBusy;
  }

  /** Its last numbers are among the touched ones; results may still come. */
  #end(sid: string, timeMs: number): void {
    const work = this.#works.get(sid);
    if (work === undefined) return;
    if (work.isTouched && work.firstMs > 0) this.#change(sid, work.isBusy, timeMs);
    this.#works.delete(sid);
  }

  #work(sid: string): Work {
    let work = this.#works.get(sid);
    if (work === undefined) {
      const zeros = {
        sent: 0,
        results: 0,
        computed: 0,
        micros: 0,
        failed: 0,
        firstMs: 0,
        lastMs: 0,
        busyMs: 0,
      };
      work = {
        slave: Number(sid.slice(sid.lastIndexOf('-') + 1)),
        ...zeros,
        isBusy: false,
        isTouched: false,
      };
      this.#works.set(sid, work);
    }
    if (!work.isTouched) {
      work.isTouched = true;
      this.#touched.push(work);
    }
    return work;
  }
}

function writeRow(rows: WorkRows, at: number, work: Work): void {
  rows[at + WORK.slave] = work.slave;
  rows[at + WORK.sent] = work.sent;
  rows[at + WORK.results] = work.results;
  rows[at + WORK.computed] = work.computed;
  rows[at + WORK.micros] = work.micros;
  rows[at + WORK.firstMs] = work.firstMs;
  rows[at + WORK.lastMs] = work.lastMs;
  rows[at + WORK.busyMs] = work.busyMs;
  rows[at + WORK.busy] = work.isBusy ? 1 : 0;
  rows[at + WORK.failed] = work.failed;
}

function reset(work: Work): void {
  work.sent = work.results = work.computed = work.micros = work.failed = 0;
  work.firstMs = work.lastMs = work.busyMs = 0;
  work.isTouched = false;
}
