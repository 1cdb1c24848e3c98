/** Runs `--audit-report FILE --why ID`: reads a trail once, and answers about one task or one slave. */

import { UsageError } from '../../errors.js';
import type { AuditEvent } from '../events.js';
import { readTrailSet } from '../read/trail-set.js';
import { sayWhy } from './say-why.js';
import type { SlaveWhy } from './slave-why.js';
import type { TaskWhy } from './task-why.js';
import { TrailSlave } from './trail-slave.js';
import { TrailTask } from './trail-task.js';

interface Follower {
  readonly isKnown: boolean;
  take(event: AuditEvent, timeMs: number): void;
  answer(master: number, masters: number): TaskWhy | SlaveWhy;
}

/**
 * Finds the task or slave in the last master of a trail that has it: ids begin again with each. Memory grows with the
 * slaves that are there at a time.
 */
export class TrailSearch {
  readonly #create: () => Follower;
  #current: Follower;
  #found: { readonly follower: Follower; readonly master: number } | undefined;
  #masters = 1;
  #events = 0;
  #isOfMaster = false;
  /** A line that begins a master was read, and none that is part of its life. */
  #hasBegun = false;

  /** `id` is `TASK-n` or `SLAVE-n`. */
  constructor(id: string) {
    const number = Number(id.slice(id.indexOf('-') + 1));
    this.#create = id.startsWith('TASK-') ? () => new TrailTask(number) : () => new TrailSlave(number);
    this.#current = this.#create();
  }

  take(event: AuditEvent, timeMs: number): void {
    const begins = event.type === 'init' && event.role === 'master';
    // A program's first lines may have been rotated away
    if (begins || (event.type === 'master-ready' && !this.#hasBegun)) this.#begin();
    this.#hasBegun = begins || (this.#hasBegun && event.type !== 'master-ready');
    this.#events++;
    this.#isOfMaster ||=
      begins || ['master-ready', 'tasks-submitted', 'tasks-settled', 'slave-connecting'].includes(event.type);
    this.#current.take(event, timeMs);
  }

  #begin(): void {
    if (!this.#isOfMaster) return;
    this.#keep();
    this.#current = this.#create();
    this.#masters++;
  }

  #keep(): void {
    if (this.#current.isKnown) this.#found = { follower: this.#current, master: this.#masters };
  }

  /** Throws UsageError if `path` is not the trail of a master. */
  answer(path: string): TaskWhy | SlaveWhy {
    if (this.#events === 0) throw new UsageError(`${path} is not an audit trail: it has no line of ts-mw`);
    if (!this.#isOfMaster) {
      throw new UsageError(`${path} has no lines of a master; give the trail of the master's process`);
    }
    this.#keep();
    const { follower, master } = this.#found ?? { follower: this.#current, master: this.#masters };
    return follower.answer(master, this.#masters);
  }
}

/** The answer, and remarks about the trail. Throws UsageError if the file cannot be read, or is not a master's trail. */
export async function askTrail(
  path: string,
  id: string,
): Promise<{ readonly text: string; readonly warnings: readonly string[] }> {
  const question = new TrailSearch(id);
  const reader = readTrailSet(path);
  for await (const { event, timeMs } of reader) question.take(event, timeMs);
  const text = `${sayWhy(question.answer(path))}\n`;
  return {
    text,
    warnings: reader.torn ? [`${path}: its last line is cut in the middle and was left out`] : [],
  };
}
