/**
 * A master in its process: the core, which decides about tasks, the link, which carries to and from it, and the
 * handle, by which the program asks it.
 */

import { hostname } from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import { type CellHolder, openHolder } from '../algorithms/cell-holder.js';
import type {
  BroadcastEntry,
  BroadcastSubmission,
  FutureHolder,
  ReservationRequest,
  SlaveReservation,
  Submitter,
} from '../algorithms/submitter.js';
import { registerSubmitter } from '../algorithms/submitter-context.js';
import type { AlgorithmDefinition, Future, ResolvedPolicy, TaskId } from '../algorithms/types.js';
import type { AuditSink } from '../audit/audit-trail.js';
import type { SlaveKind } from '../audit/events.js';
import type { AwaitedMachine } from '../audit/why/task-why.js';
import { UsageError } from '../errors.js';
import type { SingleRun } from './core/broadcasts.js';
import type { CoreCounters } from './core/core-counters.js';
import { MasterCore } from './core/master-core.js';
import type { Resubmitted } from './core/resubmissions.js';
import type { Failure } from './fates/failed-tasks.js';
import type { Leftovers } from './fates/leftovers.js';
import type { ThrownNews } from './fates/thrown.js';
import { MasterLink, type MasterLinkParams } from './master-link.js';
import type { RunWatch } from './model/run-watch.js';
import type { SlaveRecord } from './model/slave-record.js';
import { TaskFuture } from './model/task-future.js';
import { HandleMaker, sourceFailed } from './program/handle-maker.js';
import type { MachineCalls } from './program/machine-calls.js';
import { type MasterEnd, stoppedError } from './program/master-end.js';
import type { MasterHandle } from './program/master-handle.js';
import { Wakeups } from './program/wakeups.js';
import { type SlaveView, viewOf } from './slaves/slave-view.js';
import type { FoundTask, FoundTasks, TaskSearch } from './why/find-tasks.js';
import { type SlaveAtWork, slavesAtWork } from './why/slaves-at-work.js';

/** The time for slaves to acknowledge a shutdown. */
const SHUTDOWN_WITHIN_MS = 5_000;

export interface MasterParams extends MasterLinkParams {
  readonly argv: readonly string[];
  /** The program wants more slaves. */
  readonly onAllocated?: (() => void) | undefined;
  /** Where people look at it; undefined if they do not. */
  readonly dashboardUrl?: string | undefined;
}

/** The part of a farm that keeps the slaves that it has started. */
export interface SlaveKeeper extends MachineCalls {
  /** Whether a slave that says hello runs nothing of the program, until `endTrial`. */
  isOnTrial(host: string, pid: number): boolean;
  joined(slave: Pick<SlaveRecord, 'sid' | 'host' | 'pid'>): void;
  /** The machine of a slave process; undefined if it is none of these. */
  machineOf(host: string, pid: number): string | undefined;
  /** The machines on which slaves are started, for answers about a task that waits for one. */
  awaited(): readonly AwaitedMachine[];
}

/** The program's tasks as a farm counts them. */
export interface MasterLoad {
  /** Tasks that wait or run, and items that are known to come. */
  readonly tasks: number;
  /** Slaves that the program wants as ordered or intermingle ones, and those of actors. */
  readonly ordered: number;
  /** The unordered slaves that it has allocated. */
  readonly allocated: number;
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
  #keeper: SlaveKeeper | undefined;
  #stopped: Promise<void> | undefined;

