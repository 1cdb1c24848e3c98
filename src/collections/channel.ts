/** Channels: tasks go in, and their results come out in the order of their arrival, and nowhere else. */

import { placeAbove } from '../algorithms/call-site.js';
import { LONGEST_TIMER_MS } from '../algorithms/loop-timeout.js';
import { resolvePolicy } from '../algorithms/policy.js';
import { submissionScope } from '../algorithms/submission-scope.js';
import type { Submitter } from '../algorithms/submitter.js';
import { currentMaster, inScope } from '../algorithms/submitter-context.js';
import type { Task } from '../algorithms/task.js';
import type { Arguments, TaskPolicy } from '../algorithms/types.js';
import { UsageError } from '../errors.js';
import { Deque } from '../structures/deque.js';
import { mayEndUnheard } from '../structures/unheard-end.js';
import { EndWatch } from './parts/end-watch.js';
import { checkOptions } from './parts/options.js';
import { resolveTask, submitTaskTo } from './parts/task.js';

/** Options of `makeChannel`. */
export interface ChannelOptions {
  /** Tasks and results in the channel, at most; then `submitTask` waits until a result is received. */
  readonly fixedCapacity?: number | undefined;
  /** Overrides the policies of the tasks' algorithms. */
  readonly policy?: TaskPolicy | undefined;
}

/** Options of the calls that receive. */
export interface ReceiveOptions {
  /** Seconds to wait at most. */
  readonly timeout?: number | undefined;
}

/** The return value of `tryReceiveResult`. */
export type Received<R> = { readonly received: true; readonly value: R } | { readonly received: false };

/** Sends tasks and receives their results (lparallel's channel). Any number of readers and writers may use it. */
export interface Channel<R> extends AsyncIterable<R> {
  /**
   * Submits a task. Resolves at once, or with `fixedCapacity` when there is room; only then are the arguments of a task
   * that waited encoded. Throws InvalidTaskError and EncodeError, StoppedError when the master has ended, and
   * ScopeCancelledError when the scope of the submission is cancelled while it waits.
   */
  submitTask<A extends readonly unknown[]>(task: Task<A, R | Promise<R>>, ...args: A): Promise<void>;
  /** The same with futures or shared values among the arguments. */
  submitTask<A extends readonly unknown[]>(
    task: Task<A, R | Promise<R>>,
    ...args: Arguments<A>
  ): Promise<void>;
  /**
   * The next result, which waits for one, without a limit by default. Rejects with a task's TaskError or
   * UnrunnableError, after which the channel goes on; with a DOMException named TimeoutError when the time is over;
   * with StoppedError when the master has ended and no result is left; and with ScopeCancelledError when the scope that
   * waits is cancelled.
   */
  receiveResult(options?: ReceiveOptions): Promise<R>;
  /** The next result if there is one within the time, 0 by default. Rejects as `receiveResult`, but not at its time. */
  tryReceiveResult(options?: ReceiveOptions): Promise<Received<R>>;
  /** Puts `value` among the results after these seconds, by a timer of this process; no slave is occupied. */
  submitTimeout(seconds: number, value: R): void;
  /** Ends the timeouts that run: each gives `value` at once instead of its own. Returns their number. */
  cancelTimeout(value: R): number;
  /** Tasks and timeouts that have no result yet. */
  readonly pending: number;
  /** Receives results until none is pending. Throws the error of a task; another iteration may go on after it. */
  [Symbol.asyncIterator](): AsyncIterator<R>;
}

type Outcome<R> = { readonly value: R } | { readonly error: unknown };

interface Reader<R> {
  readonly take: (outcome: Outcome<R> | undefined) => void;
  readonly refuse: (reason: unknown) => void;
  /** Whether it gives up when nothing is pending. */
  readonly onlyPending: boolean;
}

interface Timeout {
  readonly timer: NodeJS.Timeout;
}

/**
 * Makes a channel of the current master. Throws NoKernelError without one, and UsageError for a wrong option.
 *
 * @example
 * const channel = makeChannel<number>();
 * for (const n of numbers) channel.submitTask(square, n);
 * for await (const result of channel) total += result;
 */
