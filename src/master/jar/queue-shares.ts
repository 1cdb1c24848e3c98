/**
 * Which queue's task is next, where several have some (stride scheduling): each has a position, which moves on by one
 * over its weight with each task, and the last one is next. Tasks without a queue are one queue of weight 1. A queue
 * that comes in starts where the others are, so none catches up on what it did not ask for, and none starves.
 */

import { Heap } from '../../structures/heap.js';
import type { QueueState } from './queue-state.js';

/** The tasks without a queue. */
interface Plain {
  pass: number;
  credit: number;
  readonly stride: 1;
}

export class QueueShares {
  /** Those that are ready; some may not be ready any more, and leave when they come first. */
  readonly #heap = new Heap<QueueState>(
    (a, b) => a.pass < b.pass || (a.pass === b.pass && a.order < b.order),
  );
  readonly #plain: Plain = { pass: 0, credit: 0, stride: 1 };
  /** The position of the task that was last taken. */
  #position = 0;

  /** The queue has become ready. */
  enter(state: QueueState): void {
    if (state.isInShares) return;
    state.isInShares = true;
    state.pass = Math.max(state.pass, this.#position);
    this.#heap.push(state);
  }

  /** The queue that is next; undefined if none is ready, or if it is the turn of tasks without a queue. */
  next(hasPlain: boolean): QueueState | undefined {
    const first = this.#first();
    if (first === undefined || !hasPlain) return first;
    return Math.max(this.#plain.pass, this.#position) <= first.pass ? undefined : first;
  }

  #first(): QueueState | undefined {
    for (;;) {
      const first = this.#heap.first;
      if (first === undefined || (first.isReady && first.pass >= this.#position)) return first;
      this.#heap.shift();
      first.isInShares = false;
      // It was away meanwhile
      if (first.isReady) this.enter(first);
    }
  }

  /** A task of the one that is next was taken; undefined is one without a queue. */
  charge(state: QueueState | undefined): void {
    const charged = state ?? this.#plain;
    this.#position = Math.max(this.#position, charged.pass);
    charged.pass = this.#position;
    if (charged.credit > 0) {
      charged.credit--;
      return;
    }
    if (state !== undefined) {
      this.#heap.shift();
      state.isInShares = false;
    }
    charged.pass += charged.stride;
    if (state?.isReady) this.enter(state);
  }

  /** The task was not given after all. */
  refund(state: QueueState | undefined): void {
    (state ?? this.#plain).credit++;
  }
}
