/** One queue while a master has tasks of it, runs of them, or recent begins: what waits, and whether one may begin. */

import type { TaskQueue } from '../../algorithms/queue.js';
import { Deque } from '../../structures/deque.js';
import type { Task } from '../model/task.js';
import { type Begin, BeginWindow } from './begin-window.js';
import { TaskLine } from './task-line.js';

/**
 * Its owner, TaskQueues, keeps these up to date:
 *
 * - *open*: one more of its tasks may begin, as limit and window stand.
 * - *ready*: open, and tasks are in its line.
 * - *in shares*: it has its place among the queues that share slaves; perhaps still, when it is not ready any more.
 * - *due*, *ending*: the clock will look at it, since tasks wait for its window, or it has nothing but that.
 */
export class QueueState {
  /** Tasks that may run beside others, and those that must run alone. */
  readonly line = new TaskLine();
  #suspects: Deque<Task> | undefined;
  #window: BeginWindow | undefined;
  /** Runs at slaves; counted if the queue is strict. */
  running = 0;
  isReady = false;
  isInShares = false;
  isDue = false;
  isEnding = false;
  /** The position in the order of shares: it moves on by `stride` with each task. */
  pass = 0;
  /** Tasks that were charged and not given. */
  credit = 0;

  constructor(
    readonly queue: TaskQueue,
    /** Decides between queues with the same position. */
    readonly order: number,
  ) {}

  /** Undefined before the first begin, and if there is no rate: a million queues may wait. */
  get window(): BeginWindow | undefined {
    return this.#window;
  }

  /** A task begins; undefined if that does not matter later. */
  begin(now: number): Begin | undefined {
    const { perSecond } = this.queue;
    if (perSecond === undefined) return undefined;
    this.#window ??= new BeginWindow(perSecond);
    this.#window.move(now);
    return this.#window.begin(now);
  }

  /** Whether its tasks are given only to slaves that can begin them at once. */
  get isStrict(): boolean {
    return isStrict(this.queue);
  }

  get stride(): number {
    return 1 / this.queue.weight;
  }

  get suspects(): Deque<Task> {
    this.#suspects ??= new Deque();
    return this.#suspects;
  }

  get hasSuspects(): boolean {
    return this.#suspects !== undefined && this.#suspects.length > 0;
  }

  get hasTasks(): boolean {
    return this.line.length > 0 || this.hasSuspects;
  }

  get isOpen(): boolean {
    return this.running < (this.queue.limit ?? Number.POSITIVE_INFINITY) && this.window?.isFull !== true;
  }
}

export function isStrict({ limit, perSecond }: TaskQueue): boolean {
  return limit !== undefined || perSecond !== undefined;
}
