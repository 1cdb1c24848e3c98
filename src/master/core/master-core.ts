/**
 * The master's decisions, joined: submissions, frames, the sentinel's events and the passing of time go
 * in; frames, commands, audit events and fates come out through the ports. Synchronous and without a
 * clock, a socket or a random number, so that it runs in a simulation as it does in a process.
 */

import { setMaxListeners } from 'node:events';
import type { ReservationRequest } from '../../algorithms/submitter.js';
import type { AlgorithmDefinition, TaskId } from '../../algorithms/types.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import { StoppedError } from '../../errors.js';
import type { SentinelEvent } from '../../link/ports.js';
import { Checkpoint } from '../checkpoint/checkpoint.js';
import { Backups } from '../dispatch/backups.js';
import { Dispatcher } from '../dispatch/dispatcher.js';
import { Comebacks } from '../fates/comebacks.js';
import { FateBox, type Selection } from '../fates/fate-box.js';
import { Ledger } from '../fates/ledger.js';
import { gatherLeftovers, type Leftovers } from '../fates/leftovers.js';
import { RunNotes } from '../fates/run-notes.js';
import { Settlement } from '../fates/settlement.js';
import { Thrown, type ThrownNews } from '../fates/thrown.js';
import { AbortWatch } from '../jar/abort-watch.js';
import { TaskJar } from '../jar/task-jar.js';
import { TaskMaker } from '../jar/task-maker.js';
import type { MasterCoreOptions, MasterPorts } from '../model/master-ports.js';
import type { RunWatch } from '../model/run-watch.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { AlgorithmEntry, FutureSettler, Task } from '../model/task.js';
import type { TaskFate } from '../model/task-fate.js';
import { Shares } from '../shares/shares.js';
import { MissingSlaves } from '../slaves/missing-slaves.js';
import type { Roster } from '../slaves/roster.js';
import { Sessions } from '../slaves/sessions.js';
import { SlaveCommands } from '../slaves/slave-commands.js';
import { SlaveGroups } from '../slaves/slave-groups.js';
import { EndedTasks } from '../why/ended-tasks.js';
import {
  describeTask,
  type FoundTask,
  type FoundTasks,
  findTasks,
  type TaskSearch,
} from '../why/find-tasks.js';
import { SlaveAnswers } from '../why/slave-answers.js';
import { TaskAnswers } from '../why/task-answers.js';
import { Broadcasts } from './broadcasts.js';
import { Cancels } from './cancels.js';
import type { CoreCounters } from './core-counters.js';
import { Intake } from './intake.js';
import { MasterCells } from './master-cells.js';
import { type DrawnSource, ProgramDemand } from './program-demand.js';
import { Reservation, reservationOf } from './reservation.js';
import { Resubmissions } from './resubmissions.js';
import { SlaveInput } from './slave-input.js';

/** A master that has not ticked for so long was busy itself. */
const BLOCKED_MS = 500;
/** To look at all slaves costs time where there are thousands. */
const RECALL_EVERY_MS = 10;

export class MasterCore {
  readonly fates = new FateBox();
  /** The cells, which the program and slaves' tasks share. */
  readonly cells: MasterCells;
  readonly #audit: AuditSink;
  readonly #ports: MasterPorts;
  readonly #ledger: Ledger;
  readonly #thrown: Thrown;
  readonly #jar: TaskJar;
  readonly #maker: TaskMaker;
  readonly #shares: Shares;
  readonly #sessions: Sessions;
  readonly #settlement: Settlement;
  readonly #dispatcher: Dispatcher;
  readonly #backups: Backups;
  readonly #commands: SlaveCommands;
  /** The input of tasks. */
  readonly intake: Intake;
  readonly resubmissions: Resubmissions;
  /** The input of cancels and kills. */
  readonly cancels: Cancels;
  readonly broadcasts: Broadcasts;
  /** The input of slaves' messages. */
  readonly slaves: SlaveInput;
  readonly demand: ProgramDemand;
  /** The program's questions about tasks and slaves. */
  readonly whyTask: TaskAnswers;
  readonly whySlave: SlaveAnswers;
  readonly #aborts = new AbortWatch((tasks, reason) => this.intake.cancelBySignal(tasks, reason));
  readonly #checkpoint: Checkpoint | undefined;
  readonly #missingSlaves = new MissingSlaves();
  readonly #slaveHint: string | undefined;
  readonly groups: SlaveGroups;
  #over: Error | undefined;
  readonly #abort = new AbortController();
  #timesToldOver = 0;
  #recallAt = 0;
  #runWatch: RunWatch | undefined;
  #ended: EndedTasks | undefined;
  #tickedAt: number | undefined;

