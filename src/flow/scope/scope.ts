/**
 * A scope of control flow: where a component runs, and all that it calls and awaits. It is found again by Node's
 * AsyncLocalStorage. It counts what was begun in it and has not ended, since it does not end before that.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { findScopesBy, type SubmissionScope } from '../../algorithms/submission-scope.js';
import type { FutureOutcome, Submitter } from '../../algorithms/submitter.js';
import type { Future } from '../../algorithms/types.js';
import { UsageError } from '../../errors.js';
import { Cancellation } from './cancellation.js';
import { FIRST_NAMES, LAST_NAMES, pathOf } from './scope-path.js';
import { ScopedSubmitter, type TaskHolder } from './scoped-submitter.js';

/** Scopes that are open at a time, in a process. */
const MOST_OPEN = 1_000_000;

/** A section of a mutex in which a scope runs. */
export interface Section {
  readonly mutex: object;
  readonly outer: Section | undefined;
}

/** The scope that a program runs in, as the program sees it. */
export interface Scope {
  /** Names it; no other scope of the process has it. */
  readonly id: `SCOPE-${number}`;
  /** The components around it, from the outside, such as `parallel.build > sequential[2]`; of more than twenty, some. */
  readonly path: string;
  /**
   * Aborts when the scope is cancelled: another component failed or won, its thread was killed, or a scope around it
   * was cancelled. Its reason is a ScopeCancelledError.
   */
  readonly signal: AbortSignal;
}

/** Made when the program enters its first scope: from then on, all promises of a process on Node 20 are slower. */
let storage: AsyncLocalStorage<FlowScope> | undefined;
let lastNumber = 0;
let open = 0;

/** Names of components, which are made up when they are asked for. */
export type NameOf = (index: number) => string;

/** Takes the outcome of a scope, in the middle of what settles its task: nothing of the program may run there. */
export type OnOutcome = (scope: FlowScope, outcome: FutureOutcome) => void;

export class FlowScope implements Scope, SubmissionScope, TaskHolder {
  readonly #nameOf: NameOf;
  /** Its place among the components of its call. */
  readonly index: number;
  readonly parent: FlowScope | undefined;
  /** The number of scopes from the outermost one to it. */
  readonly depth: number;
  /** The last of those whose names begin a long path: no path is longer to make than to read. */
  readonly head: FlowScope;
  readonly cancellation: Cancellation;
  readonly section: Section | undefined;
  #number = 0;
  #begun = 0;
  #state: 'new' | 'open' | 'over' = 'new';
  #onQuiet: (() => void) | undefined;
  #submitter: ScopedSubmitter | undefined;
  /** The future that was begun in it last, if it has not settled. */
  #last: Promise<unknown> | undefined;
  /** Takes the outcome of that future, which is the scope's own. */
  #onOutcome: OnOutcome | undefined;

  constructor(
    nameOf: NameOf,
    index: number,
    parent: FlowScope | undefined,
    cancellation: Cancellation,
    section = parent?.section,
  ) {
    this.#nameOf = nameOf;
    this.index = index;
    this.parent = parent;
    this.depth = parent === undefined ? 1 : parent.depth + 1;
    this.head = parent === undefined || parent.depth < FIRST_NAMES ? this : parent.head;
    this.cancellation = cancellation;
    this.section = section;
  }

