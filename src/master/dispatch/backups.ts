/**
 * Second runs of tasks that take longer than their algorithm's measured times explain, while slaves are idle
 * (the backup tasks of MapReduce). It decides which, and when: the first result counts, and the other run is
 * told to stop. A second run costs no attempt.
 */

import type { AuditSink } from '../../audit/audit-trail.js';
import type { TaskJar } from '../jar/task-jar.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';
import type { Dispatcher } from './dispatcher.js';

/** Second runs, as a share of all tasks. */
const MOST_SHARE = 0.1;
/** How many times as long as a long run of its algorithm a task may take. */
const SLACK = 1.5;
/** Shorter delays may come from anywhere. */
const LEAST_SECONDS = 0.2;
/** A master that has not looked for so long was busy itself: results may lie there unread. */
const BUSY_MS = 500;

export interface BackupsParams {
  readonly isOn: boolean;
  readonly jar: TaskJar;
  readonly dispatcher: Dispatcher;
  readonly audit: AuditSink;
  /** Takes the task from its slave's books, where its run goes on. */
  readonly setAside: (task: Task, hasBegun: boolean) => void;
}

interface LateTask {
  readonly task: Task;
  readonly slave: SlaveRecord;
  readonly hasBegun: boolean;
  readonly seconds: number;
  readonly expected: number;
}

export class Backups {
  readonly #isOn: boolean;
  readonly #jar: TaskJar;
  readonly #dispatcher: Dispatcher;
  readonly #audit: AuditSink;
  readonly #setAside: BackupsParams['setAside'];
  #given = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor({ isOn, jar, dispatcher, audit, setAside }: BackupsParams) {
    this.#isOn = isOn;
    this.#jar = jar;
    this.#dispatcher = dispatcher;
    this.#audit = audit;
    this.#setAside = setAside;
  }

  /** Call it about every 100 ms, after tasks that slaves have not begun were asked back. */
  tick(slaves: Iterable<SlaveRecord>, now: number): void {
    const wasBusy = now - this.#lookedAt > BUSY_MS;
    this.#lookedAt = now;
    if (wasBusy || this.#jar.running === 0 || this.#jar.hasReady || this.#jar.hasSuspects) return;
    const left = Math.ceil(MOST_SHARE * this.#jar.numbersGiven) - this.#given;
    if (left <= 0) return;
    const all = [...slaves];
    const idle = all.filter((slave) => this.#dispatcher.judgeIdle(slave));
    if (idle.length === 0) return;
    const late = all.flatMap((slave) => this.#lateTasks(slave, idle.length, now));
    late.sort((a, b) => b.seconds / b.expected - a.seconds / a.expected);
    for (const { task, slave, hasBegun, seconds, expected } of late.slice(0, left)) {
      if (!this.#jar.queues.mayBegin(task, now)) continue;
      const place = idle.findIndex((other) => other !== slave);
      const [other] = place < 0 ? [] : idle.splice(place, 1);
      if (other === undefined) return;
      this.#given++;
      this.#audit.emit({ type: 'task-backed-up', sid: slave.sid, taskId: task.id, seconds, expected });
      this.#setAside(task, hasBegun);
      this.#dispatcher.giveAlone(other, task, now);
    }
  }

  /** Tasks that it has not begun only if it does not give them back. */
  #lateTasks(slave: SlaveRecord, most: number, now: number): LateTask[] {
    if (slave.farewell !== undefined || slave.isDoomed || slave.outstanding === 0) return [];
    const isDeaf = slave.isSuspected || slave.commands.recalling !== undefined;
    const reach = isDeaf ? slave.concurrency + most : slave.concurrency;
    const late: LateTask[] = [];
    let position = slave.lingering.length;
    for (const task of slave.groups.eachOpenTask()) {
      if (position >= reach) break;
      const before = Math.floor(position / slave.concurrency);
      const hasBegun = position++ < slave.concurrency;
      const { longSeconds } = task.algorithm;
      if (longSeconds === undefined || !this.#mayRunTwice(task)) continue;
      const seconds = (now - Math.max(task.group?.sentAt ?? now, slave.resultsAt)) / 1000;
      const expected = Math.max(LEAST_SECONDS, SLACK * longSeconds * (before + 1));
      if (seconds > expected) late.push({ task, slave, hasBegun, seconds, expected });
    }
    return late;
  }

  /** With the run that it has and the second one, it may not have more runs than its policy allows. */
  #mayRunTwice({ policy, runs, group, given, suspect }: Task): boolean {
    return (
      (policy.backupTasks ?? this.#isOn) &&
      policy.retry &&
      policy.sid === undefined &&
      runs + 2 <= policy.maxAttempts &&
      !suspect &&
      group?.run === undefined &&
      !given?.some(({ goesOn }) => goesOn !== undefined)
    );
  }
}
