/**
 * Follows one task of one master through its trail. A trail names single tasks only where something happened to them,
 * so where a task was without a fate is often not told; then the answer says so.
 */

import type { AuditEvent, AuditEventOf } from '../events.js';
import { parseRanges } from '../format/ranges.js';
import { type AuditedRun, parseRunList } from '../format/run-list.js';
import { formatText } from '../format/text-format.js';
import type { EndedFacts, EndedRun, TaskStory, TaskWhy, ToldEvent } from './task-why.js';
import { TrailSlaves } from './trail-slaves.js';

const MOST_RUNS = 100;
const MOST_FIRST = 20;
const MOST_LAST = 80;
const STATUSES = ['ok', 'error', 'unrunnable'] as const;
const TIME_PREFIX = /^.*? \[A\] /;

/** The line of a run that threw; a master writes it for the first of its kind only. */
type Threw = AuditEventOf<'task-threw'>;

/** A run as its master was told of it. */
interface TimedRun extends AuditedRun {
  readonly sid: string;
}

interface Fate {
  readonly status: EndedFacts['status'];
  readonly at: number;
  readonly seconds: readonly [least: number, most: number] | undefined;
}

export class TrailTask {
  readonly #taskId: string;
  readonly #number: number;
  readonly #slaves = new TrailSlaves();
  #algorithm: string | undefined;
  #submittedAt: number | undefined;
  #fate: Fate | undefined;
  #reason: string | undefined;
  #threw: Threw | undefined;
  #runs: EndedRun[] = [];
  /** Those with a line, if the trail has each run. */
  #timed: TimedRun[] = [];
  readonly #first: ToldEvent[] = [];
  readonly #last: ToldEvent[] = [];
  #leftOut = 0;
  #endsAt = 0;
  #isFinished = false;
  #signal: string | undefined;
  /** The number after the highest that was submitted. */
  #next = 0;

  constructor(number: number) {
    this.#number = number;
    this.#taskId = `TASK-${number}`;
  }

  /** Whether any line is about the task. */
  get isKnown(): boolean {
    return this.#submittedAt !== undefined || this.#fate !== undefined || this.#first.length > 0;
  }

  take(event: AuditEvent, timeMs: number): void {
    this.#endsAt = Math.max(this.#endsAt, timeMs);
    this.#slaves.take(event);
    if ('taskId' in event && event.taskId === this.#taskId) this.#tell(event, timeMs);
    switch (event.type) {
      case 'tasks-submitted':
        this.#submit(event.tasks ?? '', timeMs);
        break;
      case 'tasks-settled':
        this.#settle(event, timeMs);
        break;
      case 'runs-ended':
        this.#time(event);
        break;
      case 'interrupted':
        this.#signal = event.signal;
        break;
      case 'master-finished':
        this.#isFinished = true;
        break;
      default:
    }
  }

  /** `master` of `masters` in the trail. */
  answer(master: number, masters: number): TaskWhy {
    const taskId = this.#taskId;
    if (!this.isKnown) {
      const next = this.#number >= this.#next && this.#next > 0 ? `TASK-${this.#next}` : undefined;
      const known = { taskId, algorithm: undefined, runs: [] };
      return { ...known, state: 'unknown', because: 'never-submitted', facts: { next } };
    }
    const story = this.#story(master, masters);
    const known = { taskId, algorithm: this.#algorithm, runs: this.#allRuns() };
    if (this.#fate === undefined) {
      const facts = { ...story, ...this.#slaves.counts() };
      return { ...known, state: 'unknown', because: 'trail-ends', facts };
    }
    const { status, at, seconds } = this.#fate;
    const took = this.#lastTimed()?.micros;
    const leastSeconds = took === undefined ? seconds?.[0] : took / 1e6;
    const mostSeconds = took === undefined ? seconds?.[1] : took / 1e6;
    const error = status === 'error' ? this.#lastThrew()?.message : undefined;
    const why = status === 'ok' ? {} : { reason: this.#reason, error };
    const facts = { ...story, status, ...why, at, leastSeconds, mostSeconds };
    return { ...known, state: 'ended', because: 'settled', facts };
  }

  #story(master: number, masters: number): TaskStory {
    return {
      submittedAt: this.#submittedAt,
      told: [...this.#first, ...this.#last],
      leftOut: this.#leftOut,
      trailEndsAt: this.#endsAt,
      isFinished: this.#isFinished,
      signal: this.#signal,
      master,
      masters,
    };
  }

  /** The run that made the fate is among the lines about the task only if it threw, as the first of its kind. */
  #allRuns(): EndedRun[] {
    const { status, seconds, at } = this.#fate ?? {};
    const runs = this.#runs.map((run) => this.#withTime(run));
    if (status === undefined || status === 'unrunnable') return runs;
    const last = this.#lastTimed();
    const even = seconds !== undefined && seconds[0] === seconds[1] ? seconds[0] : undefined;
    const took = last === undefined ? even : last.micros / 1e6;
    const {
      sid = last?.sid,
      attempt = last?.attempt,
      message,
    } = (status === 'error' ? this.#lastThrew() : undefined) ?? {};
    const threw = message === undefined ? 'it threw' : `it threw ${message}`;
    const ended = status === 'ok' ? 'it returned' : threw;
    return [...runs, { sid, attempt, seconds: took, ended, doubtful: false, at }];
  }

  /** The run that made the fate. */
  #lastTimed(): TimedRun | undefined {
    return this.#timed.findLast(({ outcome }) => outcome === this.#fate?.status);
  }

  /** Of a run that was lost, a trail knows which one it was, and not how long it took. */
  #withTime(run: EndedRun): EndedRun {
    const isLost = run.attempt === undefined;
    const timed = this.#timed.findLast(
      ({ sid, attempt, outcome }) =>
        sid === run.sid && (isLost ? outcome === 'lost' : outcome !== 'lost' && attempt === run.attempt),
    );
    if (timed === undefined) return run;
    return isLost ? { ...run, attempt: timed.attempt } : { ...run, seconds: timed.micros / 1e6 };
  }

  /** Of a run that was not repeated. */
  #lastThrew(): Threw | undefined {
    const { attempt = 0 } = this.#threw ?? {};
    return this.#runs.some((run) => (run.attempt ?? 0) >= attempt) ? undefined : this.#threw;
  }

