/**
 * Failures of tasks, grouped by kind, algorithm, error class and the first line of the program's own code: how many,
 * since when, and some examples. At most 200 groups; all further failures are in one. A running master counts its errors
 * itself; of a trail they are counted by its lines, which tell the 10th, the 100th and so on.
 */

import { withoutNumbers } from '../../audit/format/without-numbers.js';
import type { FailureKind, GroupName } from '../messages.js';

export interface FailureExample {
  readonly taskId: string | undefined;
  readonly sid: string | undefined;
  readonly atMs: number;
  readonly text: string;
}

export interface FailureGroup extends GroupName {
  count: number;
  readonly firstMs: number;
  lastMs: number;
  /** The first one, and the last few. */
  readonly examples: FailureExample[];
  /** Minutes since 1970 and their counts, the last sixty that had any. */
  readonly minutes: [minute: number, count: number][];
}

export interface Failed {
  readonly kind: FailureKind;
  readonly algorithm: string;
  /** The error's name and message, or the reason. */
  readonly text: string;
  readonly frame?: string | undefined;
  readonly taskId?: string | undefined;
  readonly sid?: string | undefined;
}

const MOST_GROUPS = 200;
/** Kinds of errors whose counts a trail tells again; the growth of others is not counted. */
const MOST_TOLD = 5_000;
const MOST_EXAMPLES = 6;
const MOST_MINUTES = 60;
const OTHERS = 'other failures';

export class FailureGroups {
  readonly #groups = new Map<string, FailureGroup>();
  /** Errors are told again with a growing count, by their message: the counts of this run. */
  readonly #told = new Map<string, { readonly group: FailureGroup; count: number }>();

  add(failed: Failed, atMs: number, count = 1): void {
    this.#raise(this.#find(failed, atMs), failed, atMs, count);
  }

  /** One of those that are counted otherwise. */
  show(failed: Failed, atMs: number): void {
    this.#raise(this.#find(failed, atMs), failed, atMs, 0);
  }

  /** The count so far of errors of an algorithm that have this message, but for numbers. */
  tell(failed: Failed, atMs: number, total: number): void {
    const key = JSON.stringify([failed.algorithm, withoutNumbers(failed.text)]);
    let told = this.#told.get(key);
    if (told === undefined) {
      if (this.#told.size >= MOST_TOLD) {
        if (total === 1) this.add(failed, atMs);
        return;
      }
      told = { group: this.#find(failed, atMs), count: 0 };
      this.#told.set(key, told);
    }
    if (total > told.count) this.#raise(told.group, failed, atMs, total - told.count);
    told.count = Math.max(told.count, total);
  }

  /** Another master counts from 0. */
  endRun(): void {
    this.#told.clear();
  }

  /** The most frequent ones first. */
  list(): FailureGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.count - a.count);
  }

  #raise(group: FailureGroup, { taskId, sid, text }: Failed, atMs: number, count: number): void {
    group.count += count;
    group.lastMs = Math.max(group.lastMs, atMs);
    if (taskId !== undefined || group.examples.length === 0) {
      group.examples.push({ taskId, sid, atMs, text });
      if (group.examples.length > MOST_EXAMPLES) group.examples.splice(1, 1);
    }
    if (count === 0) return;
    const minute = Math.floor(atMs / 60_000);
    const last = group.minutes.at(-1);
    if (last !== undefined && last[0] >= minute) last[1] += count;
    else group.minutes.push([minute, count]);
    if (group.minutes.length > MOST_MINUTES) group.minutes.shift();
  }

  #find({ kind, algorithm, text, frame = '' }: Failed, atMs: number): FailureGroup {
    const name = nameOfGroup({ kind, algorithm, text, frame });
    const { errorClass } = name;
    const key = JSON.stringify(Object.values(name));
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    if (this.#groups.size >= MOST_GROUPS && errorClass !== OTHERS)
      return this.#find({ kind, algorithm: '', text: OTHERS }, atMs);
    const group: FailureGroup = {
      ...name,
      count: 0,
      firstMs: atMs,
      lastMs: atMs,
      examples: [],
      minutes: [],
    };
    this.#groups.set(key, group);
    return group;
  }
}

/** The group of a failure, unless there are too many groups. */
export function nameOfGroup({ kind, algorithm, text, frame = '' }: Failed): GroupName {
  return { kind, algorithm, errorClass: classOf(text), frame };
}

/** `RangeError` of `it threw RangeError: no 7`; other words as they are, but for numbers. */
function classOf(text: string): string {
  const thrown = /^(?:it threw )?([A-Za-z_$][\w$]*): /.exec(text);
  return thrown?.[1] ?? withoutNumbers(text).slice(0, 120);
}
