/**
 * The state that the dashboard's pages are made of: the picture, and beside it each slave's life, the failures, the
 * history, marks and lines. A fold: events of a live master or of a trail go in, with their times. All parts are bounded.
 */

import type { AuditEvent, AuditEventOf } from '../../audit/events.js';
import { KILLED, OTHER_ERRORS, whyUnrunnable } from '../../audit/format/failure-words.js';
import { countRanges } from '../../audit/format/ranges.js';
import { parseRunList } from '../../audit/format/run-list.js';
import { Picture } from '../../picture/picture.js';
import { ProcessorMeter } from '../../structures/processor-meter.js';
import {
  type Delta,
  type Figures,
  type ProcessFigures,
  type ThreadSeen,
  WORK,
  type WorkRows,
} from '../messages.js';
import { FailureGroups } from './failure-groups.js';
import { History } from './history.js';
import { MachineLives } from './machine-lives.js';
import { Marks } from './marks.js';
import { noFacts, takeFact } from './master-facts.js';
import { SharedValues } from './shared-values.js';
import { SlaveLives } from './slave-lives.js';
import { TaskStories } from './task-stories.js';
import { lineOf, TrailTail } from './trail-tail.js';

/** Names of algorithms for lanes. */
const MOST_ALGORITHMS = 200;
/** Shorter times of the history go together. */
const PASS_MS = 100;

export class DashboardModel {
  readonly picture = new Picture();
  readonly slaves = new SlaveLives();
  readonly machines = new MachineLives();
  readonly failures = new FailureGroups();
  readonly stories = new TaskStories();
  readonly history = new History();
  readonly tail = new TrailTail();
  readonly shares = new SharedValues();
  /** The name of each number in a lane; 0 is unknown. */
  readonly algorithms: string[] = [''];
  readonly marks = new Marks();
  figures: Figures | undefined;
  process: ProcessFigures | undefined;
  /** The program's threads of control; the oldest, while somebody looks. */
  threadCount = 0;
  threads: readonly ThreadSeen[] = [];
  /** Share of one processor that the master's process takes. */
  processorShare: number | undefined;
  #meter: ProcessorMeter | undefined;
  readonly facts = noFacts();
  /** Of the newest thing that was heard. */
  atMs = 0;
  /** Events that did not come here. */
  dropped = 0;
  /** A running master counts what its tasks throw. */
  #countsErrors = false;
  #passedMs = 0;

  takeDelta(delta: Delta): void {
    const { events, timesMs, work, atMs, figures, process, slaves } = delta;
    // Of a slave that is lost, what it did comes first; of one that joins, its name
    const later: number[] = [];
    for (let at = 0; at < work.length; at += WORK.columns) {
      if (this.slaves.living.has(sidOf(work, at))) this.#takeWork(work, at, atMs);
      else later.push(at);
    }
    this.#countsErrors = true;
    for (const [index, event] of events.entries()) this.take(event, timesMs[index] ?? atMs);
    for (const { algorithm, message: text = OTHER_ERRORS, frame, count } of delta.thrown)
      this.failures.add({ kind: 'threw', algorithm, text, frame }, atMs, count);
    for (const at of later) this.#takeWork(work, at, atMs);
    for (const seen of slaves) {
      this.slaves.look(seen, atMs);
      const [run] = seen.runs;
      if (run !== undefined) this.#noteAlgorithm(seen.sid, run.algorithm, run.seconds * 1_000, atMs);
    }
    this.#meter ??= new ProcessorMeter(atMs, process.processorMs);
    const percent = this.#meter.read(atMs, process.processorMs);
    this.processorShare = percent === undefined ? undefined : percent / 100;
    this.process = process;
    this.figures = figures ?? this.figures;
    this.picture.yetToCome = figures === undefined ? 0 : figures.undrawn;
    this.dropped += delta.dropped;
    this.threadCount = delta.threadCount;
    this.threads = delta.threads;
    this.#pass(atMs);
    this.atMs = Math.max(this.atMs, atMs);
  }

