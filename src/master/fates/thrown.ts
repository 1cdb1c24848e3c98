/**
 * Writes exceptions of tasks to the audit trail: for each algorithm the first message of each kind as it
 * comes, and the count of each kind. Messages that differ only in numbers are of one kind.
 */

import type { AuditSink } from '../../audit/audit-trail.js';
import { tellsCount } from '../../audit/format/tells-count.js';
import { withoutNumbers } from '../../audit/format/without-numbers.js';
import type { TaskFate } from '../model/task-fate.js';

/** Kinds per algorithm that are counted separately; all others are counted together. */
const MOST_KINDS = 5;
/** Characters of a message. */
const MOST_CHARACTERS = 300;

interface Kind {
  readonly message: string | undefined;
  count: number;
}

export class Thrown {
  readonly #audit: AuditSink;
  readonly #algorithms = new Map<string, Map<string, Kind>>();

  constructor(audit: AuditSink) {
    this.#audit = audit;
  }

  /** A run whose result has come threw this error. */
  note({ algorithm, taskId, sid, error }: TaskFate, attempt: number): void {
    const message = shorten(`${error?.name}: ${error?.message}`);
    const kinds = this.#kindsOf(algorithm);
    const key = withoutNumbers(message);
    let kind = kinds.get(key);
    if (kind === undefined && kinds.size < MOST_KINDS) {
      kinds.set(key, { message, count: 1 });
      this.#audit.emit({ type: 'task-threw', sid: String(sid), taskId, attempt, algorithm, message });
      return;
    }
    if (kind === undefined) {
      kind = kinds.get(OTHERS) ?? { message: undefined, count: 0 };
      kinds.set(OTHERS, kind);
    }
    kind.count++;
    if (tellsCount(kind.count)) this.#tell(algorithm, kind);
  }

  /** Writes the remaining counts; later calls note nothing. */
  end(): void {
    for (const [algorithm, kinds] of this.#algorithms) {
      for (const kind of kinds.values()) if (!tellsCount(kind.count)) this.#tell(algorithm, kind);
    }
  }

  #tell(algorithm: string, { message, count }: Kind): void {
    this.#audit.emit({ type: 'tasks-threw', count, algorithm, message });
  }

  #kindsOf(algorithm: string): Map<string, Kind> {
    let kinds = this.#algorithms.get(algorithm);
    if (kinds === undefined) {
      kinds = new Map();
      this.#algorithms.set(algorithm, kinds);
    }
    return kinds;
  }
}

/** The key is not a message: messages have a colon. */
const OTHERS = '';

function shorten(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
