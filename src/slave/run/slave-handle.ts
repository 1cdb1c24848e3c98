/** The handle of a slave algorithm: CL-MW's slave loops over the slave's core. */

import type { CellHolder } from '../../algorithms/cell-holder.js';
import { LONGEST_TIMER_MS, loopTimeout } from '../../algorithms/loop-timeout.js';
import type { SlaveId } from '../../algorithms/types.js';
import { type GivenTask, type RunOutcome, TIMED_OUT } from '../core/given-task.js';
import type { SlaveCore } from '../core/slave-core.js';
import { LoopSlice } from './loop-slice.js';
import { ResultDelay } from './result-delay.js';
import { controllerOf, runTask, type SharesOf } from './run-task.js';
import { SideBySide } from './side-by-side.js';
import { enterScope, openScope, type SlaveScope } from './task-context.js';

/** CL-MW's default for one pass, in seconds. */
const PASS_SECONDS = 0.05;

/** The result of a slave loop and the state of the slave: CL-MW's six values. */
export interface SlaveLoopReport {
  /** The master is gone. */
  readonly masterDisconnect: boolean;
  /** The master asked to shut down. */
  readonly explicitShutdown: boolean;
  /** Tasks run to their end since the slave began. */
  readonly totalResultsCompleted: number;
  /** Tasks that wait here. */
  readonly numTasks: number;
  /** Results that were not sent yet. */
  readonly numResults: number;
  /** The number of results that the master wants in one message. */
  readonly resultGrouping: number | 'auto';
}

/** The argument of the slave algorithm. Tasks run only inside the loops. */
export interface SlaveHandle {
  /** This session's id; undefined while the slave joins (again). */
  readonly sid: SlaveId | undefined;
  /** The arguments of the command line that are not flags of the library, in their order. */
  readonly argv: readonly string[];
  /**
   * Waits up to `timeout` seconds (0.05) for tasks, runs all that are there, and returns (CL-MW) when none
   * runs any more. Throws UsageError for a timeout that is not a number of seconds from 0.
   */
  slaveLoop(options?: { readonly timeout?: number | undefined }): Promise<SlaveLoopReport>;
  /**
   * The same for at most one task (CL-MW, whose default of 0.0001 seconds would only spin here), also if
   * `--slave-concurrency` allows more at once.
   */
  slaveLoopIterate(options?: { readonly timeout?: number | undefined }): Promise<SlaveLoopReport>;
  /**
   * Runs tasks until the master asks to shut down, and returns 0; or until it is gone, and returns 255
   * (CL-MW).
   */
  slaveLoopSimple(): Promise<number>;
}

export class SlaveRunner implements SlaveHandle {
  readonly argv: readonly string[];
  readonly #core: SlaveCore;
  readonly #scope: SlaveScope;
  readonly #closeScope: () => void;
  readonly #controllers = new Map<GivenTask, AbortController>();
  readonly #clock: () => number;
  readonly #delay = new ResultDelay();
  readonly #slice = new LoopSlice();
  /** Undefined on a slave that runs one task at a time. */
  readonly #sideBySide: SideBySide | undefined;
  readonly #sharesOf: SharesOf = (task) => this.#core.sharesOf(task);
  #wake: (() => void) | undefined;
  /** The run that the loop waits for. */
  #awaited:
    | { readonly task: GivenTask; readonly resolve: (outcome: RunOutcome | undefined) => void }
    | undefined;

