/**
 * Reads the tasks of a trail's last computation for a forecast. With `--audit-runs` the trail has every run; otherwise the run
 * times of tasks that were settled together are known, and not which of these tasks had which.
 */

import type { AuditEvent, AuditEventOf } from '../audit/events.js';
import { parseRanges } from '../audit/format/ranges.js';
import { parseRunList } from '../audit/format/run-list.js';
import { UsageError } from '../errors.js';
import { counted } from '../structures/counted.js';
import { endedTasks, MasterTasks, type ReadTask, remarksOf } from './master-tasks.js';
import { TaskWork } from './task-work.js';

const MOST_TASKS = 1_000_000;

/** A computation, as its trail tells it. */
export interface TrailWork {
  readonly work: TaskWork;
  /** Of each slave: those that most of its slaves had. */
  readonly places: number;
  /** Sessions of slaves at a time, at most. */
  readonly slaves: number;
  /** From the first submission to the last result. */
  readonly tookMs: number;
  /** Remarks, one line each. */
  readonly remarks: readonly string[];
}

export class TrailWorkReader {
  readonly #path: string;
  #current = new MasterTasks();
  #found: MasterTasks | undefined;
  #events = 0;
  #isReady = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Throws UsageError if there are too many tasks. */
  take(event: AuditEvent, timeMs: number): void {
    this.#events++;
    const master = this.#current;
    switch (event.type) {
      case 'init':
        if (event.role === 'master') this.#begin();
        break;
      case 'master-ready':
        // A program's first lines may have been rotated away
        if (this.#isReady) this.#begin();
        this.#isReady = true;
        this.#current.isWhole = true;
        break;
      case 'audit-dropped':
        master.dropped += event.count;
        break;
      case 'slave-connecting':
        master.connected.add(event.sid);
        master.mostSlaves = Math.max(master.mostSlaves, master.connected.size);
        master.places.set(event.concurrency ?? 1, (master.places.get(event.concurrency ?? 1) ?? 0) + 1);
        break;
      case 'slave-lost':
      case 'slave-left':
      case 'slave-disconnected':
        master.connected.delete(event.sid);
        break;
      case 'tasks-submitted':
        for (const [first, last] of parseRanges(event.tasks ?? '') ?? []) {
          this.#submit(last + 1, timeMs, first);
          master.told = Math.max(master.told, last + 1);
        }
        break;
      case 'tasks-sent':
        master.given += event.count;
        // Its line comes up to a second before that of the submission
        if (master.given > master.seen && master.isWhole) this.#submit(master.given, timeMs);
        break;
      case 'tasks-recalled':
        master.given -= event.count;
        break;
      case 'task-reclaimed':
      case 'task-backed-up':
        master.given--;
        break;
      case 'task-retried':
        master.given--;
        master.retried++;
        if (event.waitSeconds > 0) {
          master.waits.set(Number(event.taskId.slice('TASK-'.length)), event.waitSeconds * 1_000);
        }
        break;
      case 'results-received':
        master.lastMs = timeMs;
        break;
      case 'runs-ended':
        this.#run(event);
        break;
      case 'tasks-settled':
        this.#settle(event);
        break;
      default:
    }
  }

  #begin(): void {
    if (this.#current.tasks.length > 0) this.#found = this.#current;
    this.#current = new MasterTasks();
    this.#isReady = false;
  }

  /** All tasks before `end` were submitted by then; those from `first` on are told now, if it is given. */
  #submit(end: number, timeMs: number, first = this.#current.seen): void {
    const master = this.#current;
    if (end > MOST_TASKS) {
      throw new UsageError(
        `${this.#path} has more than ${MOST_TASKS.toLocaleString('en')} tasks, the most that a forecast takes; forecast ` +
          'from the trail of a smaller computation',
      );
    }
    master.firstMs ??= timeMs;
    for (let number = Math.max(first, master.seen); number < end; number++) {
      this.#task(number).submittedMs ??= timeMs;
    }
    master.seen = Math.max(master.seen, end);
  }

