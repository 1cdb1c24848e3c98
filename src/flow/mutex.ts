/**
 * Sections of the program that exclude each other. A section is a scope: it ends when nothing that it began runs any
 * more. A section inside one of the same mutex does not wait for that, which waits for it: it excludes the others inside.
 */

import { checkComponent } from './components.js';
import { componentResult, heldBy } from './scope/run-component.js';
import { currentFlowScope, ownScope, type Section } from './scope/scope.js';

/** Runs functions one at a time, in the order in which they came. */
export interface Mutex {
  /**
   * Runs `fn` when no other function of this mutex runs, and resolves with its value. Inside a function of this mutex it
   * does not wait for that one. A waiter whose scope is cancelled is taken out and rejects with its
   * ScopeCancelledError; a failure of `fn` lets the next one begin. Rejects with UsageError for anything but a function.
   */
  run<T>(fn: () => T | PromiseLike<T>): Promise<T>;
}

/** The right to run, and those that wait for it. */
class Lock {
  #isHeld = false;
  readonly #waiters = new Set<() => void>();

  /** Resolves when it is held; rejects when `signal` aborts before that. */
  async acquire(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (!this.#isHeld) {
      this.#isHeld = true;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(proceed);
        reject(signal?.reason);
      };
      const proceed = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      this.#waiters.add(proceed);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  release(): void {
    const [next] = this.#waiters;
    if (next === undefined) {
      this.#isHeld = false;
      return;
    }
    this.#waiters.delete(next);
    next();
  }
}

class HeldSection implements Section {
  readonly mutex: FlowMutex;
  readonly outer: Section | undefined;
  /** Of the sections inside. */
  readonly inner = new Lock();

  constructor(mutex: FlowMutex, outer: Section | undefined) {
    this.mutex = mutex;
    this.outer = outer;
  }
}

class FlowMutex implements Mutex {
  readonly #name: string;
  readonly #lock = new Lock();

  constructor(name: string) {
    this.#name = name;
  }

  run<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    const around = currentFlowScope();
    return heldBy(around, async () => {
      checkComponent(fn, () => `the argument of ${this.#name}`);
      await undefined;
      const lock = this.#lockFor(around?.section);
      await lock.acquire(around?.signal);
      const scope = ownScope(this.#name, around, new HeldSection(this, around?.section));
      try {
        around?.cancellation.throwIfCancelled();
        return await componentResult(scope, fn);
      } finally {
        scope.cancellation.end();
        lock.release();
      }
    });
  }

  /** That of the innermost section of this mutex in which the call is. */
  #lockFor(innermost: Section | undefined): Lock {
    for (let section = innermost; section !== undefined; section = section.outer) {
      if (section instanceof HeldSection && section.mutex === this) return section.inner;
    }
    return this.#lock;
  }
}

/** The one of `atomic`. */
const everything = new FlowMutex('atomic');

/**
 * Makes a mutex. To take two of them one inside the other, take them in the same order everywhere: nothing finds out that
 * two sections wait for each other.
 *
 * @example
 * const accounts = makeMutex();
 * await accounts.run(async () => write(move(await read(), 10)));
 */
export function makeMutex(): Mutex {
  return new FlowMutex('mutex');
}

/**
 * Runs `fn` while no other atomic section of the process runs, and resolves with its value: sections come one at a time,
 * in the order in which they were called. Inside an atomic section it does not wait for that one. Everything else is as
 * in `run` of a mutex.
 *
 * @example await atomic(async () => { total += await cost.future(item); });
 */
export function atomic<T>(fn: () => T | PromiseLike<T>): Promise<T> {
  return everything.run(fn);
}
