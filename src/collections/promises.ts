/** lparallel's promises: values that the program fulfils, computes when they are asked for, or links. */

import { submissionScope } from '../algorithms/submission-scope.js';
import { UsageError } from '../errors.js';

/**
 * A value that the program gives later; awaiting it waits for that. In a scope of control flow that is cancelled before,
 * it rejects with the ScopeCancelledError.
 */
export interface Fulfillable<T> extends PromiseLike<T> {
  /**
   * Gives the value; false, and without effect, if it has one. Throws UsageError for itself, and for a promise, delay or chain
   * that waits for it: it would never have a value.
   */
  fulfill(value: T): boolean;
  /** Whether it has its value. */
  readonly fulfilled: boolean;
}

/** A value that is computed when it is first asked for, by `force` or `await`; once. */
export interface Delayed<T> extends PromiseLike<T> {
  /** Whether it was computed. */
  readonly fulfilled: boolean;
}

/** A value that may wait for another. */
interface Link {
  /** Where its value comes from, once that is known. */
  readonly origin: { readonly value: unknown } | undefined;
}

class Promised<T> implements Fulfillable<T>, Link {
  origin: { readonly value: unknown } | undefined;
  readonly #promise: Promise<T>;
  #resolve: (value: T) => void = () => {};

  constructor() {
    this.#promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get fulfilled(): boolean {
    return this.origin !== undefined;
  }

  fulfill(value: T): boolean {
    if (this.fulfilled) return false;
    const origin = originOf(value);
    if (origin === this) {
      throw new UsageError(
        `a promise was fulfilled with ${value === origin ? 'itself' : 'a value that waits for it'}, and would never have a value; give the value`,
      );
    }
    this.origin = { value: origin };
    this.#resolve(value);
    return true;
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting it is what it is for
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return unlessCancelled(this.#promise).then(onValue, onError);
  }
}

/** A wait in a scope of control flow ends when that is cancelled: perhaps nobody gives the value then. */
function unlessCancelled<T>(promise: Promise<T>): Promise<T> {
  const signal = submissionScope()?.signal;
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    const settled = (): void => {
      signal.removeEventListener('abort', leave);
      resolve(promise);
    };
    promise.then(settled, settled);
  });
}

/** The value from which one comes by promises, delays and chains, as far as that is known; itself if it waits for none. */
function originOf(value: unknown): unknown {
  let origin = value;
  while (isLink(origin) && origin.origin !== undefined) origin = origin.origin.value;
  return origin;
}

function isLink(value: unknown): value is Link {
  return value instanceof Promised || value instanceof Delay || value instanceof Chain;
}

class Delay<T> implements Delayed<T>, Link {
  fulfilled = false;
  origin: { readonly value: unknown } | undefined;
  #isComputing = false;
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
    if (this.#isComputing) return Promise.reject(waitsForItself()).then(onValue, onError);
    const value = this.#value(submissionScope()?.signal);
    return (this.fulfilled ? value : unlessCancelled(value)).then(onValue, onError);
  }

  /** It is computed in the scope that asks first. If that is cancelled meanwhile, the next one that waits computes it. */
  async #value(scope: AbortSignal | undefined): Promise<T> {
    if (this.#promise === undefined) scope?.throwIfAborted();
    this.#promise ??= this.#begin(scope);
    const promise = this.#promise;
    try {
      return await promise;
    } catch (error) {
      if (this.#promise === promise || scope?.aborted) throw error;
      return this.#value(scope);
    }
  }

  async #begin(scope: AbortSignal | undefined): Promise<T> {
    this.#isComputing = true;
    try {
      const value = this.#compute();
      this.#isComputing = false;
      const origin = originOf(value);
      if (origin === this) throw waitsForItself();
      this.origin = { value: origin };
      const computed = await value;
      this.fulfilled = true;
      return computed;
    } catch (error) {
      if (scope?.aborted) this.#promise = undefined;
      else this.fulfilled = true;
      throw error;
    } finally {
      this.#isComputing = false;
    }
  }
}

function waitsForItself(): UsageError {
  return new UsageError('a delay waits for itself, and would never have a value; compute the value');
}

class Chain<T> implements Delayed<Awaited<T>>, Link {
  readonly #link: T;
  /** Of a promise that cannot say whether it has settled. */
  readonly #watched: Promise<Awaited<T>> | undefined;
  #hasSettled = false;

  constructor(link: T) {
    this.#link = link;
    if (!(link instanceof Promise) || saysFulfilled(link)) return;
    this.#watched = force(link).finally(() => {
      this.#hasSettled = true;
    }) as Promise<Awaited<T>>;
  }

  get origin(): { readonly value: unknown } {
    return { value: this.#link };
  }

  get fulfilled(): boolean {
    if (this.#watched !== undefined) return this.#hasSettled;
    return saysFulfilled(this.#link) ? this.#link.fulfilled : true;
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting it is what it is for
  then<A = Awaited<T>, B = never>(
    onValue?: ((value: Awaited<T>) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return (this.#watched ?? force(this.#link)).then(onValue, onError);
  }
}

/** Promises of this file, and futures. */
function saysFulfilled(value: unknown): value is { readonly fulfilled: boolean } {
  return (
    value instanceof Promised ||
    value instanceof Delay ||
    value instanceof Chain ||
    (value instanceof Promise && 'fulfilled' in value)
  );
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

/**
 * Links to a promise, delay, future or other chain: it has the value of that, at any depth, and is fulfilled when that is
 * (lparallel's chain). A delay is computed when the chain is asked for its value.
 */
export function chain<T>(value: T): Delayed<Awaited<T>> {
  return new Chain(value);
}
