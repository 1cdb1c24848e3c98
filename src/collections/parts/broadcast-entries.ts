/**
 * The entries of one broadcast, from the runs of slaves to the readers of the program: counts who owes one, keeps what
 * nobody has read, and ends, or fails, what waits.
 */

import { submissionScope } from '../../algorithms/submission-scope.js';
import type { BroadcastEntry, BroadcastListener } from '../../algorithms/submitter.js';
import type { SlaveId } from '../../algorithms/types.js';
import { UsageError } from '../../errors.js';
import { Deque } from '../../structures/deque.js';
import { mayEndUnheard } from '../../structures/unheard-end.js';
import { Waiters } from './waiters.js';

/** Unread entries that are kept; beyond it, the oldest are dropped. */
const MOST_UNREAD = 10_000;

type Step<R> = IteratorResult<BroadcastEntry<R>, undefined>;

export class BroadcastEntries<R> implements BroadcastListener, AsyncIterable<BroadcastEntry<R>> {
  readonly #signal: AbortSignal;
  readonly #unread = new Deque<BroadcastEntry<R>>();
  readonly #readers = new Waiters<Step<R>>();
  /** Of the slaves that were there at the call, in their order; undefined until it comes. */
  readonly #first = new Map<SlaveId, BroadcastEntry<R> | undefined>();
  #firstLeft = 0;
  readonly #ofFirst = new Waiters<readonly BroadcastEntry<R>[]>();
  #isBegun = false;
  #isStopped = false;
  #stopLateComers: () => void = () => {};
  #pending = 0;
  #dropped = 0;
  readonly #onEnd = (): void => {
    const { reason } = this.#signal;
    this.#ofFirst.rejectAll(reason);
    this.#readers.rejectAll(reason);
  };

  /** `signal` aborts when the master has ended, with its error. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#onEnd, { once: true });
  }

  // ---- from the runs

  readonly owe = (sid: SlaveId): void => {
    this.#pending++;
    if (this.#isBegun) return;
    this.#first.set(sid, undefined);
    this.#firstLeft++;
  };

  readonly take = (entry: BroadcastEntry<unknown>): void => {
    const taken = entry as BroadcastEntry<R>;
    this.#pending--;
    this.#takeFirst(taken);
    if (!this.#readers.resolveFirst({ value: taken })) this.#unread.push(taken);
    if (this.#unread.length > MOST_UNREAD) {
      this.#unread.shift();
      this.#dropped++;
    }
    this.#endIfComplete();
  };

  #takeFirst(entry: BroadcastEntry<R>): void {
    if (!this.#first.has(entry.sid)) return;
    this.#first.set(entry.sid, entry);
    this.#firstLeft--;
    if (this.#firstLeft > 0) return;
    this.#ofFirst.resolveAll(() => this.#allOfFirst());
  }

  /** The slaves of the call are known; `stop` ends the broadcast for late comers. */
  begun(stop: () => void): void {
    this.#isBegun = true;
    this.#stopLateComers = stop;
  }

  // ---- to the program

  get pending(): number {
    return this.#pending;
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopLateComers();
    this.#endIfComplete();
  }

  all(): Promise<readonly BroadcastEntry<R>[]> {
    return mayEndUnheard(async () => {
      if (this.#firstLeft === 0) return this.#allOfFirst();
      this.#signal.throwIfAborted();
      return this.#ofFirst.wait();
    });
  }

  #allOfFirst(): readonly BroadcastEntry<R>[] {
    return [...this.#first.values()] as readonly BroadcastEntry<R>[];
  }

  [Symbol.asyncIterator](): AsyncIterator<BroadcastEntry<R>, undefined> {
    return {
      next: () => mayEndUnheard(() => this.#next()),
      return: async () => ({ done: true, value: undefined }),
    };
  }

  async #next(): Promise<Step<R>> {
    submissionScope()?.signal.throwIfAborted();
    if (this.#dropped > 0) {
      const dropped = this.#dropped;
      this.#dropped = 0;
      throw new UsageError(
        `the ${dropped} oldest entries of this broadcast were dropped, since ${MOST_UNREAD} were unread; read them as they come`,
      );
    }
    const value = this.#unread.shift();
    if (value !== undefined) return { value };
    if (this.#isComplete) return { done: true, value: undefined };
    this.#signal.throwIfAborted();
    return this.#readers.wait();
  }

  get #isComplete(): boolean {
    return this.#isStopped && this.#pending === 0;
  }

  #endIfComplete(): void {
    if (!this.#isComplete) return;
    this.#signal.removeEventListener('abort', this.#onEnd);
    this.#readers.resolveAll(() => ({ done: true, value: undefined }));
  }
}
