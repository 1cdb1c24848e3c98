/**
 * Gathers the data of a report from a trail's events; memory grows with the number of slaves, not of lines.
 */

import type { AuditEvent, AuditEventOf } from '../events.js';
import { parseRanges } from '../format/ranges.js';
import { RunTimes } from '../format/run-times.js';
import { addActivity, type BusyStretch, spreadActivity } from './activity.js';
import { Failures, OTHERS } from './failures.js';
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

export interface AlgorithmSummary {
  submitted: number;
  ok: number;
  error: number;
  unrunnable: number;
  readonly times: RunTimes;
}

export class TrailSummary {
  readonly runs: RunSummary[] = [];
  readonly slaves: SlaveSummary[] = [];
  readonly algorithms = new Map<string, AlgorithmSummary>();
  readonly table = new TimeTable();
  /** Reasons why slaves were lost, and their counts. */
  readonly losses = new Map<string, number>();
  readonly failures = new Failures();
  readonly counts = {
    events: 0,
    rejoined: 0,
    refused: 0,
    shutDown: 0,
    left: 0,
    lost: 0,
    mostAtOnce: 0,
    recalled: 0,
    backedUp: 0,
    reclaimed: 0,
    retried: 0,
    resultsDropped: 0,
    linesDropped: 0,
  };
  firstMs = Number.POSITIVE_INFINITY;
  lastMs = Number.NEGATIVE_INFINITY;
  /** Whether times finer than seconds were read. */
  hasFineTimes = false;
  #memberId = '';
  /** By sid, of the current run. */
  readonly #connected = new Map<string, SlaveSummary>();
  readonly #bySid = new Map<string, SlaveSummary>();

  take(event: AuditEvent, timeMs: number): void {
    this.counts.events++;
    this.firstMs = Math.min(this.firstMs, timeMs);
    this.lastMs = Math.max(this.lastMs, timeMs);
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
      case 'slave-rejoined':
        this.counts.rejoined++;
        break;
      case 'member-refused':
      case 'hello-refused':
        this.counts.refused++;
        break;
      case 'slave-lost':
        if (this.#leave(event.sid, { kind: 'lost', text: `lost: ${event.evidence}` }, timeMs))
          this.#countLoss(event.evidence);
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
        for (const { algorithm, count } of event.algorithms) {
          this.#algorithm(algorithm).submitted += count;
          this.table.add('submitted', timeMs, count);
        }
        break;
      case 'tasks-settled':
        this.#settle(event, timeMs);
        break;
      case 'tasks-recalled':
        this.counts.recalled += event.count;
        break;
      case 'task-backed-up':
        this.counts.backedUp++;
        break;
      case 'task-reclaimed':
        this.counts.reclaimed++;
        break;
      case 'task-retried':
        this.counts.retried++;
        this.failures.add('run again', '', event.evidence);
        break;
      case 'task-threw':
        this.failures.raise('threw', event.algorithm, event.message, 1);
        break;
      case 'tasks-threw':
        this.failures.raise('threw', event.algorithm, event.message ?? OTHERS, event.count);
        break;
      case 'task-unrunnable':
        this.failures.add('unrunnable', event.algorithm, whyUnrunnable(event));
        break;
      case 'task-killed':
        this.failures.add('unrunnable', event.algorithm, 'killed by the program');
        break;
      case 'result-dropped':
        this.counts.resultsDropped++;
        break;
      case 'audit-dropped':
        this.counts.linesDropped += event.count;
        break;
      default:
    }
    const run = this.runs.at(-1);
    if (run !== undefined && !run.finished) run.toMs = Math.max(run.fromMs, timeMs);
  }

  /** Call it at the end of the trail. */
  finish(): void {
    for (const slave of this.#connected.values()) slave.toMs = Math.max(slave.toMs, this.lastMs);
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
    this.failures.endRun();
    this.#connected.clear();
    this.#bySid.clear();
  }

  #join({ sid, host, pid, concurrency = 1 }: AuditEventOf<'slave-connecting'>, timeMs: number): void {
    const slave = this.#create(sid, host, pid, timeMs, concurrency);
    this.#connected.set(sid, slave);
    this.counts.mostAtOnce = Math.max(this.counts.mostAtOnce, this.#connected.size);
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
    return this.#bySid.get(sid) ?? this.#create(sid, 'unknown', 0, this.firstMs);
  }

  /** False if it had already ended. */
  #leave(sid: string, end: SlaveEnding, timeMs: number): boolean {
    const slave = this.#slave(sid);
    if (slave.end !== undefined) return false;
    slave.end = end;
    slave.toMs = Math.max(slave.fromMs, timeMs);
    this.#connected.delete(sid);
    this.table.add('gone', timeMs, 1);
    this.#countEnd(end);
    return true;
  }

  #countEnd({ kind }: SlaveEnding): void {
    switch (kind) {
      case 'lost':
        this.counts.lost++;
        return;
      case 'left':
        this.counts.left++;
        return;
      case 'shut-down':
        this.counts.shutDown++;
        return;
      case 'master-ended':
        return;
      default:
        kind satisfies never;
    }
  }

  /** A different time does not make it another reason. */
  #countLoss(evidence: string): void {
    const reason = evidence.replace(/\d+\.\d+ s\b/g, 'N s');
    this.losses.set(reason, (this.losses.get(reason) ?? 0) + 1);
  }

  /** Results may come after the end of their slave. */
  #compute({ sid, count, micros }: AuditEventOf<'slave-computed'>, timeMs: number): void {
    const slave = this.#slave(sid);
    slave.computed += count;
    slave.micros += micros;
    const toMs = slave.end === undefined ? timeMs : slave.toMs;
    slave.activity = addActivity(slave.activity, slave.fromMs, toMs, micros);
  }

  #settle(event: AuditEvent & { type: 'tasks-settled' }, timeMs: number): void {
    const algorithm = this.#algorithm(event.algorithm);
    let settled = 0;
    for (const fate of ['ok', 'error', 'unrunnable'] as const) {
      const count = countOf(event[fate]);
      algorithm[fate] += count;
      settled += count;
    }
    if (event.times !== undefined) algorithm.times.addText(event.times);
    this.table.add(settledColumn(event.algorithm), timeMs, settled);
  }

  #algorithm(name: string): AlgorithmSummary {
    let algorithm = this.algorithms.get(name);
    if (algorithm === undefined) {
      algorithm = { submitted: 0, ok: 0, error: 0, unrunnable: 0, times: new RunTimes() };
      this.algorithms.set(name, algorithm);
    }
    return algorithm;
  }
}

export function settledColumn(algorithm: string): string {
  return `settled ${algorithm}`;
}

function countOf(text: string | undefined): number {
  let count = 0;
  for (const [first, last] of parseRanges(text ?? '') ?? []) count += last - first + 1;
  return count;
}

/** The reason, and the end of its last run. */
function whyUnrunnable({ reason, history }: AuditEventOf<'task-unrunnable'>): string {
  const evidence = history.at(-1)?.evidence;
  return evidence === undefined ? reason : `${reason}: ${evidence}`;
}
