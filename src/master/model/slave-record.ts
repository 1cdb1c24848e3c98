/** A master's record of one slave for one session: its address, its state, the tasks given to it. */

import type { SlaveId } from '../../algorithms/types.js';
import type { SlaveKind } from '../../audit/events.js';
import { FormatError } from '../../errors.js';
import type { Farewell } from '../../wire/messages/messages.js';
import type { SessionAddress } from '../../wire/messages/subjects.js';
import type { CreditMember } from '../../wire/session/credit.js';
import type { Session } from '../../wire/session/session.js';
import { GivenGroups } from './given-groups.js';
import { Mailbox } from './mailbox.js';
import { type CancelledRun, PendingCommands } from './pending-commands.js';
import type { SlaveMachine } from './slave-machine.js';
import type { Task } from './task.js';
import type { TaskGroup } from './task-group.js';

/** An earlier session of a slave, and the number of tasks that it got in it. */
export interface EarlierSession {
  readonly number: number;
  readonly given: number;
  /** Runs that were being killed when it ended. */
  readonly killed?: readonly CancelledRun[] | undefined;
}

/** Groups that a slave may have outstanding before the first measurement: one runs while the next travels. */
export const FIRST_WINDOW = 2;
/** The number of sessions remembered per slave: results wait for the next session, not for the hundredth. */
const MOST_EARLIER = 100;
const NONE_EARLIER: readonly EarlierSession[] = [];
const NONE_LINGER: readonly CancelledRun[] = [];
const NONE_GOING_ON: readonly Task[] = [];

/** The report of a slave's sentinel, for observers. */
export interface SlaveBeat {
  /** When main read it. */
  readonly at: number;
  /** The session index of the task that runs longest; -1 if there is none. */
  readonly running: number | undefined;
  readonly runningMs: number | undefined;
  readonly memoryBytes: number | undefined;
  /** Of one core. */
  readonly processorPercent: number | undefined;
}

/**
 * A slave in one session: the only owner of its master's notes about it. Its machine says whether it is
 * connecting, idle, busy, shutting down or disconnected. It may also be, at the same time:
 *
 * - *in line*: the dispatcher may give it tasks. From `enterLine`, when it may have room, to `leaveLine`,
 *   when a dispatch finds none, or it takes no more.
 * - *filling*: groups are given to it until its window is full (`judgeFilling`); again when half of it is
 *   free.
 * - *alone*: it runs a suspect task, and nothing else. From `runAlone` to the release of that task.
 * - *suspected*: its sentinel is not heard. From `beSuspected` to `beCleared`, or to its loss; gets no new
 *   work.
 * - *doomed*: a task did not stop in time, and its sentinel ends it (`noteOverdue`). It does not recover.
 * - *lingering runs*: cancelled runs that go on there; each takes a place from `noteLingering` to
 *   `endLingering`. While one of them is *killed*, the process may end with it: it gets no new work.
 * - *recalling*: asked for tasks that it has not begun, until it answers (see `commands`).
 * - *drafted*: moves to another group of slaves once it runs nothing, from `draftFor` to `moveToDrafted`.
 * - *leaving*: has said goodbye (`sayFarewell`), and is gone once its last frame is here, or after some
 *   ticks.
 * - *to be flushed*, *to be ticked*: its session has something to send now, or later; set by Sessions alone.
 */
export class SlaveRecord {
  #kind: SlaveKind;
  #draftedFor: SlaveKind | undefined = undefined;
  #mailbox: Mailbox | undefined;
  readonly groups = new GivenGroups();
  #outstanding = 0;
  #orderedOutstanding = 0;
  #nextIndex = 0;
  #cellsSetAt = 0;
  #window = FIRST_WINDOW;
  #isFilling = true;
  #lastGroup = 1;
  #isInLine = false;
  #isAlone = false;
  #suspicion: string | undefined = undefined;
  #overdue: number | undefined = undefined;
  #lingering: readonly CancelledRun[] = NONE_LINGER;
  #killed: CancelledRun | undefined = undefined;
  #needsFlush = false;
  #needsTick = false;
  #resultsSent = 0;
  #computedCount = 0;
  #computedMicros = 0;
  #computedFailed = 0;
  #resultsAt = 0;
  #isWarm = false;
  readonly sid: SlaveId;
  /** Commands to it that are under way. */
  readonly commands = new PendingCommands();