  #task(number: number): ReadTask {
    const { tasks } = this.#current;
    while (tasks.length <= number) {
      const none = { submittedMs: undefined, micros: undefined, addressee: undefined, next: undefined };
      tasks.push({ ...none, algorithm: 0 });
    }
    return tasks[number] as ReadTask;
  }

  #algorithm(name: string): number {
    const { algorithms } = this.#current;
    const known = algorithms.get(name) ?? algorithms.size;
    algorithms.set(name, known);
    return known;
  }

  #run({ sid, algorithm, kind, runs }: AuditEventOf<'runs-ended'>): void {
    const master = this.#current;
    master.hasRuns = true;
    if (kind === undefined) master.shared.add(sid);
    for (const { task: number, micros, outcome } of parseRunList(runs) ?? []) {
      if (outcome === 'lost') master.lost++;
      if (outcome === 'lost' || outcome === 'ignored' || number >= master.seen) continue;
      const task = this.#task(number);
      if (algorithm !== undefined) task.algorithm = this.#algorithm(algorithm);
      if (kind === 'ordered') {
        const addressee = master.addressees.get(sid) ?? master.addressees.size;
        master.addressees.set(sid, addressee);
        task.addressee = addressee;
      }
      if (task.micros === undefined) task.micros = micros;
      else {
        task.next ??= [];
        task.next.push({ micros, waitMs: master.waits.get(number) ?? 0 });
      }
      master.waits.delete(number);
    }
  }

  #settle({ algorithm, ok, error, times }: AuditEventOf<'tasks-settled'>): void {
    const master = this.#current;
    if (master.hasRuns) return;
    const index = this.#algorithm(algorithm);
    for (const [first, last] of [ok, error].flatMap((text) => parseRanges(text ?? '') ?? [])) {
      for (let number = first; number <= Math.min(last, master.seen - 1); number++) {
        this.#task(number).algorithm = index;
        master.pool.addTask(algorithm, number);
      }
    }
    master.pool.addTimes(algorithm, times ?? '', (number, micros) => {
      this.#task(number).micros = micros;
    });
  }

  /** `isTorn` if the last line has no end. Throws UsageError that says what the trail lacks. */
  finish(isTorn: boolean): TrailWork {
    if (this.#current.tasks.length === 0 && this.#found !== undefined) this.#current = this.#found;
    const master = this.#current;
    const path = this.#path;
    if (this.#events === 0) throw new UsageError(`${path} is not an audit trail: it has no line of ts-mw`);
    if (master.dropped > 0) {
      throw new UsageError(
        `${path} is incomplete: ${counted(master.dropped, 'line was', 'lines were')} dropped when it was written, so that tasks are missing; ` +
          'run the program again with an --audit-file on a disk that takes them',
      );
    }
    if (!master.isWhole) {
      const isOfMaster = master.seen > 0 || master.connected.size > 0 || master.lastMs > 0;
      throw new UsageError(
        isOfMaster
          ? `${path} lacks the first lines of its master, which were rotated away; run the program again with a larger ` +
              '--audit-max-size or --audit-keep'
          : `${path} has no lines of a master; give the trail of the master's process`,
      );
    }
    const ended = master.tasks.filter(({ micros }) => micros !== undefined).length;
    if (ended === 0)
      throw new UsageError(`${path} has no task that ran to its end; forecast from a longer trail`);
    const isDedicated = ![...master.addressees.keys()].some((sid) => master.shared.has(sid));
    const work = new TaskWork([...master.algorithms.keys()], ended, endedTasks(master), isDedicated);
    const [places] = [...master.places].sort(([, a], [, b]) => b - a)[0] ?? [1];
    const tookMs = Math.max(0, master.lastMs - (master.firstMs ?? 0));
    return {
      work,
      places,
      slaves: master.mostSlaves,
      tookMs,
      remarks: remarksOf(path, master, ended, isTorn),
    };
  }
}