  constructor(params: {
    core: SlaveCore;
    argv: readonly string[];
    clock: () => number;
    cells?: CellHolder | undefined;
  }) {
    this.#core = params.core;
    this.argv = params.argv;
    this.#clock = params.clock;
    const { scope, close } = openScope(params.cells);
    this.#scope = scope;
    this.#closeScope = close;
    if (this.#core.concurrency > 1) {
      this.#sideBySide = new SideBySide({
        core: this.#core,
        scope,
        controllers: this.#controllers,
        clock: this.#clock,
        slice: this.#slice,
        news: () => this.#news(undefined),
        wake: () => this.wake(),
      });
    }
  }

  /** Runs the slave algorithm as a part of this slave. */
  async run(algorithm: (slave: SlaveHandle) => unknown): Promise<unknown> {
    return await enterScope(this.#scope, () => algorithm(this));
  }

  get sid(): SlaveId | undefined {
    const { sid } = this.#core;
    return sid === undefined ? undefined : `SLAVE-${sid}`;
  }

  async slaveLoop(options: { readonly timeout?: number | undefined } = {}): Promise<SlaveLoopReport> {
    await this.#pause(loopTimeout('slaveLoop', options) ?? PASS_SECONDS);
    await this.#runAll(Number.POSITIVE_INFINITY);
    return this.#report();
  }

  async slaveLoopIterate(options: { readonly timeout?: number | undefined } = {}): Promise<SlaveLoopReport> {
    await this.#pause(loopTimeout('slaveLoopIterate', options) ?? PASS_SECONDS);
    await this.#runAll(1);
    return this.#report();
  }

  async slaveLoopSimple(): Promise<number> {
    while (this.#core.end === undefined) {
      await this.#runAll(Number.POSITIVE_INFINITY);
      if (this.#core.end === undefined) await this.#news(undefined);
    }
    return this.#core.end.kind === 'shutdown' ? 0 : 255;
  }

  /** Tasks arrived, or the slave's state changed. */
  wake(): void {
    this.#wake?.();
    this.#leaveIfOver();
  }

  /** Its controller is made if it has none: the task may ask for its signal later. */
  abort(task: GivenTask, name: 'AbortError' | 'TimeoutError'): void {
    const why = name === 'AbortError' ? 'was cancelled by its master' : 'exceeded its time limit';
    controllerOf(task, this.#controllers).abort(new DOMException(`TASK-${task.number} ${why}`, name));
  }

  /** Continues without a run that does not stop; its outcome is ignored. */
  abandon(task: GivenTask): void {
    this.#sideBySide?.settle(task, TIMED_OUT);
    if (this.#awaited?.task === task) this.#awaited.resolve(TIMED_OUT);
  }

  close(): void {
    this.#closeScope();
    for (const controller of this.#controllers.values()) controller.abort();
    this.wake();
  }

  /** After the end nothing is awaited, but a program that keeps looping must still get signals. */
  async #pause(timeoutSeconds: number): Promise<void> {
    if (this.#core.end !== undefined) await new Promise((resolve) => setImmediate(resolve));
    else if (this.#core.waitingTasks === 0) await this.#news(timeoutSeconds * 1000);
  }

  #report(): SlaveLoopReport {
    const { end, isMasterGone, completed, waitingTasks, waitingResults, grouping } = this.#core;
    return {
      masterDisconnect: isMasterGone,
      explicitShutdown: end?.kind === 'shutdown',
      totalResultsCompleted: completed,
      numTasks: waitingTasks,
      numResults: waitingResults,
      resultGrouping: grouping === 0 ? 'auto' : grouping,
    };
  }

  /** Resolves on news; after `timeoutMs` at the latest, if given. */
  #news(timeoutMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      if (timeoutMs === undefined) {
        this.#wake = resolve;
        return;
      }
      const timer = setTimeout(() => this.wake(), Math.min(timeoutMs, LONGEST_TIMER_MS));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /**
   * Between two messages of results, the event loop, or at least the client's write, gets its turn, unless
   * results may be held back: they must have left before a task begins that may take long.
   */
  async #runAll(most: number): Promise<void> {
    if (this.#sideBySide !== undefined) {
      await this.#sideBySide.run(most);
      return;
    }
    this.#slice.begin();
    this.#delay.written();
    let now = this.#clock();
    for (let run = 0; run < most; run++) {
      const task = this.#core.begin(now);
      if (task === undefined) break;
      const began = this.#clock();
      const outcome = runTask(task, this.#scope, this.#controllers, this.#sharesOf);
      const settled = outcome instanceof Promise ? await this.#await(task, outcome) : outcome;
      if (settled === undefined) return;
      const ended = this.#clock();
      this.#scope.context = undefined;
      if (this.#controllers.size > 0) this.#controllers.delete(task);
      const posted = this.#core.complete(task, settled, (ended - began) * 1000, ended);
      this.#delay.note(task.definition, began, ended, posted);
      now = ended;
      if (this.#delay.allows(this.#core.nextTask?.definition, ended)) continue;
      await this.#yield(ended);
      now = this.#clock();
    }
    if (this.#core.waitingTasks === 0 || this.#core.isWaitingForShares) this.#core.sendResults(this.#clock());
    else this.#core.flush(this.#clock());
  }

  /** A waiting task is not a reason to stay when the master is gone; undefined then. */
  async #await(task: GivenTask, outcome: Promise<RunOutcome>): Promise<RunOutcome | undefined> {
    this.#core.sendResults(this.#clock());
    const settled = await new Promise<RunOutcome | undefined>((resolve) => {
      void outcome.then(resolve);
      this.#awaited = { task, resolve };
      this.#leaveIfOver();
    });
    this.#awaited = undefined;
    this.#delay.written();
    this.#slice.begin();
    return settled;
  }

  #leaveIfOver(): void {
    if (this.#core.isMasterGone) this.#awaited?.resolve(undefined);
  }

  async #yield(now: number): Promise<void> {
    this.#core.flush(now);
    this.#delay.written();
    if (this.#slice.isOver(now)) await this.#slice.next();
  }
}