  constructor(options: MasterCoreOptions) {
    // Whatever a program waits for may listen to it
    setMaxListeners(0, this.#abort.signal);
    this.#audit = options.audit;
    this.#slaveHint = options.slaveHint;
    this.#ports = options.ports;
    this.cells = new MasterCells({
      definitions: options.cells ?? [],
      audit: this.#audit,
      publish: (at, slot, isOffered) => this.#ports.publishCell?.(at, slot, isOffered),
    });
    this.#sessions = new Sessions(options, () => this.cells.changed);
    this.#maker = new TaskMaker(
      options.algorithms,
      options.maxMessageBytes,
      (algorithm, bytes) => {
        const text =
          `tasks of ${algorithm} have had the same ${bytes} bytes among their arguments three times; ` +
          'share(value) sends them to each slave once';
        this.#audit.emit({ type: 'warning', text });
      },
      options.takeTrace,
    );
    this.#shares = new Shares({
      maxMessageBytes: options.maxMessageBytes,
      audit: this.#audit,
      wake: (slave) => this.#sessions.wake(slave),
      copies: this.#ports.copies,
    });
    const ledger = new Ledger(this.#audit);
    this.#ledger = ledger;
    this.#thrown = new Thrown(this.#audit);
    this.#jar = new TaskJar((task) => ledger.submit(task));
    const { fates } = this;
    const jar = this.#jar;
    this.demand = new ProgramDemand(jar, fates);
    this.#commands = new SlaveCommands(this.#ports, this.#audit);
    const comebacks = new Comebacks({ jar, audit: this.#audit, commands: this.#commands });
    const { store } = options;
    const deliver = (task: Task, fate: TaskFate): void => this.#settlement.handOver(task, fate);
    this.#checkpoint = store && new Checkpoint({ store, jar, deliver });
    this.#settlement = new Settlement({
      jar,
      fates,
      ledger,
      thrown: this.#thrown,
      checkpoint: this.#checkpoint,
      comebacks,
      shares: this.#shares.registry,
      audit: this.#audit,
      runNotes: options.auditRuns ? new RunNotes(this.#audit, jar) : undefined,
      resultGroup: options.resultGroup,
      run: options.run,
      onSuperfluous: (slave, { number }, index, killAfterMs) => {
        if (killAfterMs === undefined) this.#commands.cancel(slave, number, index);
        else this.#commands.kill(slave, number, index, killAfterMs);
      },
      aborts: this.#aborts,
      wallClock: this.#ports.wallClock ?? (() => 0),
      takeOffers: (slave, offers) => this.cells.takeOffers(slave, offers, 'with results'),
      onLeftLine: (task) => reservationOf(task)?.passOver(),
    });
    this.#dispatcher = new Dispatcher({
      jar,
      cells: this.cells,
      isHeld: (task) => this.demand.judgeTaskHeld(task),
      taskGroup: options.taskGroup,
      resultGroup: options.resultGroup,
      maxMessageBytes: options.maxMessageBytes,
      shares: this.#shares,
      busyMs: this.#ports.busyMs,
      machine: this.#ports.machine,
      onGiven: (slave, { tasks }) => {
        this.#sessions.wake(slave);
        this.#audit.emit({ type: 'tasks-sent', sid: slave.sid, count: tasks.length });
        if (slave.machine.state === 'idle') slave.machine.send('tasks-given');
      },
    });
    this.#backups = new Backups({
      isOn: options.backupTasks ?? false,
      jar,
      dispatcher: this.#dispatcher,
      audit: this.#audit,
      setAside: (task, hasBegun) => this.#settlement.setAside(task, hasBegun),
    });
    this.groups = new SlaveGroups({
      allocation: this.#sessions.allocation,
      roster: this.roster,
      clearMailbox: (slave, reason, message) =>
        this.#settlement.reclaimer.clearMailbox(slave, reason, message),
      audit: this.#audit,
      onDrafted: (slave) => this.#commands.recallAll(slave),
      onRetired: (slave) => {
        this.#dispatcher.removeFromLine(slave);
        this.#commands.shutdown(slave);
      },
      onMoved: (slave) => {
        this.#dispatcher.lineUp(slave);
        this.#ports.news();
      },
    });
    this.intake = new Intake({
      jar,
      maker: this.#maker,
      checkpoint: this.#checkpoint,
      roster: this.roster,
      dispatcher: this.#dispatcher,
      commands: this.#commands,
      settlement: this.#settlement,
      aborts: this.#aborts,
      shares: this.#shares.registry,
      onNews: () => this.#news(),
      onUnblocked: () => this.#ports.dispatchSoon?.(),
    });
    this.resubmissions = new Resubmissions({ intake: this.intake, roster: this.roster });
    this.cancels = new Cancels({
      jar,
      roster: this.roster,
      settlement: this.#settlement,
      onNews: () => this.#news(),
    });
    this.broadcasts = new Broadcasts({
      jar,
      maker: this.#maker,
      slaves: { [Symbol.iterator]: () => this.#settledSlaves() },
      commands: this.#commands,
      shares: this.#shares.registry,
      audit: this.#audit,
      giveUp: (task, reason, message) => this.#settlement.giveUp(task, reason, message),
      heed: (task, signal) => this.intake.heed(task, signal),
      onChanged: (slave) => {
        this.#dispatcher.lineUp(slave);
        this.#ports.dispatchSoon?.();
      },
    });
    this.slaves = new SlaveInput({
      sessions: this.#sessions,
      settlement: this.#settlement,
      comebacks,
      dispatcher: this.#dispatcher,
      commands: this.#commands,
      groups: this.groups,
      broadcasts: this.broadcasts,
      shares: this.#shares,
      audit: this.#audit,
      closePort: (slave) => this.#ports.closePort?.(slave),
      onJoined: (slave) => this.#ports.joined?.(slave),
      onNews: () => this.#news(),
    });
    const seen = {
      jar,
      fates,
      roster: this.roster,
      dispatcher: this.#dispatcher,
      checkpoint: this.#checkpoint,
      isRetiring: (slave: SlaveRecord) => this.groups.isRetiring(slave),
      isOnTrial: (slave: SlaveRecord) => this.groups.isOnTrial(slave),
      machines: () => this.#ports.machines?.() ?? [],
      machineOf: ({ host, pid }: SlaveRecord) => this.#ports.machineOf?.(host, pid),
      findHold: (task: Task) => this.demand.findHold(task),
      findEnd: () => this.#over,
      findEnded: (number: number) => this.#ended?.find(number),
      findBlock: (now: number) => this.#findBlock(now),
      wallClock: this.#ports.wallClock,
    };
    this.whyTask = new TaskAnswers(seen);
    this.whySlave = new SlaveAnswers(seen);
  }

  get roster(): Roster {
    return this.#sessions.roster;
  }

  /** Tasks queued and running, without the runs of broadcasts. */
  get pending(): number {
    return this.#jar.pending;
  }

  get queued(): number {
    return this.#jar.queued;
  }

  /** The counts that observers read beside the audit events. Costs nothing until it is called, then some time for each slave. */
  counters(): CoreCounters {
    const { queued, running, pending, oldest } = this.#jar;
    return {
      queued,
      running,
      pending,
      oldest,
      untaken: this.fates.numResults + this.fates.numUnrunnable,
      undrawn: this.demand.undrawn,
      ...this.roster.countBytes(),
    };
  }

  /** Tasks that fail from now on can be submitted again by `resubmissions`. */
  keepFailed(): void {
    this.#settlement.keepFailed(this.resubmissions.keepFailed());
  }

  /** The errors that tasks threw since the last call, of at most this number of kinds, for one observer. */
  takeThrown(most: number): ThrownNews[] {
    return this.#thrown.takeNews(most);
  }

  /** Tells an observer from now on when tasks are submitted and begin. */
  watchRuns(watch: RunWatch): void {
    this.#runWatch = watch;
    this.#settlement.watchRuns(watch);
  }

  /** From now on `whyTask` knows the last tasks that ended, also when the program has their fates. */
  keepEnded(): void {
    if (this.#ended !== undefined) return;
    this.#ended = new EndedTasks(this.#ports.wallClock ?? (() => 0));
    this.#settlement.watchEnds(this.#ended);
  }

  /** Tasks without a fate, or with the state `ended` the last ones that have one, as far as they are kept. */
  findTasks(search: TaskSearch): FoundTasks {
    if (search.state === 'ended') return this.#ended?.search(search.text) ?? { tasks: [], more: 0 };
    return findTasks(this.#jar.allLive(), this.#jar.pending, search);
  }

  findTask(number: number): FoundTask | undefined {
    const task = this.#jar.find(number);
    return task && describeTask(task);
  }

  /** This master's entry of an algorithm. Throws UsageError if the algorithm was defined too late. */
  entryOf(definition: AlgorithmDefinition): AlgorithmEntry {
    return this.#maker.entryOf(definition);
  }

  // ---- the program's side

  /** Reserves a slave for the program; tasks get to it by the policies of `policyOfReserved`. `cancel` is for futures. */
  reserve(request: ReservationRequest, cancel: (taskId: TaskId) => boolean): Reservation {
    return new Reservation(request, {
      cancel,
      jar: this.#jar,
      maker: this.#maker,
      groups: this.groups,
      accept: (task) => this.intake.accept(task),
      address: (task, slave) => this.intake.address(task, slave),
      giveUp: (task, reason, message, cause) => {
        this.#settlement.giveUp(task, reason, message, cause === undefined ? {} : { cause });
        this.#news();
      },
      refuseIfOver: () => this.refuseIfOver(),
      isOver: () => this.isOver,
      onChanged: () => this.#ports.dispatchSoon?.(),
    });
  }

  /** Cancels a task wherever it is, or kills it if it runs; false if it already has its fate. */
  cancel(number: number, now: number, kills = false): boolean {
    const cancelled = this.cancels.cancel(number, kills);
    if (cancelled) this.flush(now);
    return cancelled;
  }

  /** The source has ended or failed. A source that the master's end cuts off never does. */
  endDrawing(source: DrawnSource, failure?: { readonly error: unknown }): void {
    this.demand.endDrawing(source);
    if (failure !== undefined) this.fates.fail(failure.error);
    this.#news();
  }

  /** Gives out as many tasks as possible; never holds up a program that waits on its master. */
  dispatch(now: number): void {
    if (this.slaves.isEnding) {
      this.flush(now);
      return;
    }
    this.#runWatch?.submitted(this.#jar.numbersGiven, now);
    this.intake.queueUnblocked();
    if (this.#checkpoint?.release((task) => this.demand.judgeTaskHeld(task))) this.#news();
    for (const { addressee } of this.#jar.wake(now)) {
      if (addressee !== undefined) this.#dispatcher.lineUp(addressee);
    }
    if (!this.#checkpoint?.isFull) {
      this.#jar.release((algorithm) => this.demand.judgeHeld(algorithm));
      this.#dispatcher.dispatch(this.roster.slots, now);
    }
    this.#recall(now);
    this.#checkpoint?.commit();
    this.flush(now);
    this.#askTurn();
    const { dueAt } = this.#jar;
    if (dueAt !== undefined) this.#ports.dispatchAt?.(dueAt);
  }

  /** Another slave idles: tasks that have not begun are better there. */
  #recall(now: number): void {
    if (this.#jar.hasReady || this.#jar.running === 0 || !this.#sessions.mayHaveFreeSlots) return;
    if (now < this.#recallAt) return;
    this.#recallAt = now + RECALL_EVERY_MS;
    const giver = this.#dispatcher.chooseRecall(this.roster, now);
    if (giver !== undefined) this.#commands.recallHalf(giver);
  }

  // ---- what the checkpoint holds back

  /** The next fate of a selection to come; undefined when none will. Rejects when `signal` aborts. */
  waitForFate(selection: Selection, signal?: AbortSignal): Promise<TaskFate | undefined> {
    const fate = this.fates.wait(selection, signal);
    this.#askTurn();
    return fate;
  }

  #askTurn(): void {
    if (this.#checkpoint?.awaitsTurn) this.#ports.askTurn?.();
  }

  /** The event loop has turned since the core asked for it. */
  takeTurn(now: number): void {
    if (
      this.slaves.isEnding ||
      !this.demand.isWaiting ||
      !this.#checkpoint?.handOverWaiting((task) => this.demand.judgeTaskHeld(task))
    ) {
      return;
    }
    this.#news();
    this.dispatch(now);
  }

  /** The oldest `count` of the results to be stored are committed. */
  takeCommitted(count: number, now: number): void {
    if (this.slaves.isEnding) return;
    this.#checkpoint?.takeCommitted(count);
    this.#news();
    this.dispatch(now);
  }

  /**
   * No more fates will come, because the master stops or no result can be stored. Everything that waits for
   * the master, or asks it for something, gets this error. Tasks without a fate stay pending, so that they
   * are not taken for done. Only the first error counts.
   */
  end(error: Error): void {
    if (this.#over !== undefined) return;
    this.#over = error;
    this.slaves.end();
    // Before the program hears of it, since its policies may use the same signal
    this.#aborts.close();
    this.broadcasts.end();
    this.#ledger.flush();
    this.#abort.abort(error);
    for (const task of this.#openFutures()) {
      const { future, group } = task as Task & { readonly future: FutureSettler };
      // A promise that nobody awaits must not end a process that was told to stop
      if (error instanceof StoppedError) future.promise.catch(() => {});
      future.reject(error);
      if (group !== undefined) this.#commands.cancel(group.slave, task.number, task.index);
    }
    this.fates.settleIdle(() => true);
    this.#ports.news();
  }

  /** Aborts with the error of `end`, before waiting code gets it. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isOver(): boolean {
    return this.#over !== undefined;
  }

  /** How often a wait of the program ended because the master is over. */
  countToldOver(): number {
    return this.#timesToldOver++;
  }

  /** Throws the error with which the master ended. */
  refuseIfOver(): void {
    if (this.#over !== undefined) throw this.#over;
  }

  /** The tasks that the program did not wait for, and the fates that it did not take. */
  leftovers(): Leftovers {
    const { unfinished } = this.broadcasts;
    const sources = this.demand.openSources + this.fates.numFailures;
    return gatherLeftovers(this.#jar, this.fates, this.#maker.entries, sources, unfinished);
  }

  #openFutures(): Task[] {
    return [...this.#jar.allLive(), ...(this.#checkpoint?.waiting() ?? [])].filter(({ future }) => future);
  }

  // ---- the data plane

  /** Sends the waiting messages of sessions, as far as the link takes them. */
  flush(now: number): void {
    this.#sessions.flush(now);
    while (this.#shares.isShipping && this.#shares.post(this.#sessions.isBrokerBusy))
      this.#sessions.flush(now);
  }

  /** After a reconnection of the link. */
  reconnected(now: number): void {
    this.#sessions.reconnected();
    this.flush(now);
  }

  /** Call it about every 100 ms. */
  tick(now: number): void {
    this.#tickedAt = now;
    this.#sessions.tick(now);
    this.slaves.tick(now);
    this.demand.tick();
    this.#shares.tick();
    this.#dispatcher.tick();
    // Room may come without a message of the slave, when data that waited for the link has left.
    const hasUnordered = this.#jar.hasReady || this.#jar.hasSuspects;
    for (const slave of this.roster) if (hasUnordered || slave.hasMail) this.#dispatcher.lineUp(slave);
    this.dispatch(now);
    this.#backups.tick(this.roster, now);
    this.flush(now);
    const waitedSeconds = this.#missingSlaves.tick(now, this.#jar.queued, this.roster.size);
    if (waitedSeconds !== undefined) {
      const queued = this.#jar.queued;
      this.#audit.emit({ type: 'slaves-missing', queued, waitedSeconds, hint: this.#slaveHint });
    }
    this.#ledger.tick(now, this.#jar.pending);
  }

  #findBlock(now: number): number | undefined {
    const blockedMs = this.#tickedAt === undefined ? 0 : now - this.#tickedAt;
    return blockedMs > BLOCKED_MS ? blockedMs : undefined;
  }

  // ---- the control plane

  takeSentinelEvent(event: SentinelEvent, now: number): void {
    if (event.type === 'offers') this.#takeOffers(event);
    else if (this.slaves.takeSentinelEvent(event, now)) this.dispatch(now);
  }

  #takeOffers({ nonce, id, offers }: SentinelEvent & { readonly type: 'offers' }): void {
    const slave = this.roster.findByNonce(nonce);
    if (slave === undefined) return;
    this.cells.takeOffers(slave, offers, 'by sentinel');
    this.#ports.offersTaken?.(slave, id);
  }

  /** The process that has ended was a slave of this machine, unless the slave lied. */
  processGone(pid: number, host: string, evidence: string): void {
    for (const slave of this.roster.findProcess(pid, host)) this.#ports.condemn(slave, evidence);
  }

  // ---- the farm's side

  /** Those that are not on trial. */
  *#settledSlaves(): IterableIterator<SlaveRecord> {
    for (const slave of this.roster) if (!this.groups.isOnTrial(slave)) yield slave;
  }

  /** A slave on trial gets work as any other; nothing happens if it is not on trial. */
  endTrial(slave: SlaveRecord): void {
    if (this.slaves.isEnding || !this.groups.isOnTrial(slave)) return;
    this.groups.endTrial(slave);
    this.broadcasts.onJoined(slave);
  }

  /** The slave of a process on the machine of that name; the last one, if several claim to be it. */
  findProcess(pid: number, host: string): SlaveRecord | undefined {
    return this.roster.findProcess(pid, host).at(-1);
  }

  /** Tells a slave to leave that has nothing to do; false if it is wanted. */
  retireIdle(slave: SlaveRecord): boolean {
    if (this.slaves.isEnding || !this.groups.isDispensable(slave)) return false;
    this.groups.retire(slave);
    return true;
  }

  // ---- the end

  /** Call it after the shutdown was acknowledged, or after the wait for that. */
  disconnectAll(): void {
    this.slaves.disconnectAll();
    this.#thrown.end();
  }

  #news(): void {
    this.fates.settleIdle((selection) => this.demand.isIdle(selection));
    this.#ports.news();
  }
}
