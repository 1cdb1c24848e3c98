/**
 * A scope of control flow: where a component runs, and all that it calls and awaits. It is found again by Node's
 * AsyncLocalStorage. It counts what was begun in it and has not ended, since it does not end before that.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { findScopesBy, type SubmissionScope } from '../../algorithms/submission-scope.js';
import type { FutureHolder, FutureOutcome, Submitter } from '../../algorithms/submitter.js';
import type { AlgorithmDefinition, Future, ResolvedPolicy, TaskId } from '../../algorithms/types.js';
import { UsageError } from '../../errors.js';
import { Cancellation } from './cancellation.js';
import { FIRST_NAMES, LAST_NAMES, nextMoment, pathOf } from './scope-path.js';
import { futureIn, ScopedSubmitter, submitIn, type TaskHolder } from './scoped-submitter.js';

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

/** The facts that the scopes of one call share. */
export class ScopeCall {
  readonly nameOf: NameOf;
  readonly parent: FlowScope | undefined;
  /** The number of scopes from the outermost one to those of the call. */
  readonly depth: number;
  /** The last of those whose names begin a long path; undefined for the scopes of the call themselves. */
  readonly head: FlowScope | undefined;
  readonly cancellation: Cancellation;
  readonly section: Section | undefined;
  /** Takes the outcomes of scopes that end with a task's future. */
  readonly onOutcome: OnOutcome | undefined;

  constructor({ nameOf, parent, cancellation, section = parent?.section, onOutcome }: ScopeCallParams) {
    this.nameOf = nameOf;
    this.parent = parent;
    this.depth = parent === undefined ? 1 : parent.depth + 1;
    this.head = parent === undefined || parent.depth < FIRST_NAMES ? undefined : parent.head;
    this.cancellation = cancellation;
    this.section = section;
    this.onOutcome = onOutcome;
  }
}

interface ScopeCallParams {
  readonly nameOf: NameOf;
  readonly parent: FlowScope | undefined;
  readonly cancellation: Cancellation;
  /** That of the parent, by default. */
  readonly section?: Section | undefined;
  readonly onOutcome?: OnOutcome | undefined;
}

/** Apart, since few scopes need them, and there may be a scope for each of a hundred thousand tasks. */
interface Seldom {
  number?: number;
  onQuiet?: () => void;
  submitter?: ScopedSubmitter;
}

export class FlowScope implements Scope, SubmissionScope, TaskHolder {
  readonly #call: ScopeCall;
  /** Its place among the components of its call. */
  readonly index: number;
  /** Before the moment in which an error can have its path. */
  readonly bornAt = nextMoment();
  #begun = 0;
  /** `ending` is open too: its value is the future that was begun last. */
  #state: 'new' | 'open' | 'ending' | 'over' = 'new';
  /** The future that was begun in it last, or that is its value; undefined if that has settled. */
  #last: Promise<unknown> | undefined;
  #seldom: Seldom | undefined;

  constructor(call: ScopeCall, index: number) {
    this.#call = call;
    this.index = index;
  }

  get parent(): FlowScope | undefined {
    return this.#call.parent;
  }

  /** The number of scopes from the outermost one to it. */
  get depth(): number {
    return this.#call.depth;
  }

  /** The last of those whose names begin a long path: no path is longer to make than to read. */
  get head(): FlowScope {
    return this.#call.head ?? this;
  }

  get cancellation(): Cancellation {
    return this.#call.cancellation;
  }

  get section(): Section | undefined {
    return this.#call.section;
  }

  get id(): `SCOPE-${number}` {
    const seldom = this.#seldomOf();
    seldom.number ??= ++lastNumber;
    return `SCOPE-${seldom.number}`;
  }

  get path(): string {
    return pathWithin(this.parent, this.name);
  }

  get name(): string {
    return this.#call.nameOf(this.index);
  }

  get signal(): AbortSignal {
    return this.cancellation.signal;
  }

  /** Whether it was entered and has not ended. */
  get isOpen(): boolean {
    return this.#state === 'open' || this.#state === 'ending';
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
    const seldom = this.#seldomOf();
    if (seldom.submitter?.master !== master) seldom.submitter = new ScopedSubmitter(master, this);
    return seldom.submitter;
  }

  submit(
    master: Submitter,
    definition: AlgorithmDefinition,
    args: readonly unknown[],
    policy: ResolvedPolicy,
    place?: string,
  ): TaskId {
    return submitIn(this, master, definition, args, policy, place);
  }

  future(
    master: Submitter,
    definition: AlgorithmDefinition,
    args: readonly unknown[],
    policy: ResolvedPolicy,
    place?: string,
    holder?: FutureHolder,
  ): Future<unknown> {
    return futureIn(this, master, definition, args, policy, place, holder);
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
    if (--this.#begun === 0) this.#seldom?.onQuiet?.();
  }

  begun(future: Future<unknown>): void {
    // One that it leaves to itself must not take the place of the one that is its value
    if (this.#state !== 'ending') this.#last = future.fulfilled ? undefined : future;
  }

  /**
   * Whether `value` is the future that was begun last here, and has not settled. Then the `onOutcome` of its call is
   * called instead of the readers of the promise, of which each would be one more promise. False if the call has none.
   */
  endsWith(value: unknown): boolean {
    if (value === undefined || value !== this.#last || this.#call.onOutcome === undefined) return false;
    this.#state = 'ending';
    return true;
  }

  futureSettled(promise: Promise<unknown>, outcome: FutureOutcome): void {
    if (promise !== this.#last) {
      this.release(promise);
      return;
    }
    this.#last = undefined;
    this.release(promise);
    if (this.#state !== 'ending') return;
    this.#state = 'open';
    if ('error' in outcome) promise.catch(() => {});
    this.#call.onOutcome?.(this, outcome);
  }

  /** Resolves when nothing runs in it any more. */
  async quiet(): Promise<void> {
    while (this.#begun > 0) {
      await new Promise<void>((resolve) => {
        this.#seldomOf().onQuiet = resolve;
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
    if (this.isOpen) open--;
    this.#state = 'over';
  }

  #seldomOf(): Seldom {
    this.#seldom ??= {};
    return this.#seldom;
  }
}

/** A scope that is cancelled by itself, and with the one around it. */
export function ownScope(name: string, around: FlowScope | undefined, section?: Section): FlowScope {
  const cancellation = new Cancellation(
    around?.cancellation,
    () => scope.path,
    () => (scope.isOpen ? [scope] : []),
  );
  const call = new ScopeCall({ nameOf: () => name, parent: around, cancellation, section });
  const scope = new FlowScope(call, 0);
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
