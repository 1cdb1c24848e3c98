/**
 * The queues that tasks have by their policies: how many of their runs are at slaves, how many began lately, and whose
 * turn it is. A queue is known here only while it has tasks, runs or recent begins; so any number of names may come
 * and go, and only queues with tasks cost anything.
 *
 * A run takes its place when it is given out, and keeps it until it cannot go on any more: its result came, it was
 * taken back, or cancelled and seen to end, or its slave is gone. A slave that comes back takes it again with the run.
 */

import type { TaskQueue } from '../../algorithms/queue.js';
import { Heap } from '../../structures/heap.js';
import type { GivenRun } from '../model/given-run.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';
import { QueueShares } from './queue-shares.js';
import { isStrict, QueueState } from './queue-state.js';
import { QueuedRuns } from './queued-runs.js';

interface Timed {
  readonly state: QueueState;
  readonly at: number;
}

export class TaskQueues {
  readonly #states = new Map<TaskQueue, QueueState>();
  readonly #shares = new QueueShares();
  /** Of strict queues. */
  readonly runs = new QueuedRuns((state) => this.#review(state));
  /** Queues with tasks that wait for their window, and queues that have nothing but a window. */
  readonly #due = new Heap<Timed>((a, b) => a.at < b.at);
  readonly #ending = new Heap<Timed>((a, b) => a.at < b.at);
  readonly #withSuspects = new Set<QueueState>();
  #numReady = 0;
  #numMade = 0;

  /** Whether a task may be taken. */
  get hasReady(): boolean {
    return this.#numReady > 0;
  }

  /** Whether a task that must run alone may be taken. */
  get hasSuspects(): boolean {
    return this.#withSuspects.size > 0;
  }

  /** The number of queues that are known. */
  get size(): number {
    return this.#states.size;
  }

  /** When `wake` makes a queue ready next; undefined if no window is waited for. */
  get dueAt(): number | undefined {
    return this.#due.first?.at;
  }

  /** The number of queues that have a task which may be taken. */
  get ready(): number {
    return this.#numReady;
  }

  /** The record of a queue, to be looked at; undefined if it has no tasks, runs or recent begins. */
  find(queue: TaskQueue): Readonly<QueueState> | undefined {
    return this.#states.get(queue);
  }

  // ---- tasks that wait

  push(task: Task, queue: TaskQueue): void {
    const state = this.#stateOf(queue);
    state.line.push(task);
    this.#review(state);
  }

  /** Before all others of its priority; one that must run alone waits apart. */
  unshift(task: Task, queue: TaskQueue): void {
    const state = this.#stateOf(queue);
    if (task.suspect) state.suspects.push(task);
    else state.line.unshift(task);
    this.#review(state);
  }

  /** Takes it out of its place; false if it is not here. */
  remove(task: Task, queue: TaskQueue): boolean {
    const state = this.#states.get(queue);
    if (state === undefined) return false;
    const removed = state.line.remove(task) || (state.hasSuspects && state.suspects.remove(task));
    this.#review(state);
    return removed;
  }

  /** The queue whose task is next; undefined if it is the turn of tasks without a queue, or there is none. */
  next(hasPlain: boolean): QueueState | undefined {
    return this.#shares.next(hasPlain);
  }

  /** The first task of a ready queue that `accept` takes; it may be none. */
  takeFrom(state: QueueState, accept: (task: Task) => boolean): Task | undefined {
    let task = state.line.shift();
    while (task !== undefined && !accept(task)) task = state.line.shift();
    this.#review(state);
    return task;
  }

  takeSuspect(accept: (task: Task) => boolean): Task | undefined {
    for (const state of this.#withSuspects) {
      let task = state.suspects.shift();
      while (task !== undefined && !accept(task)) task = state.suspects.shift();
      this.#review(state);
      if (task !== undefined) return task;
    }
    return undefined;
  }

  /** A task was taken by its turn. */
  charge(state: QueueState | undefined): void {
    this.#shares.charge(state);
  }

  /** It is put back, since it did not fit. */
  refund({ policy }: Task): void {
    const { queue } = policy;
    const state = queue && this.#states.get(queue);
    // A queue that had no other task is forgotten, with its charge
    if (queue === undefined || state !== undefined) this.#shares.refund(state);
  }

  /** Looks at queues whose windows have moved on. */
  wake(now: number): void {
    for (let due = shiftUntil(this.#due, now); due !== undefined; due = shiftUntil(this.#due, now)) {
      due.isDue = false;
      this.#look(due, now);
    }
    for (let last = shiftUntil(this.#ending, now); last !== undefined; last = shiftUntil(this.#ending, now)) {
      last.isEnding = false;
      this.#look(last, now);
    }
  }

  #look(state: QueueState, now: number): void {
    state.window?.move(now);
    this.#review(state);
  }

  // ---- runs

  /** Whether a second run of the task may begin now. */
  mayBegin({ policy: { queue } }: Task, now: number): boolean {
    const state = queue && this.#states.get(queue);
    state?.window?.move(now);
    return state === undefined || state.isOpen;
  }

  /** The task, which is running now, was given to a slave. */
  begin(task: Task, slave: SlaveRecord, queue: TaskQueue, now: number): void {
    if (!isStrict(queue)) return;
    const state = this.#stateOf(queue);
    const begin = state.begin(now);
    const { index, runningAttempt: attempt } = task;
    this.runs.add(slave, task.number, { state, sid: slave.number, attempt, index, begin });
  }

  /** A slave that came back goes on with this run. */
  goOn(task: Task, slave: SlaveRecord, { sid, attempt }: GivenRun, index: number): void {
    const { queue } = task.policy;
    if (queue === undefined || !isStrict(queue)) return;
    this.runs.add(slave, task.number, { state: this.#stateOf(queue), sid, attempt, index, begin: undefined });
  }

  // ---- what is known of a queue

  #stateOf(queue: TaskQueue): QueueState {
    let state = this.#states.get(queue);
    if (state === undefined) {
      state = new QueueState(queue, this.#numMade++);
      this.#states.set(queue, state);
    }
    return state;
  }

  /** Its tasks, runs or window have changed. */
  #review(state: QueueState): void {
    const { isOpen, hasTasks, window } = state;
    const isReady = isOpen && state.line.length > 0;
    if (isReady !== state.isReady) {
      state.isReady = isReady;
      this.#numReady += isReady ? 1 : -1;
      if (isReady) this.#shares.enter(state);
    }
    if (state.hasSuspects && isOpen) this.#withSuspects.add(state);
    else this.#withSuspects.delete(state);
    const isIdle = !hasTasks && state.running === 0;
    if (window === undefined || window.isEmpty) {
      // The clock may look at one that was forgotten; the same queue may have another state by now
      if (isIdle && this.#states.get(state.queue) === state) this.#states.delete(state.queue);
    } else if (hasTasks && window.isFull && !state.isDue) {
      state.isDue = true;
      this.#due.push({ state, at: window.freeAt });
    } else if (isIdle && !state.isEnding) {
      state.isEnding = true;
      this.#ending.push({ state, at: window.emptyAt });
    }
  }
}

function shiftUntil(heap: Heap<Timed>, now: number): QueueState | undefined {
  return heap.first !== undefined && heap.first.at <= now ? heap.shift()?.state : undefined;
}