  // The following fields are used rarely: they are kept apart from those that every task touches.

  #begun = 0;
  #firstRunning = 0;
  #goingOn: readonly Task[] = NONE_GOING_ON;
  /** The runs that it still had when it came back, the first of this session's tasks. */
  #broughtRuns = 0;
  /** Results that it sent for tasks of earlier sessions. */
  #earlierResultsSent = 0;
  #beat: SlaveBeat | undefined = undefined;
  #farewell: Farewell | undefined = undefined;
  #ticksToLeave = 0;

  constructor(
    readonly number: number,
    readonly address: SessionAddress,
    readonly host: string,
    readonly pid: number,
    readonly session: Session,
    readonly machine: SlaveMachine,
    readonly credit: CreditMember,
    kind: SlaveKind = 'unordered',
    /** The number of unordered tasks that it runs at once. */
    readonly concurrency = 1,
    /** Its proved earlier sessions; it may still send the results of their tasks. */
    readonly earlier: readonly EarlierSession[] = NONE_EARLIER,
  ) {
    this.#kind = kind;
    this.sid = `SLAVE-${number}`;
  }

  get kind(): SlaveKind {
    return this.#kind;
  }

  /** The group to which it moves once it runs nothing. */
  get draftedFor(): SlaveKind | undefined {
    return this.#draftedFor;
  }

  draftFor(kind: SlaveKind): void {
    this.#draftedFor = kind;
  }

  moveToDrafted(): void {
    this.#kind = this.#draftedFor ?? this.#kind;
    this.#draftedFor = undefined;
  }

  /** The earlier session that this one will be when the slave joins again. */
  get history(): readonly EarlierSession[] {
    const killed = this.#killed && this.#lingering.filter(({ killAfterMs }) => killAfterMs !== undefined);
    return [
      ...this.earlier.slice(1 - MOST_EARLIER),
      { number: this.number, given: this.numGiven, ...(killed && { killed }) },
    ];
  }

  /** Tasks that it was given in this session. */
  get numGiven(): number {
    return this.#nextIndex - this.#broughtRuns;
  }

  /** The session begins with the runs that the slave continues. */
  bring(runs: number): void {
    this.#broughtRuns = runs;
    this.#nextIndex = runs;
  }

  /** Of the program's settings of cells, the last one that goes before its next tasks; 0 for none. */
  get cellsSetAt(): number {
    return this.#cellsSetAt;
  }

  cellsAreSet(version: number): void {
    this.#cellsSetAt = version;
  }

  /** Index that the next task of this session will have. */
  get nextIndex(): number {
    return this.#nextIndex;
  }

  /** The place of one more task in the session. */
  takeIndex(): number {
    return this.#nextIndex++;
  }