  get id(): `SCOPE-${number}` {
    if (this.#number === 0) this.#number = ++lastNumber;
    return `SCOPE-${this.#number}`;
  }

  get path(): string {
    return pathWithin(this.parent, this.name);
  }

  get name(): string {
    return this.#nameOf(this.index);
  }

  get signal(): AbortSignal {
    return this.cancellation.signal;
  }

  /** Whether it was entered and has not ended. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Itself; if it has ended well, the innermost scope around it that has not. */
  get living(): FlowScope | undefined {
    let scope: FlowScope | undefined = this;
    while (scope !== undefined && scope.#state === 'over' && scope.cancellation.reason === undefined) {
      scope = scope.parent;
    }
    return scope;
  }

  submitterOver(master: Submitter): Submitter {
    if (this.#submitter?.master !== master) this.#submitter = new ScopedSubmitter(master, this);
    return this.#submitter;
  }

  // ---- what runs in it

  /** Calls `fn` in it. Throws UsageError if too many scopes are open. */
  enter<T>(fn: () => T): T {
    if (open >= MOST_OPEN) {
      throw new UsageError(
        `${this.path} cannot begin: ${open} components and threads run at once; give parallel a limit`,
      );
    }
    open++;
    this.#state = 'open';
    if (storage === undefined) {
      storage = new AsyncLocalStorage();
      findScopesBy(currentFlowScope);
    }
    return storage.run(this, fn);
  }

  /** Calls `fn` in it, which was entered before. */
  within<T>(fn: () => T): T {
    return storage === undefined ? fn() : storage.run(this, fn);
  }

  /** Something has begun that the scope waits for. */
  hold(): void {
    this.#begun++;
  }

  /** It has ended. If the scope is cancelled, nobody need hear of its error. */
  release(promise: Promise<unknown>): void {
    if (this.cancellation.reason !== undefined) promise.catch(() => {});
    if (--this.#begun === 0) this.#onQuiet?.();
  }

  begun(future: Future<unknown>): void {
    this.#last = future.fulfilled ? undefined : future;
  }

  /**
   * Whether `value` is the future that was begun last here, and has not settled. Then `onOutcome` is called instead of
   * the readers of the promise, of which each would be one more promise.
   */
  endsWith(value: unknown, onOutcome: OnOutcome): boolean {
    if (value === undefined || value !== this.#last) return false;
    this.#onOutcome = onOutcome;
    return true;
  }

  futureSettled(promise: Promise<unknown>, outcome: FutureOutcome): void {
    if (promise !== this.#last) {
      this.release(promise);
      return;
    }
    const onOutcome = this.#onOutcome;
    this.#last = undefined;
    this.#onOutcome = undefined;
    this.release(promise);
    if (onOutcome === undefined) return;
    if ('error' in outcome) promise.catch(() => {});
    onOutcome(this, outcome);
  }

  /** Resolves when nothing runs in it any more. */
  async quiet(): Promise<void> {
    while (this.#begun > 0) {
      await new Promise<void>((resolve) => {
        this.#onQuiet = resolve;
      });
      // A waiter for the last of it may begin more
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Whether something was begun in it that has not ended. */
  get isBusy(): boolean {
    return this.#begun > 0;
  }

  /** The number of futures, calls and threads that were begun in it itself and have not ended. */
  get pending(): number {
    return this.#begun;
  }

  /** It has ended. */
  leave(): void {
    if (this.#state === 'open') open--;
    this.#state = 'over';
  }
}

/** A scope that is cancelled by itself, and with the one around it. */
export function ownScope(name: string, around: FlowScope | undefined, section?: Section): FlowScope {
  const cancellation = new Cancellation(
    around?.cancellation,
    () => scope.path,
    () => (scope.isOpen ? [scope] : []),
  );
  const scope = new FlowScope(() => name, 0, around, cancellation, section);
  return scope;
}

/** The path of a component with this name in a scope. */
export function pathWithin(around: FlowScope | undefined, name: string): string {
  const depth = 1 + (around?.depth ?? 0);
  const omitted = depth - FIRST_NAMES - LAST_NAMES;
  if (around === undefined || omitted <= 0) return pathOf([], 0, namesWithin(around, name, depth));
  const first = around.head;
  const firstNames = namesWithin(first.parent, first.name, FIRST_NAMES);
  return pathOf(firstNames, omitted, namesWithin(around, name, LAST_NAMES));
}

/** The innermost `count` names, from the outside. */
function namesWithin(around: FlowScope | undefined, name: string, count: number): string[] {
  const names = [name];
  for (let scope = around; scope !== undefined && names.length < count; scope = scope.parent) {
    names.push(scope.name);
  }
  return names.reverse();
}

/** The scope of this call; if it has ended well, the innermost around it that has not. */
export function currentFlowScope(): FlowScope | undefined {
  return storage?.getStore()?.living;
}

/**
 * The scope of this call: the component of `parallel`, `sequential` or `firstWins`, or the thread, that it is part of.
 * Undefined outside of all.
 *
 * @example
 * await firstWins([() => fetch(near, { signal: currentScope()?.signal }), () => search.future(key)]);
 */
export function currentScope(): Scope | undefined {
  return currentFlowScope();
}
