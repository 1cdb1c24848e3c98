/**
 * Writes exceptions of tasks to the audit trail: for each algorithm the first message of each kind as it
 * comes, and the count of each kind. Messages that differ only in numbers are of one kind.
 */

import type { AuditSink } from '../../audit/audit-trail.js';
import { tellsCount } from '../../audit/format/tells-count.js';
import { withoutNumbers } from '../../audit/format/without-numbers.js';
import type { TaskFate } from '../model/task-fate.js';
import { ownFrame } from './own-frame.js';

/** Kinds per algorithm that are counted separately; all others are counted together. */
const MOST_KINDS = 5;
/** Characters of a message. */
const MOST_CHARACTERS = 300;

/** Errors of an algorithm that are counted together. */
export interface ThrownKind {
  /** Of the first one; undefined for all further kinds. */
  readonly message: string | undefined;
  /** The first line of the program's own code, of the first one. */
  readonly frame: string | undefined;
  count: number;
}

export class Thrown {
  readonly #audit: AuditSink;
  readonly #algorithms = new Map<string, Map<string, ThrownKind>>();

  constructor(audit: AuditSink) {
    this.#audit = audit;
  }

  /** A run whose result has come threw this error; returns its kind. */
  note({ algorithm, taskId, sid, error }: TaskFate, attempt: number): ThrownKind {
    const message = shorten(`${error?.name}: ${error?.message}`);
    const kinds = this.#kindsOf(algorithm);
    const key = withoutNumbers(message);
    let kind = kinds.get(key);
    if (kind === undefined && kinds.size < MOST_KINDS) {
      const frame = ownFrame(error?.stack);
      kind = { message, frame, count: 1 };
      kinds.set(key, kind);
      this.#audit.emit({ type: 'task-threw', sid: String(sid), taskId, attempt, algorithm, frame, message });
      return kind;
    }
    if (kind === undefined) {
      kind = kinds.get(OTHERS) ?? { message: undefined, frame: undefined, count: 0 };
      kinds.set(OTHERS, kind);
    }
    kind.count++;
    if (tellsCount(kind.count)) this.#tell(algorithm, kind);
    return kind;
  }

  /** Writes the remaining counts; later calls note nothing. */
  end(): void {
    for (const [algorithm, kinds] of this.#algorithms) {
      for (const kind of kinds.values()) if (!tellsCount(kind.count)) this.#tell(algorithm, kind);
    }
  }

  #tell(algorithm: string, { message, count }: ThrownKind): void {
    this.#audit.emit({ type: 'tasks-threw', count, algorithm, message });
  }

  #kindsOf(algorithm: string): Map<string, ThrownKind> {
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