export function makeChannel<R = unknown>(options: ChannelOptions = {}): Channel<R> {
  checkOptions('makeChannel', options, ['fixedCapacity', 'policy']);
  const { fixedCapacity = Number.POSITIVE_INFINITY, policy } = options;
  if (
    fixedCapacity !== Number.POSITIVE_INFINITY &&
    !(Number.isSafeInteger(fixedCapacity) && fixedCapacity > 0)
  ) {
    throw new UsageError(
      `fixedCapacity of makeChannel is a whole number from 1; got ${String(fixedCapacity)}`,
    );
  }
  if (policy !== undefined) resolvePolicy(policy);
  return new TaskChannel<R>(currentMaster('makeChannel'), fixedCapacity, policy);
}

class TaskChannel<R> implements Channel<R> {
  readonly #submitter: Submitter;
  readonly #capacity: number;
  readonly #policy: TaskPolicy | undefined;
  readonly #outcomes = new Deque<Outcome<R>>();
  readonly #readers = new Set<Reader<R>>();
  readonly #timeouts = new Set<Timeout>();
  readonly #end: EndWatch;
  /** Submissions that wait for room, in their order. */
  readonly #waiting = new Set<() => void>();
  /** The master has ended: submissions that wait reject, and so do readers when no task has a result to come. */
  readonly #onEnd = (): void => {
    for (const next of this.#waiting) next();
    this.#dismiss();
  };
  #tasks = 0;
  #isFirst = true;

  constructor(submitter: Submitter, capacity: number, policy: TaskPolicy | undefined) {
    this.#submitter = submitter;
    this.#end = EndWatch.of(submitter.signal);
    this.#capacity = capacity;
    this.#policy = policy;
  }

  get pending(): number {
    return this.#tasks + this.#waiting.size + this.#timeouts.size;
  }

  submitTask(task: Task<never[], R | Promise<R>>, ...args: readonly unknown[]): Promise<void> {
    const resolved = resolveTask('submitTask', task, this.#policy);
    const place = this.#isFirst ? placeAbove(this.submitTask) : undefined;
    this.#isFirst = false;
    const submitter = inScope(this.#submitter);
    const submit = (): void => {
      const future = submitTaskTo(submitter, resolved, args, place) as Promise<R>;
      this.#tasks++;
      future.then(
        (value) => this.#settle({ value }),
        (error: unknown) => this.#settle({ error }),
      );
    };
    if (this.#waiting.size === 0 && this.#tasks + this.#outcomes.length < this.#capacity) {
      submit();
      return SUBMITTED;
    }
    const { signal } = this.#submitter;
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const { scopeSignal } = submitter;
      this.#end.add(this.#onEnd);
      const proceed = (): void => {
        this.#waiting.delete(proceed);
        scopeSignal?.removeEventListener('abort', leave);
        try {
          signal.throwIfAborted();
          scopeSignal?.throwIfAborted();
          submit();
          resolve();
        } catch (error) {
          reject(error);
        }
      };
      const leave = (): void => {
        proceed();
        this.#listenNoMore();
        this.#dismiss();
      };
      scopeSignal?.addEventListener('abort', leave);
      this.#waiting.add(proceed);
    });
  }

  receiveResult(options: ReceiveOptions = {}): Promise<R> {
    return mayEndUnheard(() => this.#receive(options));
  }

  async #receive(options: ReceiveOptions): Promise<R> {
    checkOptions('receiveResult', options, ['timeout']);
    const { timeout } = options;
    const outcome = await this.#next(checkedMs('receiveResult', timeout), false);
    if (outcome !== undefined) return resultOf(outcome);
    throw new DOMException(`no result came within ${timeout} s`, 'TimeoutError');
  }

  tryReceiveResult(options: ReceiveOptions = {}): Promise<Received<R>> {
    return mayEndUnheard(() => this.#tryReceive(options));
  }

  async #tryReceive(options: ReceiveOptions): Promise<Received<R>> {
    checkOptions('tryReceiveResult', options, ['timeout']);
    const { timeout = 0 } = options;
    const outcome = await this.#next(checkedMs('tryReceiveResult', timeout), false);
    return outcome === undefined ? { received: false } : { received: true, value: resultOf(outcome) };
  }

