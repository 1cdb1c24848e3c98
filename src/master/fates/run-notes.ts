/**
 * With `--audit-runs`: writes every run that has ended to the audit trail, those of one message of results together and in
 * its order.
 */

import type { AuditSink } from '../../audit/audit-trail.js';
import { type AuditedRun, type RunOutcome, runListTexts } from '../../audit/format/run-list.js';
import { RESULT_STATUS, type ResultEntry } from '../../wire/messages/entries.js';
import type { TaskJar } from '../jar/task-jar.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';

/** Such a line fits into one write to a pipe. */
const MOST_CHARACTERS = 3_000;

/** Successive runs that share a line. */
interface RunLine {
  readonly algorithm: string | undefined;
  readonly isOrdered: boolean;
  readonly runs: AuditedRun[];
}

export class RunNotes {
  readonly #audit: AuditSink;
  readonly #jar: TaskJar;

  constructor(audit: AuditSink, jar: TaskJar) {
    this.#audit = audit;
    this.#jar = jar;
  }

  /** Call it before the results change what is known of their tasks. `sid` is the session that ran them. */
  noteResults(slave: SlaveRecord, sid: number, results: readonly ResultEntry[]): void {
    let line: RunLine | undefined;
    for (const [number, attempt, status, micros] of results) {
      const task = this.#jar.find(number);
      const runsHere = task?.group?.slave === slave && task.runsAs(sid, attempt);
      const counts = runsHere || task?.givenRun(sid, attempt) !== undefined;
      const outcome = counts ? outcomeOf(status) : 'ignored';
      line = this.#add(slave, line, task, { task: number, attempt, micros, outcome });
    }
    this.#tell(slave, line);
  }

  /** These tasks had likely begun at the slave, which is lost: since its last results, or since it has them. */
  noteLost(slave: SlaveRecord, tasks: readonly Task[], now: number): void {
    let line: RunLine | undefined;
    for (const task of tasks) line = this.#add(slave, line, task, endedNow(slave, task, 'lost', now));
    this.#tell(slave, line);
  }

  /** The slave is ended, since this task of it did not stop in time. */
  noteOverdue(slave: SlaveRecord, task: Task, now: number): void {
    this.#tell(slave, this.#add(slave, undefined, task, endedNow(slave, task, 'timeout', now)));
  }

  #add(slave: SlaveRecord, line: RunLine | undefined, task: Task | undefined, run: AuditedRun): RunLine {
    const algorithm = task?.algorithm.definition.name;
    const isOrdered = task?.addressee !== undefined;
    if (line !== undefined && line.algorithm === algorithm && line.isOrdered === isOrdered) {
      line.runs.push(run);
      return line;
    }
    this.#tell(slave, line);
    return { algorithm, isOrdered, runs: [run] };
  }

  #tell({ sid }: SlaveRecord, line: RunLine | undefined): void {
    if (line === undefined) return;
    const { algorithm, isOrdered } = line;
    const kind = isOrdered ? 'ordered' : undefined;
    for (const runs of runListTexts(line.runs, MOST_CHARACTERS)) {
      this.#audit.emit({ type: 'runs-ended', sid, algorithm, kind, runs });
    }
  }
}

function outcomeOf(status: number): RunOutcome {
  if (status === RESULT_STATUS.packet) return 'ok';
  return status === RESULT_STATUS.timeout ? 'timeout' : 'error';
}

/** Its slave does not say when it began: after its last results, at the earliest. */
function endedNow(slave: SlaveRecord, task: Task, outcome: RunOutcome, now: number): AuditedRun {
  const beganAt = Math.max(slave.resultsAt, task.group?.sentAt ?? now);
  const micros = Math.round(Math.max(0, now - beganAt) * 1000);
  return { task: task.number, attempt: task.runningAttempt, micros, outcome };
}