  private constructor(params: MasterParams, link: MasterLink) {
    this.#link = link;
    this.#core = new MasterCore({
      ...params,
      ports: {
        ...link.ports(() => this.#wakeups.tell()),
        isOnTrial: (host, pid) => this.#keeper?.isOnTrial(host, pid) ?? false,
        joined: (slave) => this.#keeper?.joined(slave),
        machines: () => this.#keeper?.awaited() ?? [],
        machineOf: (host, pid) => this.#keeper?.machineOf(host, pid),
      },
    });
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
      onAllocated: () => params.onAllocated?.(),
      machines: () => {
        if (this.#keeper !== undefined) return this.#keeper;
        throw new UsageError(
          'this master does not know what its slaves run, so it has no machines; give master() the option program',
        );
      },
    });
    this.handle = program.createHandle(params.argv, params.dashboardUrl);
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
    holder?: FutureHolder,
  ): Future<unknown> {
    this.#core.refuseIfOver();
    const future = new TaskFuture(this.handle.cancel, holder);
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

  /** The work of at most `most` slaves, from a place in their order on, for observers. */
  slavesAtWork(from: number, most: number): readonly SlaveAtWork[] {
    const { roster, groups } = this.#core;
    return slavesAtWork(roster, (slave) => groups.isRetiring(slave), from, most, performance.now());
  }

  /** A port to the sentinel, at which an observer's thread asks for profiles. */
  openProfiles(): MessagePort {
    return this.#link.openProfiles();
  }

  /** From now on `why` knows the last tasks that ended, also when the program has their fates. */
  keepEnded(): void {
    this.#core.keepEnded();
  }

  /** Tasks without a fate, or the last ones that have one, for observers. */
  findTasks(search: TaskSearch): FoundTasks {
    return this.#core.findTasks(search);
  }

  /** Undefined if it has its fate, or there is none of that number. */
  findTask(number: number): FoundTask | undefined {
    return this.#core.findTask(number);
  }

  /** The counts of its core, for observers. */
  counters(): CoreCounters {
    return this.#core.counters();
  }

  /** The errors that tasks threw since the last call, of at most this number of kinds, for one observer. */
  takeThrown(most: number): readonly ThrownNews[] {
    return this.#core.takeThrown(most);
  }

  /** From now on people may submit failed tasks again. */
  keepFailed(): void {
    this.#core.keepFailed();
  }

  /**
   * Submits the tasks again that failed in one way, as far as they are kept, as `MasterHandle.resubmit` does: each is a
   * new task with the old policy, and its fate comes to the program as any other.
   */
  resubmitFailed(wanted: (failure: Failure) => boolean): Resubmitted {
    this.#core.refuseIfOver();
    const resubmitted = this.#core.resubmissions.resubmitFailed(wanted);
    this.#link.dispatchSoon();
    return resubmitted;
  }

  /** Tells an observer from now on when tasks are submitted and begin, by `performance.now()`. */
  watchRuns(watch: RunWatch): void {
    this.#core.watchRuns(watch);
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

  /** Evidence that a slave process has gone, such as its exit; by its process id on the machine of that name. */
  processGone(pid: number, evidence: string, host = hostname()): void {
    this.#core.processGone(pid, host, evidence);
  }

  // ---- the farm's side

  /** As `SlaveControl`. */
  endsForRun(pid: number, host: string): boolean {
    return this.#core.roster.findProcess(pid, host).some(({ mayEnd }) => mayEnd);
  }

  /** From now on this one hears of slaves, and answers the program's calls about machines. */
  keepSlaves(keeper: SlaveKeeper): void {
    this.#keeper = keeper;
  }

  load(): MasterLoad {
    const { pending, undrawn = 0 } = this.#core.counters();
    const wanted = (kind: SlaveKind): number => this.#core.groups.wanted(kind);
    return {
      tasks: pending + undrawn,
      ordered: wanted('ordered') + wanted('intermingle'),
      allocated: wanted('unordered'),
    };
  }

  /** The slaves that have a session, as a farm sees them. */
  seen(): { pid: number; host: string; isBusy: boolean; isDispensable: boolean }[] {
    const { roster, groups } = this.#core;
    return Array.from(roster, (slave) => ({
      pid: slave.pid,
      host: slave.host,
      isBusy: slave.machine.state === 'busy',
      isDispensable: groups.isDispensable(slave),
    }));
  }

  /** Tells the slave of that process to leave, if it has nothing to do; false otherwise. */
  retireIdle(pid: number, host: string): boolean {
    const slave = this.#core.findProcess(pid, host);
    return slave !== undefined && this.#core.retireIdle(slave);
  }

  /** Tells it to leave when it has run what it has begun; may be called again. */
  retire(pid: number, host: string): void {
    const slave = this.#core.findProcess(pid, host);
    if (slave === undefined || this.#core.slaves.isEnding) return;
    this.#core.groups.retire(slave);
    this.#link.dispatchSoon();
  }

  /** Its slave gets work as any other. */
  endTrial(pid: number, host: string): void {
    const slave = this.#core.findProcess(pid, host);
    if (slave === undefined) return;
    this.#core.endTrial(slave);
    this.#link.dispatchSoon();
  }

  /**
   * Runs a task on one slave, beside those of the program. Resolves with its packet; rejects with its error, or if it
   * cannot run. Settles never if the master ends before.
   */
  runOn(sid: string, run: Omit<SingleRun, 'listener' | 'place'>): Promise<unknown> {
    const slave = [...this.#core.roster].find((one) => one.sid === sid);
    if (slave === undefined) return Promise.reject(new UsageError(`${sid} is gone`));
    return new Promise((resolve, reject) => {
      const take = (entry: BroadcastEntry<unknown>): void => {
        if (entry.status === 'ok') resolve(entry.packet);
        else reject(entry.error);
      };
      this.#core.broadcasts.runOn(slave, { ...run, place: undefined, listener: { owe: () => {}, take } });
      this.#link.dispatchSoon();
    });
  }

  get slavesNeeded(): number {
    return this.#core.groups.slavesNeeded;
  }
}