  #tell(event: AuditEvent, timeMs: number): void {
    const told = { at: timeMs, text: formatText(event, timeMs).replace(TIME_PREFIX, '') };
    if (this.#first.length < MOST_FIRST) this.#first.push(told);
    else this.#last.push(told);
    if (this.#last.length > MOST_LAST) {
      this.#last.shift();
      this.#leftOut++;
    }
    if ('algorithm' in event) this.#algorithm = event.algorithm ?? this.#algorithm;
    switch (event.type) {
      case 'task-reclaimed': {
        const evidence = this.#slaves.evidenceOf(event.sid);
        const ended = evidence === undefined ? 'it was taken back' : `it was taken back: ${evidence}`;
        this.#noteRun({ sid: event.sid, attempt: undefined, ended, doubtful: true }, timeMs);
        break;
      }
      case 'task-retried': {
        const { sid, attempt, evidence: ended } = event;
        this.#noteRun({ sid, attempt, ended, doubtful: false }, timeMs);
        break;
      }
      case 'task-threw':
        this.#threw = event;
        break;
      case 'task-unrunnable':
        this.#reason = event.reason;
        // It has all of them, with their numbers
        if (event.history.length > 0) this.#runs = event.history.slice(-MOST_RUNS).map(auditedRun);
        break;
      case 'task-cancelled':
        this.#reason = 'cancelled';
        break;
      case 'task-killed': {
        const { sid } = event;
        this.#reason = 'killed';
        this.#noteRun({ sid, attempt: undefined, ended: 'it was killed', doubtful: false }, timeMs);
        break;
      }
      default:
    }
  }

  #noteRun(run: Omit<EndedRun, 'seconds' | 'at'>, at: number): void {
    this.#runs.push({ ...run, seconds: undefined, at });
    if (this.#runs.length > MOST_RUNS) this.#runs.shift();
  }

  #time({ sid, runs }: AuditEventOf<'runs-ended'>): void {
    if (!runs.includes(`${this.#number}`)) return;
    for (const run of parseRunList(runs) ?? []) {
      if (run.task === this.#number && run.outcome !== 'ignored') this.#timed.push({ sid, ...run });
    }
    if (this.#timed.length > MOST_RUNS) this.#timed = this.#timed.slice(-MOST_RUNS);
  }

  #submit(text: string, timeMs: number): void {
    for (const [first, last] of parseRanges(text) ?? []) {
      this.#next = Math.max(this.#next, last + 1);
      if (first <= this.#number && this.#number <= last) this.#submittedAt = timeMs;
    }
  }

  #settle(event: AuditEventOf<'tasks-settled'>, timeMs: number): void {
    for (const status of STATUSES) {
      const ranges = parseRanges(event[status] ?? '') ?? [];
      if (!ranges.some(([first, last]) => first <= this.#number && this.#number <= last)) continue;
      this.#algorithm = event.algorithm;
      this.#fate = { status, at: timeMs, seconds: status === 'unrunnable' ? undefined : timesOf(event) };
    }
  }
}

/** The shortest and the longest run of the tasks in a line. Times of a long line may stand in the next one. */
function timesOf({ ok, error, times }: AuditEventOf<'tasks-settled'>): Fate['seconds'] {
  const runs = (times ?? '').split(',').map((piece) => /^(\d{1,16})x(\d{1,16})$/.exec(piece));
  const counted = runs.reduce((sum, run) => sum + Number(run?.[2] ?? 0), 0);
  const settled = [ok, error].flatMap((text) => parseRanges(text ?? '') ?? []);
  const tasks = settled.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  if (counted === 0 || counted < tasks) return undefined;
  const seconds = runs.map((run) => Number(run?.[1] ?? 0) / 1e6);
  return [Math.min(...seconds), Math.max(...seconds)];
}

function auditedRun({
  sid,
  attempt,
  evidence,
}: AuditEventOf<'task-unrunnable'>['history'][number]): EndedRun {
  const doubtful = evidence.startsWith(PERHAPS);
  const ended = doubtful ? evidence.slice(PERHAPS.length) : evidence;
  return { sid, attempt, seconds: undefined, ended, doubtful, at: undefined };
}

/** As a master writes it before the evidence. */
const PERHAPS = 'perhaps not begun; ';
