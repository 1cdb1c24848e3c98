/** Runs one component in its scope, to its end: when its promise has settled, and nothing that it began goes on. */

import { AsyncResource } from 'node:async_hooks';
import { isThenable } from '../../algorithms/is-thenable.js';
import type { FutureOutcome } from '../../algorithms/submitter.js';
import { mayEndUnheard, noteEnd } from '../../structures/unheard-end.js';
import type { FlowScope, OnOutcome } from './scope.js';
import { tellScope } from './scope-path.js';

/** How a component ends; one for all components of a call. */
export interface Ending<T> {
  readonly onValue: (value: T, scope: FlowScope) => void;
  readonly onError: (error: unknown, scope: FlowScope) => void;
}

/**
 * The same for components of which many may return futures, whose outcomes `onOutcome` takes: those that settle in one turn
 * end together, after what settled them, and in the context of their call, as readers of their promises would.
 */
export class EndingTogether implements Ending<unknown> {
  readonly onValue: Ending<unknown>['onValue'];
  readonly onError: Ending<unknown>['onError'];
  readonly #context = new AsyncResource('MW_COMPONENTS');
  #ended: FlowScope[] = [];
  /** Of those that have ended. */
  #outcomes: FutureOutcome[] = [];

  constructor({ onValue, onError }: Ending<unknown>) {
    this.onValue = onValue;
    this.onError = onError;
  }

  readonly onOutcome: OnOutcome = (scope, outcome) => {
    this.#outcomes.push(outcome);
    if (this.#ended.push(scope) > 1) return;
    queueMicrotask(() => this.#context.runInAsyncScope(this.#end));
  };

  readonly #end = (): void => {
    const [ended, outcomes] = [this.#ended, this.#outcomes];
    this.#ended = [];
    this.#outcomes = [];
    for (const [index, scope] of ended.entries()) {
      const outcome = outcomes[index] as FutureOutcome;
      if ('error' in outcome) fail(scope, outcome.error, this);
      else succeed(scope, outcome.packet, this);
    }
  };
}

/**
 * A failure cancels the scope and has its path. The ending is told when all has stopped: for a function that returns no
 * promise and leaves nothing, at once, since with many components promises are what takes the time.
 */
export function runComponent<T>(scope: FlowScope, fn: () => T | PromiseLike<T>, ending: Ending<T>): void {
  let value: T | PromiseLike<T>;
  let isPromise: boolean;
  try {
    value = scope.enter(fn);
    isPromise = isThenable(value);
  } catch (error) {
    fail(scope, error, ending);
    return;
  }
  if (scope.endsWith(value)) return;
  if (!isPromise) {
    succeed(scope, value as T, ending);
    return;
  }
  awaitIn(scope, value as PromiseLike<T>).then(
    (settled) => succeed(scope, settled, ending),
    (error: unknown) => fail(scope, error, ending),
  );
}

/** The same as a promise. */
export function componentResult<T>(scope: FlowScope, fn: () => T | PromiseLike<T>): Promise<T> {
  return new Promise((onValue, onError) => runComponent(scope, fn, { onValue, onError }));
}

/** The promise of a call, for which the scope around it waits. */
export function heldBy<T>(around: FlowScope | undefined, run: () => Promise<T>): Promise<T> {
  if (around === undefined) return mayEndUnheard(run);
  around.hold();
  const promise: Promise<T> = run().then(
    (value) => {
      around.release(promise);
      return value;
    },
    (error: unknown) => {
      around.release(promise);
      noteEnd(promise, error);
      throw error;
    },
  );
  return promise;
}

/** Other promises than the language's may compute when they are asked, which is part of the component. */
function awaitIn<T>(scope: FlowScope, value: PromiseLike<T>): Promise<T> {
  return value instanceof Promise ? value : scope.within(() => Promise.resolve(value));
}

function succeed<T>(scope: FlowScope, value: T, ending: Ending<T>): void {
  if (scope.isBusy) {
    void scope.quiet().then(() => succeed(scope, value, ending));
    return;
  }
  scope.leave();
  ending.onValue(value, scope);
}

function fail<T>(scope: FlowScope, error: unknown, ending: Ending<T>): void {
  tellScope(error, () => scope.path, scope.bornAt);
  scope.cancellation.fail(scope, error);
  stop(scope, error, ending);
}

function stop<T>(scope: FlowScope, error: unknown, ending: Ending<T>): void {
  if (scope.isBusy) {
    void scope.quiet().then(() => stop(scope, error, ending));
    return;
  }
  scope.leave();
  ending.onError(error, scope);
}
