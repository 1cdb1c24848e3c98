/** What a master keeps of one slave for one session: its address, its state, what was given to it. */

import type { SlaveId } from '../../algorithms/types.js';
import type { SlaveKind } from '../../audit/events.js';
import { FormatError } from '../../errors.js';
import { Deque } from '../../structures/deque.js';
import type { Farewell } from '../../wire/messages/messages.js';
import type { SessionAddress } from '../../wire/messages/subjects.js';
import type { CreditMember } from '../../wire/session/credit.js';
import type { Session } from '../../wire/session/session.js';
import type { SlaveMachine } from './slave-machine.js';
import type { Task } from './task.js';
import type { TaskGroup } from './task-group.js';

/** A task, and its place among those of the session. */
export interface CancelledRun {
  readonly number: number;
  readonly index: number;
}

/** A session that a slave had before, and how many tasks it was given in it. */
export interface EarlierSession {
  readonly number: number;
  readonly given: number;
}

/** Groups that a slave may have outstanding before anything was measured: one runs while the next travels. */
export const FIRST_WINDOW = 2;
/** Sessions that are remembered of one slave: results wait for the next one, not for the hundredth. */
const MOST_EARLIER = 100;
const NONE_EARLIER: readonly EarlierSession[] = [];
const NONE_LINGER: readonly CancelledRun[] = [];
const NONE_GOING_ON: readonly Task[] = [];
/** Groups without an open task that may lie among others before they are sorted out. */
const MOST_CLOSED = 64;

export class SlaveRecord {
  kind: SlaveKind;
  draftedFor: SlaveKind | undefined = undefined;
  #mailbox: Deque<Task> | undefined;
  /** Given first of those that are kept; some behind it may have no open task any more. */
  oldestGroup: TaskGroup | undefined = undefined;
  #newestGroup: TaskGroup | undefined = undefined;
  /** How many are kept, and those of them with open tasks. */
  #keptGroups = 0;
  openGroups = 0;
  /** Tasks given out without a result. */
  outstanding = 0;
  /** Those of them that are ordered tasks. */
  orderedOutstanding = 0;
  /** Index that the next task of this session will have. */
  nextIndex = 0;
  window = FIRST_WINDOW;
  /** Groups are given to it until its window is full. */
  filling = true;
  lastGroup = 1;
  /** Stands in the dispatcher's line of slaves with room. */
  inLine = false;
  /** Runs a suspect, and nothing else beside it. */
  alone = false;
  /** No new work until it was heard again. */
  suspected = false;
  /** Index of a task that did not stop, for which its sentinel ends it: what else it was given is not to blame. */
  overdue: number | undefined = undefined;
  /** Runs that go on and are cancelled, or only an earlier one: what is sent now might wait behind them. */
  lingering: readonly CancelledRun[] = NONE_LINGER;
  /** A recall is out, up to the task that had been sent last. */
  recalling: { readonly id: number; readonly to: number } | undefined = undefined;
  /** Its session has something to send; something to say by and by. */
  needsFlush = false;
  needsTick = false;
  /** Results that it sent of tasks of this session. */
  resultsSent = 0;
  /** What it computed that the ledger has not told yet. */
  computedCount = 0;
  computedMicros = 0;
  readonly sid: SlaveId;

  // What follows is needed now and then: it stands apart from what every task touches.

  /** Cancels that it has not acknowledged, by command id. */
  cancels: Map<number, CancelledRun> | undefined = undefined;
  /** Tasks begun and memory, as its sentinel last said. */
  begun = 0;
  /** Tasks of which it goes on with an earlier run, beside the one in the books of another slave. */
  goingOn: readonly Task[] = NONE_GOING_ON;
  /** Runs with which it came back, the first of this session's tasks. */
  broughtRuns = 0;
  shutdownId = 0;
  shutdownAcknowledged = false;
  nextCommand = 1;
  /** Results that it sent of tasks of earlier sessions. */
  earlierResultsSent = 0;
  /** It has said goodbye, and is gone once its last frame has come, or after so many ticks. */
  farewell: Farewell | undefined = undefined;
  ticksToLeave = 0;

  constructor(
    readonly number: number,
    readonly address: SessionAddress,
    readonly host: string,
    readonly pid: number,
    readonly session: Session,
    readonly machine: SlaveMachine,
    readonly credit: CreditMember,
    kind: SlaveKind = 'unordered',
    /** How many unordered tasks it runs at once. */
    readonly concurrency = 1,
    /** What it has proved to have been before; it may still send the results of tasks given to it then. */
    readonly earlier: readonly EarlierSession[] = NONE_EARLIER,
  ) {
    this.kind = kind;
    this.sid = `SLAVE-${number}`;
  }

