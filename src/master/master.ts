/**
 * A master in its process: the core, which decides about tasks, the link, which carries to and from it, and the
 * handle, by which the program asks it.
 */

import { hostname } from 'node:os';
import { type CellHolder, openHolder } from '../algorithms/cell-holder.js';
import type {
  BroadcastSubmission,
  ReservationRequest,
  SlaveReservation,
  Submitter,
} from '../algorithms/submitter.js';
import { registerSubmitter } from '../algorithms/submitter-context.js';
import type { AlgorithmDefinition, Future, ResolvedPolicy, TaskId } from '../algorithms/types.js';
import type { AuditSink } from '../audit/audit-trail.js';
import type { CoreCounters } from './core/core-counters.js';
import { MasterCore } from './core/master-core.js';
import type { Leftovers } from './fates/leftovers.js';
import { MasterLink, type MasterLinkParams } from './master-link.js';
import { TaskFuture } from './model/task-future.js';
import { HandleMaker, sourceFailed } from './program/handle-maker.js';
import { type MasterEnd, stoppedError } from './program/master-end.js';
import type { MasterHandle } from './program/master-handle.js';
import { Wakeups } from './program/wakeups.js';
import { type SlaveView, viewOf } from './slaves/slave-view.js';

/** The time for slaves to acknowledge a shutdown. */
const SHUTDOWN_WITHIN_MS = 5_000;

export interface MasterParams extends MasterLinkParams {
  readonly argv: readonly string[];
}

export class Master implements Submitter {
  readonly handle: MasterHandle;
  readonly cells: CellHolder | undefined;
  /** Process ids, each on its slave's machine, of slaves that have acknowledged the shutdown. */
  readonly leavingPids = new Set<number>();
  readonly #link: MasterLink;
  readonly #core: MasterCore;
  readonly #audit: AuditSink;
  readonly #unregister: (end?: Error) => void;
  readonly #closeCells: () => void;
  readonly #wakeups = new Wakeups();
  readonly #keepsResults: boolean;
  #leftovers: Leftovers | undefined;
  #stopped: Promise<void> | undefined;

  private constructor(params: MasterParams, link: MasterLink) {
    this.#link = link;
    this.#core = new MasterCore({ ...params, ports: link.ports(() => this.#wakeups.tell()) });
    this.#audit = params.audit;
    this.#keepsResults = params.store !== undefined;
    this.#unregister = registerSubmitter(this);
    this.cells = params.cells?.length ? this.#core.cells : undefined;
    this.#closeCells = this.cells === undefined ? () => {} : openHolder(this.cells);
    const program = new HandleMaker({
      core: this.#core,
      wakeups: this.#wakeups,
      dispatchSoon: () => link.dispatchSoon(),
      audit: params.audit,
    });
    this.handle = program.createHandle(params.argv);
  }

  /** Connects, makes sure that no other master of the member id is alive, and begins to accept slaves. */
  static async open(params: MasterParams): Promise<Master> {
    const link = await MasterLink.open(params);
    const master = new Master(params, link);
    try {
      await link.start(master.#core);
      return master;
    } catch (error) {
      master.#unregister();
      master.#closeCells();
      await link.close();
      throw error;
    }
  }

  // ---- the stubs' side

  submit(
    definition: AlgorithmDefinition,
    args: readonly unknown[],
    policy: ResolvedPolicy,
    place?: string,
  ): TaskId {
    this.#core.refuseIfOver();
    const taskId = this.#core.intake.submit(definition, args, policy, undefined, place);
    this.#link.dispatchSoon();
    return taskId;
  }

  future(
    definition: AlgorithmDefinition,
    args: readonly unknown[],
    policy: ResolvedPolicy,
    place?: string,
    onSettled?: (promise: Promise<unknown>) => void,
  ): Future<unknown> {
    this.#core.refuseIfOver();
    const future = new TaskFuture(this.handle.cancel);
    if (onSettled !== undefined) future.onSettled(onSettled);
    const taskId = this.#core.intake.submit(definition, args, policy, future, place);
    this.#link.dispatchSoon();
    return future.of(taskId);
  }

  broadcast(submission: BroadcastSubmission): () => void {
    this.#core.refuseIfOver();
    const stop = this.#core.broadcasts.submit(submission);
    this.#link.dispatchSoon();
    return stop;
  }

  reserveSlave(request: ReservationRequest): SlaveReservation {
    this.#core.refuseIfOver();
    return this.#core.reserve(request, this.handle.cancel);
  }

  /** Broadcasts that slaves still owe which were there at the call. */
  get unfinishedBroadcasts(): number {
    return this.#core.broadcasts.unfinished;
  }

  targetNumber(definition: AlgorithmDefinition): number {
    return this.#core.entryOf(definition).targetNumber;
  }

  setTargetNumber(definition: AlgorithmDefinition, target: number): void {
    this.#core.entryOf(definition).targetNumber = Math.max(0, target);
  }

  pendingTasks(definition: AlgorithmDefinition): number {
    return this.#core.entryOf(definition).pending;
  }

  get workers(): number {
    return this.#core.roster.slots;
  }

  get signal(): AbortSignal {
    return this.#core.signal;
  }

  get keepsResults(): boolean {
    return this.#keepsResults;
  }

  /** The slaves that have a session now, in the order in which they joined. */
  get slaves(): readonly SlaveView[] {
    return Array.from(this.#core.roster, viewOf);
  }

  /** What its core counts, for observers. */
  counters(): CoreCounters {
    return this.#core.counters();
  }

  // ---- the end

  /**
   * Ends the program's side at once: everything that waits for the master, and every later submission, throws
   * a StoppedError. Returns the tasks and fates that were left at the first call. Call `stop` next.
   */
  halt(end: MasterEnd): Leftovers {
    if (this.#leftovers !== undefined) return this.#leftovers;
    this.#leftovers = this.#core.leftovers();
    const error = stoppedError(end, this.#leftovers);
    this.#unregister(error);
    this.#core.end(error);
    const { fates } = this.#core;
    for (let failure = fates.takeFailure(); failure; failure = fates.takeFailure()) {
      this.#audit.emit({ type: 'error', text: sourceFailed(failure.error) });
    }
    return this.#leftovers;
  }

  /**
   * Tells the slaves to stop and waits for their acknowledgements, at most five seconds. May be called twice.
   */
  stop(end: MasterEnd): Promise<void> {
    this.#stopped ??= this.#stop(end);
    return this.#stopped;
  }

  async #stop(end: MasterEnd): Promise<void> {
    this.halt(end);
    this.#core.slaves.beginShutdown();
    const deadline = performance.now() + SHUTDOWN_WITHIN_MS;
    while (this.#core.slaves.slavesToAwait > 0 && performance.now() < deadline) {
      await this.#wakeups.wait(deadline - performance.now());
    }
    for (const slave of this.#core.roster) {
      if (slave.commands.shutdownAcknowledged) {
        this.leavingPids.add(slave.pid);
        continue;
      }
      const waitedSeconds = SHUTDOWN_WITHIN_MS / 1000;
      this.#audit.emit({ type: 'shutdown-unanswered', sid: slave.sid, waitedSeconds });
    }
    this.#core.disconnectAll();
    this.#closeCells();
    await this.#link.close();
  }

  /** Evidence that a slave process has gone, such as its exit; by its process id on this machine. */
  processGone(pid: number, evidence: string): void {
    this.#core.processGone(pid, hostname(), evidence);
  }

  get slavesNeeded(): number {
    return this.#core.groups.slavesNeeded;
  }
}
