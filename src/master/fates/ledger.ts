/**
 * Writes the submission and the fate of every task to the audit trail, in few lines: numbers are gathered for
 * at most a second, then written as ranges, the submissions before the fates.
 */

import type { SlaveId } from '../../algorithms/types.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import type { AuditEventOf } from '../../audit/events.js';
import { RangeList } from '../../audit/format/ranges.js';
import { RunTimes } from '../../audit/format/run-times.js';
import { splitWithin } from '../../audit/format/split-within.js';
import type { Task } from '../model/task.js';
import type { TaskFate } from '../model/task-fate.js';

const GATHER_MS = 1_000;
/** Limit of ranges that wait to be joined; this number is sorted within 0.1 ms. */
const MOST_RANGES = 1_024;
/** Limit of all lists in a line, which then fits into one write to a pipe, as text and as JSON. */
const MOST_CHARACTERS = 3_000;

/** In the order of a line. */
const LISTS = ['ok', 'error', 'unrunnable', 'times'] as const;

/** Of one algorithm. */
interface Sheet {
  submitted: number;
  readonly ok: RangeList;
  readonly error: RangeList;
  readonly unrunnable: RangeList;
  readonly times: RunTimes;
}

/** The runs of a slave that have ended, their time, and those of them that failed, if any did. */
export type Computed = Omit<AuditEventOf<'slave-computed'>, 'type' | 'sid'>;

/** The computing of a slave since its last line; kept with the slave, which is at hand. */
export interface ComputeSheet {
  readonly sid: SlaveId;
  /** True if what it computed was told, or there was nothing. */
  noteComputed(count: number, micros: number, failed: number): boolean;
  takeComputed(): Computed;
}

export class Ledger {
  readonly #audit: AuditSink;
  readonly #submitted = new RangeList();
  readonly #sheets = new Map<string, Sheet>();
  /** Slaves with something in their sheets. */
  readonly #computing: ComputeSheet[] = [];
  #isEmpty = true;
  #flushedAt = Number.NEGATIVE_INFINITY;

  constructor(audit: AuditSink) {
    this.#audit = audit;
  }

  submit({ number, algorithm }: Task): void {
    this.#isEmpty = false;
    this.#submitted.add(number);
    this.#sheetOf(algorithm.definition.name).submitted++;
  }

  settle({ number }: Task, { algorithm, status, computeTime }: TaskFate): void {
    this.#isEmpty = false;
    const sheet = this.#sheetOf(algorithm);
    const list = sheet[status];
    list.add(number);
    if (computeTime !== undefined) sheet.times.add(Math.round(computeTime * 1e6));
    if (list.length >= MOST_RANGES) this.flush();
  }

  /** Results came; they may settle fewer tasks. */
  compute(slave: ComputeSheet, count: number, micros: number, failed: number): void {
    this.#isEmpty = false;
    if (slave.noteComputed(count, micros, failed)) this.#computing.push(slave);
  }

  /** Call it about every 100 ms. The `pending` tasks decide whether it is useful to wait for more. */
  tick(now: number, pending: number): void {
    if (this.#isEmpty || (pending > 0 && now - this.#flushedAt < GATHER_MS)) return;
    this.#flushedAt = now;
    this.flush();
  }

  flush(): void {
    if (this.#isEmpty) return;
    this.#isEmpty = true;
    this.#tellSubmitted();
    for (const [algorithm, sheet] of this.#sheets) this.#tellSettled(algorithm, sheet);
    for (const slave of this.#computing.splice(0)) {
      this.#audit.emit({ type: 'slave-computed', sid: slave.sid, ...slave.takeComputed() });
    }
  }

  #tellSubmitted(): void {
    if (this.#submitted.length === 0) return;
    const counts = [...this.#sheets]
      .filter(([, { submitted }]) => submitted > 0)
      .map(([algorithm, { submitted }]) => ({ algorithm, count: submitted }));
    for (const sheet of this.#sheets.values()) sheet.submitted = 0;
    const numbers = this.#submitted.take(MOST_CHARACTERS / 2);
    const tallies = splitWithin(counts, (count) => JSON.stringify(count).length, MOST_CHARACTERS / 2);
    for (let line = 0; line < Math.max(numbers.length, tallies.length); line++) {
      const [tasks, algorithms = []] = [numbers[line], tallies[line]];
      this.#audit.emit({ type: 'tasks-submitted', tasks, algorithms });
    }
  }

  /** Short lists share a line. */
  #tellSettled(algorithm: string, sheet: Sheet): void {
    let line: Partial<Record<(typeof LISTS)[number], string>> = {};
    let room = MOST_CHARACTERS;
    const emit = () => this.#audit.emit({ type: 'tasks-settled', algorithm, ...line });
    for (const list of LISTS) {
      for (const text of sheet[list].take(MOST_CHARACTERS)) {
        if (text.length > room || list in line) {
          emit();
          line = {};
          room = MOST_CHARACTERS;
        }
        line[list] = text;
        room -= text.length;
      }
    }
    if (room < MOST_CHARACTERS) emit();
  }

  #sheetOf(algorithm: string): Sheet {
    let sheet = this.#sheets.get(algorithm);
    if (sheet === undefined) {
      sheet = {
        submitted: 0,
        ok: new RangeList(),
        error: new RangeList(),
        unrunnable: new RangeList(),
        times: new RunTimes(),
      };
      this.#sheets.set(algorithm, sheet);
    }
    return sheet;
  }
}