  submitTimeout(seconds: number, value: R): void {
    const ms = checkedMs('submitTimeout', seconds ?? Number.NaN) as number;
    const timeout = { timer: setTimeout(() => this.#endTimeout(timeout, value), ms) };
    this.#timeouts.add(timeout);
  }

  cancelTimeout(value: R): number {
    const running = [...this.#timeouts];
    for (const timeout of running) this.#endTimeout(timeout, value);
    return running.length;
  }

  [Symbol.asyncIterator](): AsyncIterator<R> {
    return {
      next: async () => {
        const outcome = await this.#next(undefined, true);
        return outcome === undefined ? { done: true, value: undefined } : { value: resultOf(outcome) };
      },
      return: async () => ({ done: true, value: undefined }),
    };
  }

  #endTimeout(timeout: Timeout, value: R): void {
    clearTimeout(timeout.timer);
    this.#timeouts.delete(timeout);
    this.#put({ value });
  }

  #settle(outcome: Outcome<R>): void {
    this.#tasks--;
    this.#put(outcome);
  }

  #put(outcome: Outcome<R>): void {
    const [reader] = this.#readers;
    if (reader === undefined) {
      this.#outcomes.push(outcome);
      return;
    }
    reader.take(outcome);
    this.#admit();
    this.#dismiss();
  }

  /** A place became free. */
  #admit(): void {
    for (const next of this.#waiting) {
      if (this.#tasks + this.#outcomes.length >= this.#capacity) break;
      next();
    }
    this.#listenNoMore();
  }

  /** A channel that nobody waits for is not held by its master. */
  #listenNoMore(): void {
    if (this.#waiting.size === 0 && this.#readers.size === 0) this.#end.remove(this.#onEnd);
  }

  /** Nothing is pending: readers that want no more end, and of an ended master, all others. */
  #dismiss(): void {
    if (this.pending > 0) return;
    const { signal } = this.#submitter;
    for (const reader of this.#readers) {
      if (reader.onlyPending) reader.take(undefined);
      else if (signal.aborted) reader.refuse(signal.reason);
    }
  }

  /** Undefined when the time is over, or nothing is pending for a reader that wants no more. */
  async #next(ms: number | undefined, onlyPending: boolean): Promise<Outcome<R> | undefined> {
    const scopeSignal = submissionScope()?.signal;
    scopeSignal?.throwIfAborted();
    const outcome = this.#outcomes.shift();
    if (outcome !== undefined) {
      this.#admit();
      return outcome;
    }
    if (onlyPending && this.pending === 0) return undefined;
    const { signal } = this.#submitter;
    // A task's error comes first: it is the same, or says more
    if (signal.aborted && this.pending === 0) throw signal.reason;
    if (ms === 0) return undefined;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const leave = (): void => {
        clearTimeout(timer);
        this.#readers.delete(reader);
        scopeSignal?.removeEventListener('abort', onScopeAbort);
        this.#listenNoMore();
      };
      const onScopeAbort = (): void => reader.refuse(scopeSignal?.reason);
      const reader: Reader<R> = {
        onlyPending,
        take: (taken) => {
          leave();
          resolve(taken);
        },
        refuse: (reason) => {
          leave();
          reject(reason);
        },
      };
      this.#readers.add(reader);
      this.#end.add(this.#onEnd);
      scopeSignal?.addEventListener('abort', onScopeAbort);
      if (ms !== undefined) timer = setTimeout(() => reader.take(undefined), ms);
    });
  }
}

const SUBMITTED: Promise<void> = Promise.resolve();

function resultOf<R>(outcome: Outcome<R>): R {
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

function checkedMs(stub: string, seconds: number | undefined): number | undefined {
  if (seconds === undefined) return undefined;
  if (typeof seconds === 'number' && seconds >= 0) return Math.min(seconds * 1000, LONGEST_TIMER_MS);
  throw new UsageError(`the time of ${stub} is a number of seconds from 0; got ${String(seconds)}`);
}
