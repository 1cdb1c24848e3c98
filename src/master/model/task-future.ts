/** The promise that a stub's `future` returns, and what settles it. */

import type { Future, TaskId } from '../../algorithms/types.js';
import type { FutureSettler } from './task.js';

const STATE = Symbol('future');

interface WithState {
  [STATE]: TaskFuture;
}

/** A promise sets its settlers when it is made. */
const UNSET = (): void => {};

/** Its own class of promises would be awaited by a slower way; properties of each promise take ten times as long. */
const FUTURE: object = Object.create(Promise.prototype, {
  taskId: { get: taskIdOf },
  fulfilled: { get: isFulfilled },
  cancel: { value: cancel },
});

function taskIdOf(this: WithState): TaskId | undefined {
  return this[STATE].taskId;
}

function isFulfilled(this: WithState): boolean {
  return this[STATE].fulfilled;
}

function cancel(this: WithState): boolean {
  return this[STATE].cancel();
}

type Outcome = { readonly packet: unknown } | { readonly error: Error };

/** Its fields are what `console.log` shows of the promise. */
export class TaskFuture implements FutureSettler {
  taskId: TaskId | undefined = undefined;
  fulfilled = false;
  #outcome: Outcome | undefined;
  /** Tasks that need its value. */
  #listeners: ((promise: Promise<unknown>) => void)[] | undefined;
  readonly #promise: Promise<unknown>;
  readonly #cancelTask: (taskId: TaskId) => boolean;
  #resolve: (packet: unknown) => void = UNSET;
  #reject: (error: Error) => void = UNSET;

  constructor(cancelTask: (taskId: TaskId) => boolean) {
    this.#cancelTask = cancelTask;
    this.#promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get promise(): Promise<unknown> {
    return this.#promise;
  }

  /** How it ended; undefined before. */
  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  /** Calls `listener` when it has ended, which it has not yet. */
  onSettled(listener: (promise: Promise<unknown>) => void): void {
    if (this.#listeners === undefined) this.#listeners = [listener];
    else this.#listeners.push(listener);
  }

  resolve(packet: unknown): void {
    this.#resolve(packet);
    this.#settle({ packet });
  }

  reject(error: Error): void {
    this.#reject(error);
    this.#settle({ error });
  }

  #settle(outcome: Outcome): void {
    this.fulfilled = true;
    this.#outcome = outcome;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener(this.#promise);
  }

  /** That of a promise which a stub's `future` returned; undefined for anything else. */
  static find(value: object): TaskFuture | undefined {
    return Object.getPrototypeOf(value) === FUTURE ? (value as WithState)[STATE] : undefined;
  }

  cancel(): boolean {
    if (this.fulfilled || this.taskId === undefined) return false;
    // A program that takes a task back need not await its promise
    this.#promise.catch(() => {});
    return this.#cancelTask(this.taskId);
  }

  /** The promise for the program, of the task that was submitted for it. */
  of(taskId: TaskId): Future<unknown> {
    this.taskId = taskId;
    const promise = this.#promise as Promise<unknown> & WithState;
    promise[STATE] = this;
    return Object.setPrototypeOf(promise, FUTURE);
  }
}
