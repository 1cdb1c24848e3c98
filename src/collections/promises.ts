/** lparallel's promises: values that the program fulfils, computes when they are asked for, or links. */

import { UsageError } from '../errors.js';

/** A value that the program gives later; awaiting it waits for that. */
export interface Fulfillable<T> extends PromiseLike<T> {
  /** Gives the value; false, and without effect, if it has one. */
  fulfill(value: T): boolean;
  /** Whether it has its value. */
  readonly fulfilled: boolean;
}

/** A value that is computed when it is first asked for, by `force` or `await`; once. */
export interface Delayed<T> extends PromiseLike<T> {
  /** Whether it was computed. */
  readonly fulfilled: boolean;
}

class Promised<T> implements Fulfillable<T> {
  fulfilled = false;
  readonly #promise: Promise<T>;
  #resolve: (value: T) => void = () => {};

  constructor() {
    this.#promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  fulfill(value: T): boolean {
    if (this.fulfilled) return false;
    this.fulfilled = true;
    this.#resolve(value);
    return true;
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting it is what it is for
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#promise.then(onValue, onError);
  }
}

class Delay<T> implements Delayed<T> {
  fulfilled = false;
  readonly #compute: () => T | PromiseLike<T>;
  #promise: Promise<T> | undefined;

  constructor(compute: () => T | PromiseLike<T>) {
    this.#compute = compute;
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting it is what computes it
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#promise ??= this.#begin();
    return this.#promise.then(onValue, onError);
  }

  async #begin(): Promise<T> {
    try {
      return await this.#compute();
    } finally {
      this.fulfilled = true;
    }
  }
}

/**
 * A value that `fulfill` gives later (lparallel's promise).
 *
 * @example
 * const answer = promise<number>();
 * setTimeout(() => answer.fulfill(42), 100);
 * console.log(await answer);
 */
export function promise<T>(): Fulfillable<T> {
  return new Promised();
}

/** A value that `compute` gives when it is first asked for (lparallel's delay). */
export function delay<T>(compute: () => T | PromiseLike<T>): Delayed<T> {
  if (typeof compute !== 'function') {
    throw new UsageError(`delay takes a function; got ${typeof compute}; write delay(() => ...)`);
  }
  return new Delay(compute);
}

/**
 * Gives a promise its value; false if it has one (lparallel's fulfill). A future cannot be fulfilled, so for it, as for
 * all other values, the return value is false.
 */
export function fulfill<T>(target: unknown, value: T): boolean {
  return target instanceof Promised && target.fulfill(value);
}

/** The value of a promise, delay, future or chain, when it has one; of anything else, itself (lparallel's force). */
export async function force<T>(value: T): Promise<Awaited<T>> {
  return await value;
}

/** A promise that has the value of another one, at any depth, when that has (lparallel's chain). */
export function chain<T>(value: T): Delayed<Awaited<T>> {
  const linked = promise<Awaited<T>>();
  const promised = force(value);
  return {
    get fulfilled() {
      return linked.fulfilled;
    },
    // biome-ignore lint/suspicious/noThenProperty: awaiting it is what it is for
    then: (onValue, onError) => promised.then(onValue, onError),
  };
}
