/**
 * Counts exceptions of tasks, and writes them to the audit trail: for each algorithm the first message of each kind as it
 * comes, and the count of each kind. Messages that differ only in numbers are of one kind. After five kinds the trail has
 * one count for all others; these go by their class and the line that threw, for observers that ask: `takeNews`.
 */

import type { AuditSink } from '../../audit/audit-trail.js';
import { cutAlike } from '../../audit/format/cut-alike.js';
import { tellsCount } from '../../audit/format/tells-count.js';
import { withoutNumbers } from '../../audit/format/without-numbers.js';
import type { TaskFate } from '../model/task-fate.js';
import { ownFrame } from './own-frame.js';

/** Kinds per algorithm that are counted separately in the trail. */
const MOST_KINDS = 5;
/** Classes and lines per algorithm by which the others go; those beyond are together. */
const MOST_PLACES = 20;
/** Characters of a message; a number is one. */
const MOST_CHARACTERS = 300;

/** Errors of an algorithm that are counted together. */
export interface ThrownKind {
  readonly algorithm: string;
  /** Of the first one; undefined for those that nothing tells apart. */
  readonly message: string | undefined;
  /** The first line of the program's own code, of the first one. */
  readonly frame: string | undefined;
  count: number;
  /** Those that `takeNews` has told. */
  told: number;
}

/** Errors since the last time, of one kind. */
export type ThrownNews = Omit<ThrownKind, 'told'>;

interface ThrownByAlgorithm {
  /** By their messages. */
  readonly kinds: Map<string, ThrownKind>;
  /** All others. */
  readonly others: ThrownKind;
  /** The others again, by class and line. */
  readonly places: Map<string, ThrownKind>;
}

export class Thrown {
  readonly #audit: AuditSink;
  readonly #algorithms = new Map<string, ThrownByAlgorithm>();
  /** Those that have come again since `takeNews`. */
  readonly #news = new Set<ThrownKind>();

  constructor(audit: AuditSink) {
    this.#audit = audit;
  }

  /** A run whose result has come threw this error; returns its kind. */
  note({ algorithm, taskId, sid, error }: TaskFate, attempt: number): ThrownKind {
    const whole = `${error?.name}: ${error?.message}`;
    const cut = cutAlike(whole, MOST_CHARACTERS);
    const message = cut === whole ? whole : `${cut}…`;
    const thrown = this.#thrownBy(algorithm);
    const key = withoutNumbers(cut);
    let kind = thrown.kinds.get(key);
    if (kind === undefined && thrown.kinds.size < MOST_KINDS) {
      const frame = ownFrame(error?.stack);
      kind = newKind(algorithm, message, frame);
      thrown.kinds.set(key, kind);
      kind.count++;
      this.#audit.emit({ type: 'task-threw', sid: String(sid), taskId, attempt, algorithm, frame, message });
    } else if (kind === undefined) {
      this.#countInTrail(thrown.others);
      kind = placeOf(thrown, error, message);
      kind.count++;
    } else this.#countInTrail(kind);
    this.#news.add(kind);
    return kind;
  }

  /** The errors since the last call, of at most this number of kinds; those of others come with the next calls. */
  takeNews(most: number): ThrownNews[] {
    const news: ThrownNews[] = [];
    for (const kind of this.#news) {
      if (news.length >= most) break;
      const { algorithm, message, frame, count, told } = kind;
      news.push({ algorithm, message, frame, count: count - told });
      kind.told = count;
      this.#news.delete(kind);
    }
    return news;
  }

  /** Writes the remaining counts; later calls note nothing. */
  end(): void {
    for (const { kinds, others } of this.#algorithms.values()) {
      for (const kind of [...kinds.values(), others])
        if (kind.count > 0 && !tellsCount(kind.count)) this.#tell(kind);
    }
  }

  #countInTrail(kind: ThrownKind): void {
    kind.count++;
    if (tellsCount(kind.count)) this.#tell(kind);
  }

  #tell({ algorithm, message, count }: ThrownKind): void {
    this.#audit.emit({ type: 'tasks-threw', count, algorithm, message });
  }

  #thrownBy(algorithm: string): ThrownByAlgorithm {
    let thrown = this.#algorithms.get(algorithm);
    if (thrown === undefined) {
      thrown = { kinds: new Map(), others: newKind(algorithm, undefined, undefined), places: new Map() };
      this.#algorithms.set(algorithm, thrown);
    }
    return thrown;
  }
}

function placeOf(
  { places, others }: ThrownByAlgorithm,
  error: TaskFate['error'],
  message: string,
): ThrownKind {
  const frame = ownFrame(error?.stack);
  const key = JSON.stringify([`${error?.name}`.slice(0, MOST_CHARACTERS), frame]);
  let place = places.get(key);
  if (place === undefined) {
    const isRoom = places.size < MOST_PLACES;
    place = isRoom ? newKind(others.algorithm, message, frame) : places.get(REST);
    place ??= newKind(others.algorithm, undefined, undefined);
    places.set(isRoom ? key : REST, place);
  }
  return place;
}

/** No key of a place is empty. */
const REST = '';

function newKind(algorithm: string, message: string | undefined, frame: string | undefined): ThrownKind {
  return { algorithm, message, frame, count: 0, told: 0 };
}
