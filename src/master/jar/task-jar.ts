/**
 * The tasks of a master that have no fate yet, and the order in which they run: higher priorities first,
 * first in, first out within one. Tasks that come back go to the front of their priority. Suspects wait
 * apart, since each runs alone, and so do tasks whose next run is not due yet. If the program does not take
 * an algorithm's results, its tasks are set aside until it does. Tasks with a queue wait in that.
 *
 * The cost per task is constant, whatever is queued. A cancelled task stays in its queue, settled, until it
 * reaches the head.
 */

import { Deque } from '../../structures/deque.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { AlgorithmEntry, Task } from '../model/task.js';
import type { QueueState } from './queue-state.js';
import { StagedTasks } from './staged-tasks.js';
import { TaskLine } from './task-line.js';
import { TaskQueues } from './task-queues.js';
import { TaskTable } from './task-table.js';
import { WaitingTasks } from './waiting-tasks.js';

export class TaskJar {
  readonly queues = new TaskQueues();
  readonly staged = new StagedTasks();
  readonly #live = new TaskTable();
  /** Tasks that have no queue of their own. */
  readonly #queue = new TaskLine();
  readonly #suspects = new Deque<Task>();
  readonly #waiting = new WaitingTasks();
  readonly #aside = new Map<AlgorithmEntry, Deque<Task>>();
  readonly #onNew: (task: Task) => void;
  #queued = 0;
  #stored = 0;
  #blocked = 0;
  /** Tasks whose fate the program may not see yet. */
  #withheld = 0;
  #futures = 0;
  /** Runs of broadcasts without a fate: they are nobody's pending tasks. */
  #broadcasts = 0;
  #nextNumber = 0;

  /** `onNew` is called once for each task, before it can be given out. */
  constructor(onNew: (task: Task) => void = () => {}) {
    this.#onNew = onNew;
  }

  /** Queued tasks, including those set aside, suspects, and those that wait. */
  get queued(): number {
    return this.#queued;
  }

  /** Queued tasks whose next run is due. */
  get due(): number {
    return this.#queued - this.#waiting.count;
  }

  /** Queued tasks whose next run is not due. */
  get backingOff(): number {
    return this.#waiting.count;
  }

  /** Tasks whose arguments are not complete. */
  get blocked(): number {
    return this.#blocked;
  }

  /** Tasks whose result is in the checkpoint, and comes in its turn. */
  get stored(): number {
    return this.#stored;
  }