  take(event: AuditEvent, timeMs: number): void {
    this.#pass(timeMs);
    this.atMs = Math.max(this.atMs, timeMs);
    this.picture.take(event, timeMs);
    switch (event.type) {
      case 'slave-busy':
      case 'slave-idle':
        this.slaves.setState(event.sid, event.type === 'slave-busy' ? 'busy' : 'idle', timeMs);
        return;
      case 'tasks-sent':
        this.slaves.count(event.sid, timeMs, { ...NOTHING, sent: event.count });
        return;
      case 'results-received':
        this.slaves.count(event.sid, timeMs, { ...NOTHING, results: event.count });
        return;
      case 'slave-computed':
        this.slaves.count(event.sid, timeMs, {
          ...NOTHING,
          computed: event.count,
          micros: event.micros,
          failed: event.failed ?? 0,
        });
        return;
      case 'runs-ended':
        this.#takeRuns(event, timeMs);
        return;
      case 'tasks-settled': {
        const failed = countRanges(event.error) + countRanges(event.unrunnable);
        this.history.settle(timeMs, countRanges(event.ok) + failed, failed);
        break;
      }
      default:
        this.#takeOfMaster(event, timeMs);
        this.machines.take(event, timeMs);
        this.#takeOfSlave(event, timeMs);
        this.#takeOfTask(event, timeMs);
    }
    this.tail.add(event.type, lineOf(event, timeMs), timeMs);
  }

