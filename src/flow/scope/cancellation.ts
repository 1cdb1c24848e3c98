/**
 * The means by which scopes are cancelled: an AbortSignal that is made when it is first asked for, and the
 * cancellations inside. These are visited one after the other, so that no depth of nesting is a recursion.
 */

import { setMaxListeners } from 'node:events';
import { policyInScope } from '../../algorithms/policy.js';
import type { ResolvedPolicy } from '../../algorithms/types.js';
import { ScopeCancelledError } from '../../errors.js';

/** After this time, components that still run are named in a warning. */
const SLOW_MS = 10_000;
const MOST_NAMED = 3;
/** Of an error's text in the reason of others. */
const MOST_CHARACTERS = 200;
/** Lists of signals that outlive their scope are not looked through before they have this length. */
const FEW = 16;

/** By their signals, which is what the master holds while there are tasks. */
const controllers = new WeakMap<AbortSignal, AbortController>();

export class Cancellation {
  readonly #parent: Cancellation | undefined;
  readonly #path: () => string;
  readonly #running: () => readonly { readonly path: string }[];
  #reason: ScopeCancelledError | undefined;
  #failure: { readonly error: unknown } | undefined;
  #isOver = false;
  #slowness: NodeJS.Timeout | undefined;
  #controller: AbortController | undefined;
  #children: Set<Cancellation> | undefined;
  /** Signals of scopes that ended well, tasks of which may be pending: their results are not for that scope. */
  #survivors: WeakRef<AbortSignal>[] | undefined;
  #survivorsLookedAt = FEW;
  #mayLeaveTasks = false;
  #policy: { readonly given: ResolvedPolicy; readonly joined: ResolvedPolicy } | undefined;

  /** Is cancelled with its parent. `path` is that of what it cancels; `running`, the scopes of it that have not ended. */
  constructor(
    parent: Cancellation | undefined,
    path: () => string,
    running: () => readonly { readonly path: string }[],
  ) {
    this.#parent = parent;
    this.#path = path;
    this.#running = running;
    if (parent === undefined) return;
    parent.#children ??= new Set();
    parent.#children.add(this);
    this.#reason = parent.#reason;
  }

  /** Why it was cancelled; undefined if it was not. */
  get reason(): ScopeCancelledError | undefined {
    return this.#reason;
  }

  /** The error of a component because of which it was cancelled, if that was why. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Aborts with `reason`. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      const { signal } = this.#controller;
      // Every task, wait and scope inside may listen to it
      setMaxListeners(0, signal);
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** The policy of a task inside. */
  policyOf(given: ResolvedPolicy): ResolvedPolicy {
    // Mostly, one is used again and again; and tasks of one policy share what they keep
    if (this.#policy?.given !== given) {
      this.#policy = { given, joined: policyInScope(given, this.signal) };
    }
    return this.#policy.joined;
  }

  /** A task was submitted whose fate is not awaited here: it may outlive the scope. */
  noteSurvivor(): void {
    this.#mayLeaveTasks = true;
  }

  throwIfCancelled(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }

  /** A component has failed, and the others are of no use. */
  fail(component: { readonly path: string }, error: unknown): void {
    if (this.#reason !== undefined || this.#isOver) return;
    this.#failure = { error };
    this.cancel(`${component.path} failed${inWords(error)}`, { cause: error });
  }

  /** Cancels it with all that is inside; without effect if it was, or has ended: only the first reason counts. */
  cancel(why: string, options?: ErrorOptions): void {
    if (this.#reason !== undefined || this.#isOver) return;
    const reason = new ScopeCancelledError(this.#path(), why, options);
    const inside: Cancellation[] = [this];
    // All know it before the first listener runs, which may submit tasks in any of them
    for (const one of inside) {
      one.#reason = reason;
      if (one.#children !== undefined) {
        for (const child of one.#children) if (child.#reason === undefined) inside.push(child);
      }
    }
    this.#slowness = setTimeout(() => this.#tellSlow(), SLOW_MS).unref();
    for (const one of inside) {
      one.#controller?.abort(reason);
      for (const survivor of one.#survivors ?? []) abortSurvivor(survivor, reason);
    }
  }

  /** Its scope has ended. Tasks that outlive it are cancelled with its parent, if there is one. */
  end(): void {
    const parent = this.#parent;
    this.#isOver = true;
    clearTimeout(this.#slowness);
    if (parent === undefined) return;
    parent.#children?.delete(this);
    if (this.#reason !== undefined) return;
    if (this.#survivors !== undefined) for (const survivor of this.#survivors) parent.#adopt(survivor);
    if (this.#mayLeaveTasks && this.#controller !== undefined) {
      controllers.set(this.#controller.signal, this.#controller);
      parent.#adopt(new WeakRef(this.#controller.signal));
    }
  }

  #tellSlow(): void {
    const running = this.#running();
    if (running.length === 0) return;
    const named = running.slice(0, MOST_NAMED).map(({ path }) => path);
    const others = running.length - named.length;
    const which = `${named.join(', ')}${others > 0 ? ` (and ${others} more)` : ''}`;
    process.emitWarning(
      `${this.#reason?.message}; ${SLOW_MS / 1000} s later, still running: ${which}. A component stops when it awaits a ` +
        'task, or heeds currentScope().signal',
      { type: 'ScopeWarning', code: 'MW_SCOPE_RUNS_ON' },
    );
  }

  #adopt(survivor: WeakRef<AbortSignal>): void {
    if (this.#reason !== undefined) {
      abortSurvivor(survivor, this.#reason);
      return;
    }
    this.#survivors ??= [];
    this.#survivors.push(survivor);
    if (this.#survivors.length < this.#survivorsLookedAt) return;
    this.#survivors = this.#survivors.filter((one) => one.deref() !== undefined);
    this.#survivorsLookedAt = 2 * this.#survivors.length + FEW;
  }
}

function abortSurvivor(survivor: WeakRef<AbortSignal>, reason: unknown): void {
  const signal = survivor.deref();
  if (signal !== undefined) controllers.get(signal)?.abort(reason);
}

function inWords(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const text = `: ${error.name}: ${error.message}`;
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`;
}
