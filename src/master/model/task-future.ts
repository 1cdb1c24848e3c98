/** The promise that a stub's `future` returns, and what settles it. */

import type { FutureHolder, FutureOutcome } from '../../algorithms/submitter.js';
import type { Future, TaskId } from '../../algorithms/types.js';
import type { FutureSettler } from './task.js';

const STATE = Symbol('future');

interface WithState {
  [STATE]: TaskFuture;
}

/** Of the promise that was made last: a function for each would be a quarter of what a future takes. */
let lastResolve: (packet: unknown) => void = settleNothing;
let lastReject: (error: Error) => void = settleNothing;

function settleNothing(): void {}

function noteSettlers(resolve: (packet: unknown) => void, reject: (error: Error) => void): void {
  lastResolve = resolve;
  lastReject = reject;
}

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

/** Its fields are what `console.log` shows of the promise. */
export class TaskFuture implements FutureSettler {
  taskId: TaskId | undefined = undefined;
  fulfilled = false;
  #outcome: FutureOutcome | undefined;
  /** Tasks that need its value. */
  #listeners: ((promise: Promise<unknown>) => void)[] | undefined;
  readonly #promise: Promise<unknown>;
  readonly #cancelTask: (taskId: TaskId) => boolean;
  readonly #holder: FutureHolder | undefined;
  readonly #resolve: (packet: unknown) => void;
  readonly #reject: (error: Error) => void;

  /** `holder` hears before any listener that it has ended. */
  constructor(cancelTask: (taskId: TaskId) => boolean, holder?: FutureHolder) {
    this.#cancelTask = cancelTask;
    this.#holder = holder;
    this.#promise = new Promise(noteSettlers);
    this.#resolve = lastResolve;
    this.#reject = lastReject;
    // They would keep the promise, and all that its error remembers
    lastResolve = settleNothing;
    lastReject = settleNothing;
  }

  get promise(): Promise<unknown> {
    return this.#promise;
  }

  /** How it ended; undefined before. */
  get outcome(): FutureOutcome | undefined {
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

  #settle(outcome: FutureOutcome): void {
    this.fulfilled = true;
    this.#outcome = outcome;
    this.#holder?.futureSettled(this.#promise, outcome);
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
