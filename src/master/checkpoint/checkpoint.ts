/**
 * What a checkpoint does to the way of a task. One whose result is stored never becomes runnable; a result
 * that is to be stored is handed over once it is committed. Until then both count as pending.
 *
 * The order in which fates reach the program:
 *
 * - Stored results come in the order in which they were stored. One waits for those before it as long as
 *   these may still be submitted: until the program waits, and nothing runs. Then the earliest goes.
 * - Fates of this run come behind the stored results, or, when some of these were not submitted, as soon
 *   as the program waits: a program that submits what results tell it to sees what it saw before, then
 *   what is new.
 * - What the program cancels it gets at once, as without a checkpoint.
 */

import { Deque } from '../../structures/deque.js';
import type { Body } from '../../wire/messages/body.js';
import type { TaskJar } from '../jar/task-jar.js';
import type { ResultStore } from '../model/result-store.js';
import type { AlgorithmEntry, Task } from '../model/task.js';
import { TaskFate } from '../model/task-fate.js';
import { Occurrences } from './occurrences.js';
import { decodeStoredResult } from './stored-result.js';

/** What may wait here, to be committed or for its turn, before no more tasks are given out. */
const MOST_WAITING = 100_000;
const MOST_WAITING_BYTES = 64 * 1024 * 1024;

interface CheckpointParams {
  readonly store: ResultStore;
  readonly jar: TaskJar;
  /** Hands a fate to the program. */
  readonly deliver: (task: Task, fate: TaskFate) => void;
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
  /** Submitted tasks by the places of their results, at and behind `#next`. */
  readonly #held = new Map<number, Task>();
  /** Those whose place was passed before they were submitted: they wait for nobody. */
  readonly #late = new Deque<Task>();
  /** The place whose turn it is; undefined when all had theirs. */
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

  /** Whether `turn` may have something to do. */
  get awaitsTurn(): boolean {
    return this.#held.size + this.#late.length + this.#fresh.length > 0;
  }

  /** Counts a submission; true if its result is stored, and the task is in the jar without being runnable. */
  recall(task: Task): boolean {
    const { algorithm, policy } = task;
    if (!algorithm.definition.checkpoint || policy.sid !== undefined) return false;
    task.resultKey = this.#occurrences.count(task);
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

  /** Has what was taken committed. */
  commit(): void {
    if (this.#uncommitted.length > 0) this.#store.commit();
  }

  /** The oldest so many of the results that were to be stored are. */
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

  /** Hands over the stored results whose turn it is; `isHeld` names the tasks that nobody has room for. */
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
   * The program waits, and has nothing to take: gives it what waits here. False if that is nothing, or
   * must wait for what still runs.
   */
  turn(isHeld: (task: Task) => boolean): boolean {
    let first = true;
    // Room or not: what the program waits for may stand behind it.
    const release = (): boolean =>
      this.release((task) => {
        if (!first) return isHeld(task);
        first = false;
        return false;
      });
    if (this.#late.length > 0 || (this.#next !== undefined && this.#held.has(this.#next))) return release();
    // With stored results held, each fate may have the program submit what they wait for.
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

  /** Tasks whose fates wait here; what was to be stored of them still will be. */
  *waiting(): Iterable<Task> {
    for (const { task } of this.#uncommitted) yield task;
    for (const { task } of this.#fresh) yield task;
  }
}