  /**
   * Counts results that it assigns to its session `sid`; false if that was never its own. Throws FormatError
   * when there are more than it was given tasks: each may cost a line of the audit trail.
   */
  countResults(sid: number, count: number): boolean {
    if (sid === this.number) {
      this.#resultsSent += count;
      checkCount(this.#resultsSent, this.numGiven);
      return true;
    }
    if (!this.earlier.some(({ number }) => number === sid)) return false;
    this.#earlierResultsSent += count;
    const given = this.earlier.reduce((sum, session) => sum + session.given, 0);
    checkCount(this.#earlierResultsSent, given);
    return true;
  }

  /** Its ordered tasks, and broadcasts that it owes. */
  get mailbox(): Mailbox {
    this.#mailbox ??= new Mailbox();
    return this.#mailbox;
  }

  /** Whether there are any. Asked for each task, so it skips the lookup that most slaves never need. */
  get hasMail(): boolean {
    return this.#mailbox !== undefined && this.#mailbox.length > 0;
  }

  get nonce(): string {
    return this.address.nonce;
  }

  /** The number of its tasks that can run now. */
  get slots(): number {
    return this.concurrency - this.#lingering.length;
  }

  /** Tasks given out without a result. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** The ordered ones among them. */
  get orderedOutstanding(): number {
    return this.#orderedOutstanding;
  }

  /** Outstanding tasks that have not begun, as far as the master knows. */
  get unstarted(): number {
    return this.#outstanding - this.slots;
  }

  /** Its running tasks are cancelled, or are earlier runs only: a new task might wait for them. */
  get lingering(): readonly CancelledRun[] {
    return this.#lingering;
  }

  noteLingering(run: CancelledRun): void {
    this.#lingering = [...this.#lingering, run];
    this.#noteKilled();
  }

  /** Some cancelled runs are known to have ended: these. */
  endLingering(hasEnded: (run: CancelledRun) => boolean): readonly CancelledRun[] {
    if (this.#lingering.length === 0) return NONE_LINGER;
    const ended = this.#lingering.filter(hasEnded);
    if (ended.length === 0) return ended;
    this.#lingering = this.#lingering.filter((run) => !ended.includes(run));
    this.#noteKilled();
    return ended;
  }

  #noteKilled(): void {
    this.#killed = this.#lingering.find(({ killAfterMs }) => killAfterMs !== undefined);
  }

  /**
   * The killed run that is the reason, or the likely one, if the slave is lost now: its other tasks are not to blame.
   * A slave that leaves by itself has another reason.
   */
  get killed(): CancelledRun | undefined {
    if (this.#killed === undefined || this.#farewell !== undefined) return undefined;
    const isOverdue = ({ index, killAfterMs }: CancelledRun): boolean =>
      index === this.#overdue && killAfterMs !== undefined;
    return this.#lingering.find(isOverdue) ?? this.#killed;
  }

  /** Its process is ended for one of its runs, or may be: it gets no new task. */
  get mayEnd(): boolean {
    return this.#overdue !== undefined || this.#killed !== undefined;
  }

  /** Groups that it may have outstanding. */
  get window(): number {
    return this.#window;
  }

  setWindow(groups: number): void {
    this.#window = groups;
  }

  /**
   * Decides whether it gets more groups: a window is filled completely, and filled again when half of it is
   * free. So groups leave together; a group that leaves alone wakes the broker and the slave. Where tasks run
   * side by side, each place has its own window, until the slave's window is wider than all of them.
   */
  judgeFilling(): boolean {
    this.#isFilling = this.isFilling;
    return this.#isFilling;
  }

  /** The same, without a note. */
  get isFilling(): boolean {
    const window = Math.max(this.#window, FIRST_WINDOW * this.concurrency);
    if (this.groups.open >= window) return false;
    return this.groups.open <= window / 2 || this.#isFilling;
  }

  stopFilling(): void {
    this.#isFilling = false;
  }

  /** The number of tasks of its last group. */
  get lastGroup(): number {
    return this.#lastGroup;
  }

  /** It is in the dispatcher's line of slaves with room. */
  get isInLine(): boolean {
    return this.#isInLine;
  }

  enterLine(): void {
    this.#isInLine = true;
  }

  leaveLine(): void {
    this.#isInLine = false;
  }

  /** It runs a suspect, and nothing else. */
  get isAlone(): boolean {
    return this.#isAlone;
  }

  runAlone(): void {
    this.#isAlone = true;
  }

  /** It gets no new tasks until it is heard again. */
  get isSuspected(): boolean {
    return this.#suspicion !== undefined;
  }

  /** The evidence for that. */
  get suspicion(): string | undefined {
    return this.#suspicion;
  }

  beSuspected(evidence: string): void {
    this.#suspicion = evidence;
  }

  beCleared(): void {
    this.#suspicion = undefined;
  }

  /** Index of a task that did not stop, for which its sentinel ends it: its other tasks are not to blame. */
  get overdue(): number | undefined {
    return this.#overdue;
  }

  noteOverdue(index: number): void {
    this.#overdue = index;
  }

  /** Its sentinel ends it. */
  get isDoomed(): boolean {
    return this.#overdue !== undefined;
  }

  /** Its session has something to send. */
  get needsFlush(): boolean {
    return this.#needsFlush;
  }

  setNeedsFlush(needs: boolean): void {
    this.#needsFlush = needs;
  }

  /** Its session needs a later tick. */
  get needsTick(): boolean {
    return this.#needsTick;
  }

  setNeedsTick(needs: boolean): void {
    this.#needsTick = needs;
  }

  /** Its newest beat that main has read; undefined before the first. */
  get beat(): SlaveBeat | undefined {
    return this.#beat;
  }

  noteBeat(beat: SlaveBeat): void {
    this.#beat = beat;
  }

  /** Results of it came; true if they are the first since the ledger was told. */
  noteComputed(count: number, micros: number, failed = 0): boolean {
    const isFirst = this.#computedCount === 0;
    this.#computedCount += count;
    this.#computedMicros += micros;
    this.#computedFailed += failed;
    return isFirst;
  }

  /** Its computing since the last call. */
  takeComputed(): { readonly count: number; readonly micros: number; readonly failed?: number } {
    const failed = this.#computedFailed;
    const computed = {
      count: this.#computedCount,
      micros: this.#computedMicros,
      ...(failed > 0 && { failed }),
    };
    this.#computedCount = 0;
    this.#computedMicros = 0;
    this.#computedFailed = 0;
    return computed;
  }

  /** The time when its last results came; 0 before the first. */
  get resultsAt(): number {
    return this.#resultsAt;
  }

  /** Whether its last results were packets of short runs, so that it can begin the next task at once. */
  get isWarm(): boolean {
    return this.#isWarm;
  }

  noteResults(now: number, isWarm: boolean): void {
    this.#resultsAt = now;
    this.#isWarm = isWarm;
  }

  /** No task of the session from this index on has begun, as far as its sentinel has reported. */
  get begun(): number {
    return this.#begun;
  }

  noteBegun(begun: number): void {
    this.#begun = Math.max(this.#begun, begun);
  }

  /** The tasks before this one have ended there, as its sentinel last reported. */
  get firstRunning(): number {
    return this.#firstRunning;
  }

  noteFirstRunning(index: number): void {
    this.#firstRunning = Math.max(this.#firstRunning, index);
  }

  /** Tasks of which it continues an earlier run, while another slave has the current one. */
  get goingOn(): readonly Task[] {
    return this.#goingOn;
  }

  goOnWith(task: Task): void {
    this.#goingOn = [...this.#goingOn, task];
  }

  endGoingOn(task: Task): void {
    this.#goingOn = this.#goingOn.filter((other) => other !== task);
  }

  endAllGoingOn(): void {
    this.#goingOn = NONE_GOING_ON;
  }

  /** Its goodbye. */
  get farewell(): Farewell | undefined {
    return this.#farewell;
  }

  sayFarewell(farewell: Farewell | undefined, ticks: number): void {
    this.#farewell = farewell;
    this.#ticksToLeave = ticks;
  }

  /** Counts one tick of the wait for its last frame; true if none is left. */
  tickFarewell(): boolean {
    return --this.#ticksToLeave <= 0;
  }

  /** A group goes out to it; `ordered` of its tasks are ordered. */
  give(group: TaskGroup, ordered: number): void {
    this.groups.add(group);
    this.#outstanding += group.tasks.length;
    this.#orderedOutstanding += ordered;
    this.#lastGroup = Math.max(1, group.tasks.length);
  }

  /** One task that it continues, begun before all tasks given since. */
  giveBack(group: TaskGroup, isOrdered: boolean): void {
    this.groups.addFirst(group);
    this.#outstanding++;
    if (isOrdered) this.#orderedOutstanding++;
  }

  /** A task of this group no longer runs here. */
  release(group: TaskGroup, isOrdered: boolean): void {
    group.open--;
    this.#outstanding--;
    if (isOrdered) this.#orderedOutstanding--;
    if (this.#outstanding === 0) this.#isAlone = false;
    if (group.open === 0) this.groups.close();
  }

  /** It is given nothing any more. */
  releaseAll(): void {
    this.groups.clear();
    this.#outstanding = 0;
    this.#orderedOutstanding = 0;
  }

  /** Tasks given out without a result, in the order in which it runs them. */
  openTasks(): Task[] {
    return this.groups.openTasks();
  }

  /** Whether ordered tasks may be addressed to it. */
  get takesOrdered(): boolean {
    return this.#kind !== 'unordered' && this.#draftedFor === undefined && this.isWorking;
  }

  /** Whether it runs tasks that any slave may run. */
  get takesUnordered(): boolean {
    return this.#kind !== 'ordered' && this.#draftedFor === undefined;
  }

  get isWorking(): boolean {
    return this.machine.state === 'idle' || this.machine.state === 'busy';
  }
}

function checkCount(results: number, tasks: number): void {
  if (results > tasks) throw new FormatError(`${results} results came for ${tasks} tasks`);
}
