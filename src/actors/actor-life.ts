/**
 * One actor, from `create` to its end: asks for its slave, has it made there and made again, submits its calls, and stops
 * it. The order of the calls, and what becomes of them with a slave, is the reservation's.
 *
 * - *making*: from the beginning, and from a loss after which it is made again. Calls wait in line.
 * - *living*: the constructor has returned. Calls go to the slave.
 * - *over*: stopped, or lost for good. The reservation has ended, and refuses calls.
 */

import { refuseArrayCallback } from '../algorithms/array-callback.js';
import { policyOfReserved } from '../algorithms/policy.js';
import type { FutureHolder, SlaveReservation, Submitter } from '../algorithms/submitter.js';
import { inScope } from '../algorithms/submitter-context.js';
import type { AlgorithmDefinition, Future, ResolvedPolicy } from '../algorithms/types.js';
import { TaskError, UnrunnableError } from '../errors.js';
import { counted } from '../structures/counted.js';
import type { ActorMethod, ActorParts } from './actor-parts.js';
import type { StopActorOptions } from './actor-types.js';
import { Restarts } from './restarts.js';

/** After this time without a slave, the program is told. */
const SLOW_MS = 10_000;

interface ActorLifeParams {
  readonly parts: ActorParts;
  readonly args: readonly unknown[];
  /** The master, through the scope in which the actor is created. */
  readonly submitter: Submitter;
  /** The master alone. */
  readonly master: Submitter;
  readonly restart: boolean | number;
  readonly timeoutSeconds: number | undefined;
  /** Of `create`. */
  readonly place: string | undefined;
}

export class ActorLife {
  readonly #params: ActorLifeParams;
  readonly #reservation: SlaveReservation;
  readonly #policy: ResolvedPolicy;
  readonly #restarts: Restarts;
  readonly #pending = new Set<Future<unknown>>();
  /** Aborts when it is over. */
  readonly #over = new AbortController();
  #state: 'making' | 'living' | 'over' = 'making';
  /** Why it was lost before the program could hear that it was made. */
  #lostWhy: string | undefined;
  #stopped: Promise<void> | undefined;
  /** The task that ends it, while it stops. */
  #ending: Future<unknown> | undefined;

