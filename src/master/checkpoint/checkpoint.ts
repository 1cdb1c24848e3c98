/**
 * How a checkpoint changes the way of a task. A task with a stored result never becomes runnable. A result
 * that must be stored is handed over after its commit. Until then both count as pending.
 *
 * The order in which fates reach the program:
 *
 * - Stored results come in the order in which they were stored. A result waits for those before it as long as
 *   they may still be submitted: until the program waits, and nothing runs. Then the earliest one comes.
 * - Fates of this run come after the stored results, or, if some of these were not submitted, as soon as the
 *   program waits. So a program that submits tasks because of results sees first the same results as before,
 *   then new ones.
 * - Fates of cancelled tasks come at once, as without a checkpoint.
 */

import { Deque } from '../../structures/deque.js';
import type { Body } from '../../wire/messages/body.js';
import type { TaskJar } from '../jar/task-jar.js';
import type { ResultStore } from '../model/result-store.js';
import type { AlgorithmEntry, Task } from '../model/task.js';
import { TaskFate } from '../model/task-fate.js';
import { Occurrences } from './occurrences.js';
import { decodeStoredResult } from './stored-result.js';

/**
 * The limit of results that may wait here, for their commit or their turn, before no more tasks are given
 * out.
 */
const MOST_WAITING = 100_000;
const MOST_WAITING_BYTES = 64 * 1024 * 1024;

interface CheckpointParams {
  readonly store: ResultStore;
  readonly jar: TaskJar;
  /** Hands a fate to the program. */
  readonly deliver: (task: Task, fate: TaskFate) => void;
}

interface WaitingLoad {
  readonly waiting: number;
  readonly mostWaiting: number;
  readonly bytes: number;
  readonly mostBytes: number;
}

interface Decided {
  readonly task: Task;
  readonly fate: TaskFate;
}

export class Checkpoint {
  readonly #store: ResultStore;
  readonly #jar: TaskJar;
  readonly #deliver: CheckpointParams['deliver'];
  readonly #occurrences = new Occurrences();
  /** Stored results of each algorithm that no submission has asked for. */
  readonly #unclaimed = new Map<AlgorithmEntry, number>();
  /** Submitted tasks by the places of their results, from `#next` on. */
  readonly #held = new Map<number, Task>();
  /** Tasks whose place had passed before they were submitted: they wait for nothing. */
  readonly #late = new Deque<Task>();
  /** The place whose turn it is; undefined after the last one. */
  #next: number | undefined;
  readonly #uncommitted = new Deque<Decided>();
  readonly #fresh = new Deque<Decided>();
  #bytes = 0;

  constructor({ store, jar, deliver }: CheckpointParams) {
    this.#store = store;
    this.#jar = jar;
    this.#deliver = deliver;
    this.#next = store.following(0);
  }

  /** Whether no more tasks should be given out for now, since too many results wait here. */
  get isFull(): boolean {
    return this.#uncommitted.length + this.#fresh.length >= MOST_WAITING || this.#bytes >= MOST_WAITING_BYTES;
  }

