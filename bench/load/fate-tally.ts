/** Counts fates as they come, and finds tasks with none, with two, or with the packet of another. */

import type { Fate } from '../../src/index.js';
import { markOf, type Worked } from './work.js';

export interface Tally {
  readonly submitted: number;
  readonly ok: number;
  /** Tasks without a fate. */
  readonly lost: number;
  /** Fates beyond the first of their task. */
  readonly doubled: number;
  /** Fates other than ok, and packets that are not what the task makes. */
  readonly wrong: number;
  /** Tasks that were run more than once. */
  readonly reruns: number;
  /** How many slaves brought results. */
  readonly slaves: number;
  /** The first thing that went wrong. */
  readonly trouble?: string | undefined;
}

export interface Expected {
  readonly argumentBytes: number;
  readonly resultBytes: number;
}

export class FateTally {
  readonly #expected: Expected;
  readonly #slaves = new Set<string>();
  /** Fates of each task, by its number. */
  #seen = new Uint8Array(1024);
  #ok = 0;
  #doubled = 0;
  #wrong = 0;
  #reruns = 0;
  #trouble: string | undefined;

  constructor(expected: Expected) {
    this.#expected = expected;
  }

  take(fate: Fate): void {
    const number = Number(fate.taskId.slice('TASK-'.length));
    if (this.#note(number)) {
      this.#doubled++;
      this.#trouble ??= `${fate.taskId} has a second fate`;
    }
    if (fate.sid !== undefined) this.#slaves.add(fate.sid);
    if (fate.attempts > 1) this.#reruns++;
    const fault = fate.status === 'ok' ? this.#faultOf(number, fate.packet as Worked) : fate.error.message;
    if (fault === undefined) {
      this.#ok++;
      return;
    }
    this.#wrong++;
    this.#trouble ??= `${fate.taskId}: ${fault}`;
  }

  close(submitted: number): Tally {
    let lost = 0;
    for (let number = 0; number < submitted; number++) {
      if (this.#seen[number]) continue;
      lost++;
      this.#trouble ??= `TASK-${number} has no fate`;
    }
    return {
      submitted,
      ok: this.#ok,
      lost,
      doubled: this.#doubled,
      wrong: this.#wrong,
      reruns: this.#reruns,
      slaves: this.#slaves.size,
      trouble: this.#trouble,
    };
  }

  /** True if the task had a fate before. */
  #note(number: number): boolean {
    if (number >= this.#seen.length) {
      const larger = new Uint8Array(Math.max(2 * this.#seen.length, number + 1));
      larger.set(this.#seen);
      this.#seen = larger;
    }
    const before = this.#seen[number] as number;
    this.#seen[number] = Math.min(before + 1, 0xff);
    return before > 0;
  }

  #faultOf(expected: number, [number, received, data]: Worked): string | undefined {
    const { argumentBytes, resultBytes } = this.#expected;
    if (number !== expected) return `its packet is that of TASK-${number}`;
    if (received !== argumentBytes) return `its slave was sent ${received} bytes`;
    const bytes = data?.length ?? 0;
    if (bytes !== resultBytes) return `its packet has ${bytes} bytes`;
    const mark = markOf(expected);
    const places = [0, bytes >> 1, bytes - 1];
    const isTorn = bytes > 0 && places.some((place) => data?.[place] !== mark);
    return isTorn ? 'the bytes of its packet are not its own' : undefined;
  }
}