  /** Tasks that were set aside, since the program leaves the results of their algorithms untaken. */
  get setAside(): number {
    let count = 0;
    for (const tasks of this.#aside.values()) count += tasks.length;
    return count;
  }

  /** When a task that waits for its backoff is due. */
  dueAtOf(task: Task): number | undefined {
    return this.#waiting.dueAtOf(task);
  }

  /**
   * The number of tasks before a queued one where it waits, cancelled ones too: in its mailbox, in its queue, or among
   * those without a queue. Undefined if they are more than `most`, or it was set aside.
   */
  countBefore(task: Task, most: number): number | undefined {
    const { addressee, policy } = task;
    if (addressee !== undefined) return addressee.mailbox.countBefore(task, most);
    const state = policy.queue && this.queues.find(policy.queue);
    if (task.suspect) return (state?.suspects ?? this.#suspects).indexOf(task, most);
    return (state?.line ?? this.#queue).countBefore(task, most);
  }

  /** Whether `take` may return a task: it finds cancelled and held ones itself. */
  get hasReady(): boolean {
    return this.#queue.length > 0 || this.queues.hasReady;
  }

  /** Whether a task waits that must run alone. */
  get hasSuspects(): boolean {
    return this.#suspects.length > 0 || this.queues.hasSuspects;
  }

  /** Tasks without a fate, and those whose fate is withheld; without the runs of broadcasts. */
  get pending(): number {
    return this.#live.size + this.#withheld - this.#broadcasts;
  }

  /** Tasks that slaves have. */
  get running(): number {
    return this.#live.size - this.#queued - this.#stored - this.#blocked;
  }

  /** Pending tasks that are futures. */
  get futures(): number {
    return this.#futures;
  }

  /** The number of the oldest task without a fate; undefined if there is none. */
  get oldest(): number | undefined {
    return this.#live.oldest?.number;
  }

  /** The count of numbers given out. */
  get numbersGiven(): number {
    return this.#nextNumber;
  }

  nextNumber(): number {
    return this.#nextNumber++;
  }

  add(task: Task): void {
    this.#count(task);
    const { queue } = task.policy;
    if (queue !== undefined) this.queues.push(task, queue);
    else if (task.addressee !== undefined) task.addressee.mailbox.push(task);
    else if (task.suspect) this.#suspects.push(task);
    else this.#queue.push(task);
    this.#queued++;
  }

  /** A task whose result is known and comes in its turn: it is pending, and `take` never returns it. */
  addStored(task: Task): void {
    this.#count(task);
    task.toStored();
    this.#stored++;
  }

  /** A task whose arguments are not complete: it is pending, and comes in by `add` or `addStored` when they are. */
  addBlocked(task: Task): void {
    this.#count(task);
    this.#blocked++;
  }

  #count(task: Task): void {
    if (task.state === 'blocked' && this.#live.find(task.number) !== undefined) {
      this.#blocked--;
      task.toQueued();
      return;
    }
    this.#onNew(task);
    this.#live.add(task);
    task.algorithm.pending++;
    if (task.future !== undefined) this.#countFuture(task, 1);
  }

  #countFuture({ algorithm, policy }: Task, by: 1 | -1): void {
    if (!policy.isBroadcast) {
      this.#futures += by;
      return;
    }
    this.#broadcasts += by;
    algorithm.pending -= by;
  }

  find(number: number): Task | undefined {
    return this.#live.find(number);
  }

  allLive(): Iterable<Task> {
    return this.#live;
  }

  /** The next ordered task of a slave. */
  takeOrdered(slave: SlaveRecord): Task | undefined {
    return this.#takeFirst(slave.mailbox);
  }

  /** The broadcast that a slave runs next; undefined while it has that, or waits for its next attempt. */
  takeBroadcast({ mailbox }: SlaveRecord): Task | undefined {
    const task = mailbox.broadcast;
    if (task?.state !== 'queued') return undefined;
    this.#queued--;
    return task;
  }

  #takeFirst(tasks: Pick<Deque<Task>, 'shift'>): Task | undefined {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      if (task.state !== 'queued') continue;
      this.#queued--;
      return task;
    }
    return undefined;
  }

  /** The next task without a queue that may run beside others; `isHeld` names those that must wait. */
  take(isHeld: (task: Task) => boolean): Task | undefined {
    for (let task = this.#queue.shift(); task !== undefined; task = this.#queue.shift()) {
      if (task.state !== 'queued') continue;
      if (isHeld(task)) {
        this.#setAside(task);
        continue;
      }
      this.#queued--;
      return task;
    }
    return undefined;
  }

  /** Whether the next task, by the shares of queues, must begin as soon as it is given. */
  get isNextStrict(): boolean {
    return this.#next()?.isStrict === true;
  }

  /** That task; undefined if it must wait, or was cancelled: then another one may be next. */
  takeStrict(isHeld: (task: Task) => boolean): Task | undefined {
    return this.isNextStrict ? this.#takeNext(this.#next(), isHeld) : undefined;
  }

  /** As `take`, by the shares of queues; undefined if the next task is for `takeStrict`. */
  takeByShare(isHeld: (task: Task) => boolean): Task | undefined {
    while (this.hasReady) {
      const next = this.#next();
      if (next?.isStrict) return undefined;
      const task = this.#takeNext(next, isHeld);
      if (task !== undefined) return task;
    }
    return undefined;
  }

  #next(): QueueState | undefined {
    return this.queues.next(this.#queue.length > 0);
  }

  #takeNext(next: QueueState | undefined, isHeld: (task: Task) => boolean): Task | undefined {
    const task = next === undefined ? this.take(isHeld) : this.#takeFrom(next, isHeld);
    if (task !== undefined) this.queues.charge(next);
    return task;
  }

  #takeFrom(queue: QueueState, isHeld: (task: Task) => boolean): Task | undefined {
    const task = this.queues.takeFrom(queue, (task) => {
      if (task.state !== 'queued') return false;
      const held = isHeld(task);
      if (held) this.#setAside(task);
      return !held;
    });
    if (task !== undefined) this.#queued--;
    return task;
  }

  takeSuspect(): Task | undefined {
    const task = this.#takeFirst(this.#suspects);
    if (task !== undefined) return task;
    const queued = this.queues.takeSuspect(({ state }) => state === 'queued');
    if (queued !== undefined) this.#queued--;
    return queued;
  }

  /**
   * Puts a task back into the jar, before all others of its priority (or at the front of its mailbox). To put
   * back several, begin with the last.
   */
  putBack(task: Task): void {
    this.#place(task);
    this.#queued++;
  }

  #place(task: Task): void {
    task.toQueued();
    if (task.addressee !== undefined) task.addressee.mailbox.unshift(task);
    else this.#unshift(task);
  }

  #unshift(task: Task): void {
    const { queue } = task.policy;
    if (queue !== undefined) this.queues.unshift(task, queue);
    else if (task.suspect) this.#suspects.push(task);
    else this.#queue.unshift(task);
  }

  /** Keeps tasks that were taken for a slave until it has their shared values. */
  stage(slave: SlaveRecord, tasks: readonly Task[]): void {
    this.staged.add(slave, tasks);
    this.#queued += tasks.length;
  }

  /** Those tasks, as if they were taken now. */
  takeStaged(slave: SlaveRecord): readonly Task[] {
    const tasks = this.staged.take(slave);
    this.#queued -= tasks.length;
    return tasks;
  }

  /** Another slave may have those tasks. */
  unstage(slave: SlaveRecord): void {
    for (const task of this.takeStaged(slave).toReversed()) this.putBack(task);
  }

  /** Puts a task aside; the first `wake` from then on puts it back in its place. */
  putBackAt(until: number, task: Task): void {
    this.#waiting.add(until, task);
    this.#queued++;
  }

  /** When `wake` puts a task back next, or a queue has room again; undefined if nothing waits. */
  get dueAt(): number | undefined {
    const [a, b] = [this.#waiting.dueAt, this.queues.dueAt];
    return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
  }

  /** Puts due tasks back, those that waited longest first, and returns them. */
  wake(now: number): readonly Task[] {
    this.queues.wake(now);
    const due = this.#waiting.takeDue(now);
    for (const task of due.toReversed()) this.#place(task);
    return due;
  }

  /** Ordered tasks of a slave whose next run is not due yet. */
  waitingFor(slave: SlaveRecord): Task[] {
    return this.#waiting.of(slave);
  }

  /**
   * Takes a task out of its place before its turn; the caller finds it another place. The cost grows with the
   * tasks before it; tasks that came back are near the front.
   */
  remove(task: Task): void {
    const { queue } = task.policy;
    this.#queued--;
    if (!this.staged.isEmpty && this.staged.remove(task)) return;
    if (task.state === 'waiting') {
      this.#waiting.remove(task);
    } else if (task.addressee !== undefined) {
      task.addressee.mailbox.remove(task);
    } else if (
      !this.#suspects.remove(task) &&
      !(queue === undefined ? this.#queue.remove(task) : this.queues.remove(task, queue))
    ) {
      this.#aside.get(task.algorithm)?.remove(task);
    }
  }

  /** Moves an ordered task whose slave is gone to the end of its priority. */
  requeue(task: Task): void {
    this.#queue.push(task);
    this.#queued++;
  }

  /** The task has its fate. */
  settle(task: Task): void {
    this.withhold(task);
    this.finish(task);
  }

  /** The task has its fate, and stays pending until `finish`: the program cannot have it yet. */
  withhold(task: Task): void {
    if (task.state === 'queued' || task.state === 'waiting') this.#queued--;
    if (task.state === 'waiting') this.#waiting.forget();
    if (task.state === 'stored') this.#stored--;
    if (task.state === 'blocked') this.#blocked--;
    task.toSettled();
    this.#live.remove(task);
    this.#withheld++;
  }

  finish(task: Task): void {
    this.#withheld--;
    task.algorithm.pending--;
    if (task.future !== undefined) this.#countFuture(task, -1);
  }

  /** Releases tasks that were set aside and need not wait any more: they are the oldest. */
  release(isHeld: (algorithm: AlgorithmEntry) => boolean): void {
    if (this.#aside.size === 0) return;
    for (const [algorithm, tasks] of this.#aside) {
      if (isHeld(algorithm)) continue;
      this.#aside.delete(algorithm);
      for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) this.#unshift(task);
    }
  }

  #setAside(task: Task): void {
    let tasks = this.#aside.get(task.algorithm);
    if (tasks === undefined) {
      tasks = new Deque();
      this.#aside.set(task.algorithm, tasks);
    }
    tasks.push(task);
  }
}
