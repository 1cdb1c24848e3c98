/** The tasks that a slave was given and has not begun, in order; those taken back are skipped. */

import { Deque } from '../../structures/deque.js';
import type { TaskShares } from '../shares/share-store.js';
import type { GivenTask } from './given-task.js';

interface TaskQueueParams {
  /** Decides, finally, whether a task may begin. */
  readonly claim: (index: number) => boolean;
  /** Whether the shared values that a task needs are here; asked only for tasks that need some. */
  readonly isReady: (shares: TaskShares) => boolean;
  /** Such a task never begins. */
  readonly onSkipped: (shares: TaskShares) => void;
}

export class TaskQueue {
  readonly #params: TaskQueueParams;
  readonly #tasks = new Deque<GivenTask>();
  #nextIndex = 0;
  #begun = 0;
  #closed = false;
  /** Tasks that need shared values. */
  #numSharing = 0;

  constructor(params: TaskQueueParams) {
    this.#params = params;
  }

  get length(): number {
    return this.#tasks.length;
  }

  /** Both sides count the tasks of a session, so that a number on the control plane means the same. */
  nextIndex(): number {
    return this.#nextIndex++;
  }

  /** The tasks of the session begin in their order: none from this index on has begun. */
  get begun(): number {
    return this.#begun;
  }

  push(task: GivenTask): void {
    if (task.shares !== undefined) this.#numSharing++;
    if (!this.#closed) this.#tasks.push(task);
    else this.#skip(task);
  }

  /** The next task, if it was not taken back. */
  get head(): GivenTask | undefined {
    return this.#tasks.at(0);
  }

  /** Whether the next task waits for shared values. */
  get isWaitingForShares(): boolean {
    if (this.#numSharing === 0) return false;
    const shares = this.head?.shares;
    return shares !== undefined && !this.#params.isReady(shares);
  }

  /**
   * While an ordered task runs, the next one must wait, and so must all tasks after it. A task whose shared values are
   * not here holds up the rest too: the master takes those that come first for begun.
   */
  take(orderedRuns: boolean): GivenTask | undefined {
    while (!(orderedRuns && this.head?.ordered) && !this.isWaitingForShares) {
      const task = this.#tasks.shift();
      if (task === undefined) return undefined;
      if (!this.#params.claim(task.index)) {
        this.#skip(task);
        continue;
      }
      if (task.shares !== undefined) this.#numSharing--;
      this.#begun = task.index + 1;
      return task;
    }
    return undefined;
  }

  /** No task begins any more. */
  close(): void {
    this.#closed = true;
    this.#clear();
  }

  /** A new session, which begins with this number of running tasks; or none. */
  reset(running = 0): void {
    this.#clear();
    this.#nextIndex = running;
    this.#begun = running;
  }

  #clear(): void {
    if (this.#numSharing === 0) this.#tasks.clear();
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) this.#skip(task);
  }

  #skip({ shares, trace }: GivenTask): void {
    trace?.skip();
    if (shares === undefined) return;
    this.#numSharing--;
    this.#params.onSkipped(shares);
  }
}
