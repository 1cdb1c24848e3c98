/** Questions to main that wait for their answers: at most 16, each for a limited time. */

import type { Question } from './messages.js';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

const MOST_WAITING = 16;

export class Questions {
  readonly #post: (id: number, question: Question) => void;
  readonly #withinMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;

  constructor(post: (id: number, question: Question) => void, withinMs: number) {
    this.#post = post;
    this.#withinMs = withinMs;
  }

  /** Rejects with an error that says why there is no answer. */
  ask(question: Question): Promise<unknown> {
    if (this.#waiting.size >= MOST_WAITING)
      return Promise.reject(new Error('too many questions wait for the master; ask again later'));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        const seconds = this.#withinMs / 1_000;
        reject(
          new Error(`the master's main thread has not answered for ${seconds} s: its program blocks it`),
        );
      }, this.#withinMs);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#post(id, question);
    });
  }

  settle(id: number, value: unknown): void {
    this.#take(id)?.resolve(value);
  }

  refuse(id: number, reason: string): void {
    this.#take(id)?.reject(new Error(reason));
  }

  refuseAll(reason: string): void {
    for (const id of [...this.#waiting.keys()]) this.refuse(id, reason);
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }
}
