/** Fake time: events in the order of their moments, and chance from a seed. Nothing else makes things happen. */

import { createRandom } from '../wire/session/session-pair.js';

interface Scheduled {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** All of a simulation's chance, so that a seed replays it. */
export class Chance {
  readonly random: () => number;

  constructor(seed: number) {
    this.random = createRandom(seed);
    // The first numbers of neighbouring seeds are alike.
    for (let index = 0; index < 8; index++) this.random();
  }

  happens(probability: number): boolean {
    return probability > 0 && this.random() < probability;
  }

  /** A whole number, `least` ≤ n ≤ `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1));
  }

  pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.random() * values.length)] as T;
  }
}

export class Scheduler {
  /** Milliseconds since the beginning. */
  now = 0;
  /** Events that have happened. */
  happened = 0;
  /** Called after each event. */
  afterEvent: () => void = () => {};
  /** A heap by moment, then by the order of scheduling. */
  readonly #heap: Scheduled[] = [];
  #order = 0;

  at(moment: number, run: () => void): void {
    const heap = this.#heap;
    const event = { at: Math.max(moment, this.now), order: this.#order++, run };
    let place = heap.length;
    heap.push(event);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(event, heap[parent] as Scheduled)) break;
      heap[place] = heap[parent] as Scheduled;
      place = parent;
    }
    heap[place] = event;
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.now + delayMs, run);
  }

  /** Lets events happen until `isDone` holds, which it looks at after each; false when time ran out first. */
  runUntil(moment: number, isDone: () => boolean = () => false): boolean {
    while (!isDone()) {
      const next = this.#heap[0];
      if (next === undefined || next.at > moment) {
        this.now = Math.max(this.now, moment);
        return false;
      }
      this.#removeFirst();
      this.now = next.at;
      this.happened++;
      next.run();
      this.afterEvent();
    }
    return true;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const moved = heap.pop() as Scheduled;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Scheduled, heap[child] as Scheduled))
        child++;
      if (!isBefore(heap[child] as Scheduled, moved)) break;
      heap[place] = heap[child] as Scheduled;
      place = child;
    }
    heap[place] = moved;
  }
}

function isBefore(one: Scheduled, other: Scheduled): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