  #takeWork(rows: WorkRows, at: number, atMs: number): void {
    const sid = sidOf(rows, at);
    const read = (column: number): number => rows[at + column] ?? 0;
    const [firstMs, lastMs, micros] = [read(WORK.firstMs), read(WORK.lastMs), read(WORK.micros)];
    const [sent, results, computed] = [read(WORK.sent), read(WORK.results), read(WORK.computed)];
    const failed = read(WORK.failed);
    if (sent + results + computed > 0)
      this.slaves.count(sid, atMs, { sent, results, computed, micros, failed });
    if (computed > 0) this.picture.take({ type: 'slave-computed', sid, count: computed, micros }, atMs);
    if (firstMs === 0) return;
    const isBusy = read(WORK.busy) === 1;
    this.picture.slaves.setState(sid, isBusy ? 'busy' : 'idle');
    this.slaves.work(sid, firstMs, lastMs, read(WORK.busyMs), isBusy);
  }

  #takeOfMaster(event: AuditEvent, timeMs: number): void {
    takeFact(this.facts, event);
    switch (event.type) {
      case 'init':
        // Slaves may write to the same trail
        if (event.role === 'master') this.machines.clear();
        return;
      case 'master-ready':
      case 'master-finished':
        this.#endRun(timeMs);
        return;
      default:
    }
  }

  #takeOfSlave(event: AuditEvent, timeMs: number): void {
    const { slaves } = this;
    switch (event.type) {
      case 'slave-connecting':
        slaves.join(event, timeMs);
        return;
      case 'slave-rejoined':
        slaves.rejoin(event.sid, event.previousSid);
        return;
      case 'slave-moved':
        slaves.move(event.sid, event.kind);
        return;
      case 'slave-freed':
        slaves.move(event.sid, 'unordered');
        return;
      case 'slave-suspected':
        slaves.suspect(event.sid, event.evidence);
        this.marks.add(event.sid, 'suspected', event.evidence, timeMs);
        return;
      case 'suspicion-ended':
        slaves.suspect(event.sid, undefined);
        return;
      case 'slave-shutting-down':
        slaves.setState(event.sid, 'shutting-down', timeMs);
        return;
      case 'slave-lost':
        slaves.leave(event.sid, 'lost', event.evidence, timeMs);
        this.marks.add(event.sid, 'lost', event.evidence, timeMs);
        return;
      case 'slave-left':
        slaves.leave(event.sid, 'left', event.reason, timeMs);
        return;
      case 'slave-disconnected':
        slaves.leave(event.sid, 'shut-down', 'shut down', timeMs);
        return;
      case 'share-sent':
      case 'share-copied':
        this.shares.add(event.key, event.bytes, timeMs);
        return;
      default:
    }
  }

  #takeOfTask(event: AuditEvent, timeMs: number): void {
    const { failures } = this;
    const story = (taskId: string, algorithm: string | undefined, state: string): void =>
      this.stories.note(taskId, algorithm, state, { atMs: timeMs, text: lineOf(event, timeMs) });
    switch (event.type) {
      case 'task-threw': {
        const { algorithm, message: text, taskId, sid, frame } = event;
        const failed = { kind: 'threw', algorithm, text, frame, taskId, sid } as const;
        if (this.#countsErrors) failures.show(failed, timeMs);
        else failures.tell(failed, timeMs, 1);
        story(taskId, algorithm, 'threw');
        this.marks.add(sid, 'failed', `${taskId} ${text}`, timeMs, taskId);
        return;
      }
      case 'tasks-threw': {
        if (this.#countsErrors) return;
        const { algorithm, message: text = OTHER_ERRORS, count } = event;
        failures.tell({ kind: 'threw', algorithm, text }, timeMs, count);
        return;
      }
      case 'task-retried': {
        const { taskId, sid, evidence: text, frame } = event;
        const algorithm = event.algorithm ?? this.stories.find(taskId)?.algorithm ?? '';
        failures.add({ kind: 'run again', algorithm, text, frame, taskId, sid }, timeMs);
        story(taskId, event.algorithm, 'run again');
        this.marks.add(sid, 'retried', `${taskId} ${text}`, timeMs, taskId);
        return;
      }
      case 'task-unrunnable': {
        const { taskId, algorithm, history } = event;
        const text = whyUnrunnable(event);
        failures.add({ kind: 'unrunnable', algorithm, text, taskId, sid: history.at(-1)?.sid }, timeMs);
        story(taskId, algorithm, 'unrunnable');
        return;
      }
      case 'task-killed': {
        const { taskId, algorithm, sid } = event;
        failures.add({ kind: 'unrunnable', algorithm, text: KILLED, taskId, sid }, timeMs);
        story(taskId, algorithm, 'killed');
        return;
      }
      case 'task-cancelled':
        story(event.taskId, event.algorithm, 'cancelled');
        return;
      case 'task-backed-up':
        story(event.taskId, undefined, 'slow');
        this.marks.add(event.sid, 'slow', event.taskId, timeMs, event.taskId);
        return;
      case 'task-reclaimed':
        story(event.taskId, undefined, 'taken back');
        return;
      case 'task-resumed':
        story(event.taskId, undefined, 'goes on');
        return;
      case 'retry-undecided':
        story(event.taskId, event.algorithm, 'threw');
        return;
      case 'result-dropped':
        story(event.taskId, undefined, 'result dropped');
        return;
      default:
    }
  }

  /** With `--audit-runs`; they ended one after another, as a rule. */
  #takeRuns({ sid, algorithm, runs }: AuditEventOf<'runs-ended'>, timeMs: number): void {
    if (algorithm === undefined) return;
    let micros = 0;
    for (const run of parseRunList(runs) ?? []) micros += run.micros;
    this.#noteAlgorithm(sid, algorithm, micros / 1_000, timeMs);
  }

  #noteAlgorithm(sid: string, algorithm: string, forMs: number, untilMs: number): void {
    const life = this.slaves.living.get(sid);
    if (life?.lane === undefined) return;
    const fromMs = Math.max(untilMs - forMs, life.joinedMs);
    life.lane.noteAlgorithm(Math.min(fromMs, untilMs), untilMs, this.#numberOf(algorithm));
  }

  #numberOf(algorithm: string): number {
    const known = this.algorithms.indexOf(algorithm);
    if (known >= 0) return known;
    if (this.algorithms.length >= MOST_ALGORITHMS) return 0;
    return this.algorithms.push(algorithm) - 1;
  }

  /** Sids and ids begin again with each master. */
  #endRun(timeMs: number): void {
    this.slaves.endAll(timeMs);
    this.failures.endRun();
    if (!this.picture.isFinished) this.stories.clear();
  }

  #pass(nowMs: number): void {
    if (nowMs - this.#passedMs < PASS_MS) return;
    this.#passedMs = nowMs;
    const { busy } = this.picture.slaves.countStates();
    this.history.pass(nowMs, this.picture.slaves.size, busy, this.figures?.queued ?? 0);
  }
}

function sidOf(rows: WorkRows, at: number): string {
  return `SLAVE-${rows[at + WORK.slave]}`;
}

const NOTHING = { sent: 0, results: 0, computed: 0, micros: 0, failed: 0 };