  /** What the slave will have been when it joins again. */
  get history(): readonly EarlierSession[] {
    return [...this.earlier.slice(1 - MOST_EARLIER), { number: this.number, given: this.numGiven }];
  }

  /** Tasks that it was given in this session. */
  get numGiven(): number {
    return this.nextIndex - this.broughtRuns;
  }

  /** The session begins with what it goes on with. */
  bring(runs: number): void {
    this.broughtRuns = runs;
    this.nextIndex = runs;
  }

  /**
   * Counts results that it says are of its session `sid`; false if that was never its own. Throws FormatError
   * when they are more than it was given tasks: each may cost a line of the audit trail.
   */
  countResults(sid: number, count: number): boolean {
    if (sid === this.number) {
      this.resultsSent += count;
      checkCount(this.resultsSent, this.numGiven);
      return true;
    }
    if (!this.earlier.some(({ number }) => number === sid)) return false;
    this.earlierResultsSent += count;
    const given = this.earlier.reduce((sum, session) => sum + session.given, 0);
    checkCount(this.earlierResultsSent, given);
    return true;
  }

  /** Ordered tasks that wait for it. */
  get mailbox(): Deque<Task> {
    this.#mailbox ??= new Deque();
    return this.#mailbox;
  }

  /** Whether there are any; asked for each task, it does not look for what most slaves never have. */
  get hasMail(): boolean {
    return this.#mailbox !== undefined && this.#mailbox.length > 0;
  }

  get nonce(): string {
    return this.address.nonce;
  }

  /** How many of its tasks can run now. */
  get slots(): number {
    return this.concurrency - this.lingering.length;
  }

  /** Tasks of those outstanding that have not begun, as far as can be told from here. */
  get unstarted(): number {
    return this.outstanding - this.slots;
  }

  /** Some cancelled runs are known to run no more. */
  endLingering(hasEnded: (run: CancelledRun) => boolean): void {
    if (this.lingering.length > 0) this.lingering = this.lingering.filter((run) => !hasEnded(run));
  }

  /** In the order in which they were given. */
  *groups(): Iterable<TaskGroup> {
    for (let group = this.oldestGroup; group !== undefined; group = group.next) yield group;
  }

  addGroup(group: TaskGroup): void {
    if (this.#newestGroup === undefined) this.oldestGroup = group;
    else this.#newestGroup.next = group;
    this.#newestGroup = group;
    this.#keptGroups++;
    this.openGroups++;
  }

  /** One task with which it goes on, begun before all that it was given since. */
  addRunningGroup(group: TaskGroup): void {
    group.next = this.oldestGroup;
    this.oldestGroup = group;
    this.#newestGroup ??= group;
    this.#keptGroups++;
    this.openGroups++;
    this.outstanding++;
  }

  /** A group has no open task any more; behind one that runs for long, such ones must not gather. */
  closeGroup(): void {
    this.openGroups--;
    while (this.oldestGroup?.open === 0) {
      this.oldestGroup = this.oldestGroup.next;
      this.#keptGroups--;
    }
    if (this.oldestGroup === undefined) this.#newestGroup = undefined;
    if (this.#keptGroups <= 2 * this.openGroups + MOST_CLOSED) return;
    const open = [...this.groups()].filter((group) => group.open > 0);
    this.#forgetGroups();
    for (const group of open) {
      group.next = undefined;
      this.addGroup(group);
    }
  }

  #forgetGroups(): void {
    this.oldestGroup = undefined;
    this.#newestGroup = undefined;
    this.#keptGroups = 0;
    this.openGroups = 0;
  }

  /** Nothing is given to it any more. */
  clearGroups(): void {
    this.#forgetGroups();
    this.outstanding = 0;
    this.orderedOutstanding = 0;
  }

  /** Whether ordered tasks may be addressed to it. */
  get takesOrdered(): boolean {
    return this.kind !== 'unordered' && this.draftedFor === undefined && this.isWorking;
  }

  /** Whether it runs what any slave may run. */
  get takesUnordered(): boolean {
    return this.kind !== 'ordered' && this.draftedFor === undefined;
  }

  /** Its sentinel ends it. */
  get doomed(): boolean {
    return this.overdue !== undefined;
  }

  /** Tasks given out without a result, in the order in which it runs them. */
  openTasks(): Task[] {
    const tasks: Task[] = [];
    for (const group of this.groups()) {
      for (const task of group.tasks) if (task.group === group) tasks.push(task);
    }
    return tasks;
  }

  get isWorking(): boolean {
    return this.machine.state === 'idle' || this.machine.state === 'busy';
  }
}

function checkCount(results: number, tasks: number): void {
  if (results > tasks) throw new FormatError(`${results} results came of ${tasks} tasks`);
}