  constructor(params: ActorLifeParams) {
    const { parts, args, submitter, master, restart, place } = params;
    this.#params = params;
    this.#restarts = new Restarts(restart);
    this.#reservation = submitter.reserveSlave({
      holder: this.#holder,
      definition: parts.make,
      args,
      policy: parts.make.policy,
      place,
      onLost: (why) => this.#onLost(why),
    });
    this.#policy = policyOfReserved(parts.make.policy, this.#reservation);
    master.signal.addEventListener('abort', () => this.#end(), { once: true, signal: this.#over.signal });
  }

  get #holder(): string {
    return `the actor ${this.#params.parts.name}`;
  }

  /** Resolves when the constructor has returned on the first slave. */
  async create(): Promise<void> {
    const made = this.#make();
    // After the task of the constructor, which its scope cancels with a reason that says more
    const stopNow = (): void => void this.stop({ now: true }).catch(() => {});
    const { signal } = this.#over;
    this.#params.submitter.scopeSignal?.addEventListener('abort', stopNow, { once: true, signal });
    try {
      await made;
    } catch (error) {
      this.#giveUp('could not be created', error);
      throw error;
    }
    // It was lost or stopped in the turn in which it was made: what is asked of its reservation rejects with the reason
    if (this.#state === 'over') await this.#makeReady();
  }

  // ---- its calls

  call({ definition, fn, places }: ActorMethod, args: readonly unknown[], stub: Stub): Future<unknown> {
    if (args.length === 3) refuseArrayCallback(definition.name, fn, args, stub);
    return this.#submit(definition, args, places.take(stub));
  }

  #submit(
    definition: AlgorithmDefinition,
    args: readonly unknown[],
    place: string | undefined,
    submitter = inScope(this.#params.master),
  ): Future<unknown> {
    const future = submitter.future(definition, args, this.#policy, place, this.#forgets);
    // A call that is refused settles before it is returned
    if (!future.fulfilled) this.#pending.add(future);
    if (this.#restarts.isInRow) future.then(this.#noteWork, this.#noteWork);
    return future;
  }

  readonly #forgets: FutureHolder = {
    futureSettled: (promise) => void this.#pending.delete(promise as Future<unknown>),
  };

  readonly #noteWork = (outcome: unknown): void => {
    if (!(outcome instanceof UnrunnableError)) this.#restarts.noteWork();
  };

  // ---- its instances

  /** Until an instance is made, or another attempt is not allowed. */
  async #make(isAgain = false): Promise<void> {
    for (;;) {
      let failure: unknown;
      try {
        this.#lostWhy = undefined;
        await this.#makeReady();
        if (this.#state === 'over') return;
        if (this.#lostWhy === undefined) {
          this.#state = 'living';
          return;
        }
        failure = new Error(this.#lostWhy);
      } catch (error) {
        if (this.#state === 'over' || !mayHelp(error, isAgain)) throw error;
        failure = error;
      }
      const waitMs = this.#restarts.next();
      if (waitMs === undefined) throw failure;
      await pause(waitMs, this.#over.signal);
    }
  }

  /** Calls the constructor on its slave, or on the next that it gets. */
  async #makeReady(): Promise<void> {
    const { timeoutSeconds } = this.#params;
    const slow = setTimeout(() => this.#tellSlow(), SLOW_MS);
    const limit =
      timeoutSeconds === undefined
        ? undefined
        : setTimeout(() => this.#endWithoutSlave(timeoutSeconds), timeoutSeconds * 1000);
    try {
      await this.#reservation.makeReady();
    } finally {
      clearTimeout(slow);
      clearTimeout(limit);
    }
  }

  #endWithoutSlave(seconds: number): void {
    if (this.#reservation.sid !== undefined) return;
    this.#reservation.end('timeout', `for which no slave was free within ${seconds} s; ${this.#cure}`);
    this.#end();
  }

  #tellSlow(): void {
    if (this.#reservation.sid !== undefined) return;
    const text = `${this.#holder} has waited ${SLOW_MS / 1000} s for a slave of its own; ${this.#cure}`;
    process.emitWarning(text, { type: 'ActorWarning', code: 'MW_ACTOR_WAITS' });
  }

  get #cure(): string {
    const { workers } = this.#params.master;
    const there = workers === 0 ? 'there is none' : `those there are run ${counted(workers, 'task')} at once`;
    return `${there}: start more, such as with --slaves, or stop another actor`;
  }

  #onLost(why: string): void {
    if (this.#restarts.most === 0 || this.#stopped !== undefined) {
      const cure = this.#restarts.most === 0 ? '; define it with restart: true to have it made again' : '';
      this.#reservation.end('slave-lost', `which is lost: ${why}${cure}`);
      this.#end();
    } else if (this.#state === 'making') {
      // In the turn in which it was made
      this.#lostWhy = why;
    } else {
      this.#state = 'making';
      void this.#makeAgain(why);
    }
  }

  async #makeAgain(why: string): Promise<void> {
    const waitMs = this.#restarts.next();
    try {
      if (waitMs === undefined) throw new Error(why);
      await pause(waitMs, this.#over.signal);
      if (this.#state !== 'over') await this.#make(true);
    } catch (error) {
      this.#giveUp(`is lost, and was made again ${this.#restarts.most} times in a row`, error);
    }
  }

  // ---- its end

  stop(options: StopActorOptions = {}): Promise<void> {
    this.#stopped ??= this.#stop();
    if (options.now) {
      for (const future of [...this.#pending]) if (future !== this.#ending) future.cancel();
      if (this.#state === 'making') this.#endStopped();
    }
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    if (this.#state === 'over') return;
    const { parts, master } = this.#params;
    this.#ending = this.#submit(parts.end, [], undefined, master);
    this.#reservation.close('slave-freed', 'which was stopped');
    try {
      await this.#ending;
    } catch (error) {
      // An actor that is lost, or whose master has ended, needs no end
      if (error instanceof TaskError) throw error;
    } finally {
      this.#endStopped();
    }
  }

  #endStopped(): void {
    this.#reservation.end('slave-freed', 'which was stopped');
    this.#end();
  }

  #giveUp(what: string, error: unknown): void {
    if (this.#state === 'over') return;
    const { name, message } = error as Error;
    this.#reservation.end('slave-lost', `which ${what}; the last error: ${name}: ${message}`, error);
    this.#end();
  }

  /** The reservation has ended, or its master has. */
  #end(): void {
    this.#state = 'over';
    this.#over.abort();
  }
}

type Stub = (...args: never[]) => unknown;

/** Whether another slave, or another try, may do better. */
function mayHelp(error: unknown, isAgain: boolean): boolean {
  if (error instanceof TaskError) return isAgain;
  return error instanceof UnrunnableError && (error.reason === 'slave-lost' || error.reason === 'timeout');
}

/** Resolves after this time, or when the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