  /** The results that wait here, and the limits of them. */
  get load(): WaitingLoad {
    const waiting = this.#uncommitted.length + this.#fresh.length;
    return { waiting, mostWaiting: MOST_WAITING, bytes: this.#bytes, mostBytes: MOST_WAITING_BYTES };
  }

  /** The fate of a task that waits here, and for what; at the cost of those before it. */
  findWaiting(number: number): { readonly fate: TaskFate; readonly isCommitted: boolean } | undefined {
    for (const [tasks, isCommitted] of [
      [this.#uncommitted, false],
      [this.#fresh, true],
    ] as const) {
      for (const { task, fate } of tasks) if (task.number === number) return { fate, isCommitted };
    }
    return undefined;
  }

  /** The number of stored results that were submitted and wait for their turn. */
  get numHeld(): number {
    return this.#held.size + this.#late.length;
  }

  /** Whether `handOverWaiting` may have something to do. */
  get awaitsTurn(): boolean {
    return this.#held.size + this.#late.length + this.#fresh.length > 0;
  }

  /** Counts a submission. True if its result is stored; the task is then in the jar, but not runnable. */
  recall(task: Task): boolean {
    const { algorithm, policy } = task;
    if (!task.subject.checkpoint || policy.sid !== undefined) return false;
    task.storeUnder(this.#occurrences.count(task));
    const unclaimed = this.#unclaimed.get(algorithm) ?? this.#store.countOf(algorithm.definition);
    const place = unclaimed === 0 ? undefined : this.#store.find(task);
    this.#unclaimed.set(algorithm, place === undefined ? unclaimed : unclaimed - 1);
    if (place === undefined) return false;
    this.#jar.addStored(task);
    if (this.#next === undefined || place < this.#next) this.#late.push(task);
    else this.#held.set(place, task);
    return true;
  }

  /** Whether a packet of the task is to be stored. */
  keeps(task: Task): boolean {
    return task.resultKey !== undefined;
  }

  /** Takes a fate of a task that the jar withholds; `body` if it is to be stored. */
  take(task: Task, fate: TaskFate, body: Body | undefined): void {
    this.#bytes += TaskFate.bytesOf(fate);
    if (body === undefined) {
      this.#arrive({ task, fate });
      return;
    }
    this.#store.write(task, body);
    this.#uncommitted.push({ task, fate });
  }

  /** Commits all fates taken so far. */
  commit(): void {
    if (this.#uncommitted.length > 0) this.#store.commit();
  }

  /** The oldest `count` of the results to be stored are now committed. */
  takeCommitted(count: number): void {
    for (let left = count; left > 0; left--) this.#arrive(this.#uncommitted.shift() as Decided);
  }

  #arrive(decided: Decided): void {
    if (this.#next === undefined && this.#fresh.length === 0) this.#handOver(decided);
    else this.#fresh.push(decided);
  }

  #handOver({ task, fate }: Decided): void {
    this.#bytes -= TaskFate.bytesOf(fate);
    this.#jar.finish(task);
    this.#deliver(task, fate);
  }

  /** Hands over the stored results whose turn it is. `isHeld` says for which tasks there is no room. */
  release(isHeld: (task: Task) => boolean): boolean {
    let released = 0;
    for (let task = this.#late.at(0); task !== undefined && !isHeld(task); task = this.#late.at(0)) {
      this.#late.shift();
      this.#handOverStored(task);
      released++;
    }
    while (this.#next !== undefined) {
      const task = this.#held.get(this.#next);
      if (task === undefined || isHeld(task)) break;
      this.#held.delete(this.#next);
      this.#next = this.#store.following(this.#next + 1);
      this.#handOverStored(task);
      released++;
    }
    if (this.#next === undefined) released += this.#handOverFresh(this.#fresh.length);
    return released > 0;
  }

  /**
   * The program waits and has nothing to take: hands it the fates that wait here. False if there are none, or
   * if they must wait for running tasks.
   */
  handOverWaiting(isHeld: (task: Task) => boolean): boolean {
    let first = true;
    // Even without room: the fate that the program waits for may come later.
    const release = (): boolean =>
      this.release((task) => {
        if (!first) return isHeld(task);
        first = false;
        return false;
      });
    if (this.#late.length > 0 || (this.#next !== undefined && this.#held.has(this.#next))) return release();
    // While stored results are held, each fate may make the program submit the tasks that they wait for.
    if (this.#fresh.length > 0) return this.#handOverFresh(this.#held.size > 0 ? 1 : this.#fresh.length) > 0;
    if (this.#held.size === 0 || this.#uncommitted.length > 0 || this.#jar.running > 0) return false;
    while (this.#next !== undefined && !this.#held.has(this.#next)) {
      this.#next = this.#store.following(this.#next + 1);
    }
    return release();
  }

  #handOverFresh(count: number): number {
    for (let left = count; left > 0; left--) this.#handOver(this.#fresh.shift() as Decided);
    return count;
  }

  #handOverStored(task: Task): void {
    if (task.state === 'settled') return;
    const bytes = this.#store.read(task);
    if (bytes === undefined) throw new Error(`the stored result of ${task.id} has gone`);
    const fate = decodeStoredResult(task, bytes);
    this.#jar.settle(task);
    this.#deliver(task, fate);
  }

  /** Tasks whose fates wait here. Results that were to be stored still will be. */
  *waiting(): Iterable<Task> {
    for (const { task } of this.#uncommitted) yield task;
    for (const { task } of this.#fresh) yield task;
  }
}
