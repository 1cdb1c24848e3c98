/**
 * Gathers the data of a report from a trail's events: the picture, and beside it what happened over time, to each slave
 * and in each run. Memory grows with the number of slaves, not of lines.
 */

import type { AuditEvent, AuditEventOf } from '../../audit/events.js';
import { countRanges } from '../../audit/format/ranges.js';
import { Picture } from '../picture.js';
import { addActivity, type BusyStretch, spreadActivity } from './activity.js';
import { TimeTable } from './time-table.js';

export interface RunSummary {
  memberId: string;
  fromMs: number;
  toMs: number;
  finished: boolean;
}

/** The end of a slave's session, and the words for it. */
export interface SlaveEnding {
  readonly kind: 'lost' | 'left' | 'shut-down' | 'master-ended';
  readonly text: string;
}

/** One session of a slave. */
export interface SlaveSummary {
  readonly sid: string;
  /** The number of its run, from 0. */
  readonly run: number;
  readonly host: string;
  readonly pid: number;
  /** The number of tasks that it runs at once. */
  readonly places: number;
  readonly fromMs: number;
  toMs: number;
  /** Undefined while it is connected. */
  end: SlaveEnding | undefined;
  sent: number;
  results: number;
  computed: number;
  micros: number;
  /** Limited to its life at the end of the trail. */
  activity: BusyStretch[];
}

export class TrailSummary {
  readonly picture = new Picture();
  readonly runs: RunSummary[] = [];
  readonly slaves: SlaveSummary[] = [];
  readonly table = new TimeTable();
  /** Whether times finer than seconds were read. */
  hasFineTimes = false;
  #memberId = '';
  /** By sid, of the current run. */
  readonly #connected = new Map<string, SlaveSummary>();
  readonly #bySid = new Map<string, SlaveSummary>();

  take(event: AuditEvent, timeMs: number): void {
    this.picture.take(event, timeMs);
    this.hasFineTimes ||= timeMs % 1_000 !== 0;
    switch (event.type) {
      case 'init':
        if (event.role === 'master') this.#memberId = event.memberId;
        break;
      case 'master-ready':
        this.#endRun();
        this.runs.push({ memberId: this.#memberId, fromMs: timeMs, toMs: timeMs, finished: false });
        break;
      case 'master-finished':
        this.#finish(event.memberId, timeMs);
        break;
      case 'slave-connecting':
        this.#join(event, timeMs);
        break;
      case 'slave-lost':
        this.#leave(event.sid, { kind: 'lost', text: `lost: ${event.evidence}` }, timeMs);
        break;
      case 'slave-left':
        this.#leave(event.sid, { kind: 'left', text: `left: ${event.reason}` }, timeMs);
        break;
      case 'slave-disconnected':
        this.#leave(event.sid, { kind: 'shut-down', text: 'shut down' }, timeMs);
        break;
      case 'tasks-sent':
        this.#slave(event.sid).sent += event.count;
        this.table.add('sent', timeMs, event.count);
        break;
      case 'results-received':
        this.#slave(event.sid).results += event.count;
        this.table.add('results', timeMs, event.count);
        break;
      case 'slave-computed':
        this.#compute(event, timeMs);
        break;
      case 'tasks-submitted':
        for (const { count } of event.algorithms) this.table.add('submitted', timeMs, count);
        break;
      case 'tasks-settled': {
        const settled = countRanges(event.ok) + countRanges(event.error) + countRanges(event.unrunnable);
        this.table.add(settledColumn(event.algorithm), timeMs, settled);
        break;
      }
      default:
    }
    const run = this.runs.at(-1);
    if (run !== undefined && !run.finished) run.toMs = Math.max(run.fromMs, timeMs);
  }

  /** Call it at the end of the trail. */
  finish(): void {
    const { lastMs } = this.picture;
    for (const slave of this.#connected.values()) slave.toMs = Math.max(slave.toMs, lastMs);
    for (const slave of this.slaves) slave.activity = spreadActivity(slave.activity, slave.places);
  }

  #finish(memberId: string, timeMs: number): void {
    const run = this.runs.at(-1);
    if (run === undefined) return;
    run.memberId = memberId;
    run.toMs = Math.max(run.fromMs, timeMs);
    run.finished = true;
    this.#endRun();
  }

  /** Sids start again with each master. */
  #endRun(): void {
    const run = this.runs.at(-1);
    for (const slave of this.#connected.values()) {
      slave.toMs = Math.max(slave.fromMs, run?.toMs ?? 0);
      slave.end = { kind: 'master-ended', text: 'its master ended' };
      this.table.add('gone', slave.toMs, 1);
    }
    this.#connected.clear();
    this.#bySid.clear();
  }

  #join({ sid, host, pid, concurrency = 1 }: AuditEventOf<'slave-connecting'>, timeMs: number): void {
    const slave = this.#create(sid, host, pid, timeMs, concurrency);
    this.#connected.set(sid, slave);
    this.table.add('joined', timeMs, 1);
  }

  #create(sid: string, host: string, pid: number, fromMs: number, places = 1): SlaveSummary {
    const run = Math.max(0, this.runs.length - 1);
    const numbers = { sent: 0, results: 0, computed: 0, micros: 0 };
    const who = { sid, run, host, pid, places: Math.max(1, places) };
    const slave = { ...who, fromMs, toMs: fromMs, end: undefined, ...numbers, activity: [] };
    this.slaves.push(slave);
    this.#bySid.set(sid, slave);
    return slave;
  }

  /** For a slave that joined before the first available line, only the sid is known. */
  #slave(sid: string): SlaveSummary {
    return this.#bySid.get(sid) ?? this.#create(sid, 'unknown', 0, this.picture.firstMs);
  }

  #leave(sid: string, end: SlaveEnding, timeMs: number): void {
    const slave = this.#slave(sid);
    if (slave.end !== undefined) return;
    slave.end = end;
    slave.toMs = Math.max(slave.fromMs, timeMs);
    this.#connected.delete(sid);
    this.table.add('gone', timeMs, 1);
  }

  /** Results may come after the end of their slave. */
  #compute({ sid, count, micros }: AuditEventOf<'slave-computed'>, timeMs: number): void {
    const slave = this.#slave(sid);
    slave.computed += count;
    slave.micros += micros;
    const toMs = slave.end === undefined ? timeMs : slave.toMs;
    slave.activity = addActivity(slave.activity, slave.fromMs, toMs, micros);
  }
}

export function settledColumn(algorithm: string): string {
  return `settled ${algorithm}`;
}
