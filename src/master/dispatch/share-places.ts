/**
 * Where tasks with shared values should run: at slaves that have these, if one can begin at once; else at any slave, which
 * gets the values first and runs other tasks meanwhile.
 */

import type { SharedValue } from '../../algorithms/shared.js';
import { isStrict } from '../jar/queue-state.js';
import type { StagedTasks } from '../jar/staged-tasks.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';
import type { Shares } from '../shares/shares.js';

/** Holders of a value that are looked at, where thousands have it. */
const MOST_LOOKED_AT = 32;

interface SharePlacesParams {
  readonly shares: Shares;
  readonly staged: StagedTasks;
  /** Whether the slave can begin a task now, and its turn comes: not that of one that rests while others keep up. */
  readonly comesNext: (slave: SlaveRecord) => boolean;
}

export class SharePlaces {
  readonly #shares: Shares;
  readonly #staged: StagedTasks;
  readonly #comesNext: (slave: SlaveRecord) => boolean;

  constructor({ shares, staged, comesNext }: SharePlacesParams) {
    this.#shares = shares;
    this.#staged = staged;
    this.#comesNext = comesNext;
  }

  /** Whether any task has shared values. */
  get isUsed(): boolean {
    return this.#shares.registry.isUsed;
  }

  /** Whether the slave should take the task, the first of a group: false leaves it to one that has what it needs. */
  mayTake(slave: SlaveRecord, { shares }: Task): boolean {
    if (shares === undefined || this.#shares.holdsAll(slave, shares)) return true;
    return !this.#staged.has(slave) && !this.hasIdleHolder(shares, slave);
  }

  /** Whether another slave has all of these and can begin at once. */
  hasIdleHolder(shares: readonly SharedValue[], except: SlaveRecord): boolean {
    const [first] = shares;
    let left = MOST_LOOKED_AT;
    for (const slave of this.#shares.holdersOf(first?.key ?? '')) {
      if (left-- === 0) return false;
      if (slave !== except && this.#shares.holdsAll(slave, shares) && this.#comesNext(slave)) return true;
    }
    return false;
  }

  /** Whether a task may go in one group with `first`: what waits for values waits for the same, and nothing else does. */
  goesWith(slave: SlaveRecord, first: Task, task: Task): boolean {
    const waits = first.shares !== undefined && !this.#shares.holdsAll(slave, first.shares);
    if (task.shares === undefined) return !waits;
    if (!waits && this.#shares.holdsAll(slave, task.shares)) return true;
    return task.shares.every(({ key }) => first.shares?.some((share) => share.key === key));
  }

  /** Whether a group must wait until its slave has the values; the slave is asked to fetch them. */
  mustWait(slave: SlaveRecord, [first]: readonly Task[]): boolean {
    const { shares } = first ?? {};
    if (first === undefined || shares === undefined || this.#shares.holdsAll(slave, shares)) return false;
    const { queue } = first.policy;
    // These begin when they are given, or alone
    if (first.suspect || (queue !== undefined && isStrict(queue))) return false;
    this.#shares.fetch(slave, shares);
    return true;
  }

  /** Call it after the shared values that the slave has or lacks have changed. */
  review(slave: SlaveRecord, dropped: readonly string[]): void {
    const [first] = this.#staged.tasksOf(slave);
    if (first?.shares === undefined) return;
    const isRefused = first.shares.some(({ key }) => dropped.includes(key));
    if (isRefused || this.#shares.holdsAll(slave, first.shares)) this.#staged.markReady(slave);
  }
}
