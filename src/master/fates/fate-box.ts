/**
 * The fates that the program has not taken yet: in order of arrival, told apart by algorithm, each handed
 * over once. A reader that waits gets a fate as it comes.
 *
 * The number of fates per algorithm is limited, by holding its tasks in the jar in time; fates on their way
 * are counted too. A program that waits on its master is never held up.
 */

import { Deque } from '../../structures/deque.js';
import type { AlgorithmEntry } from '../model/task.js';
import { TaskFate } from '../model/task-fate.js';

/** The limits for one algorithm before its tasks are held: fates, and bytes of them. */
const MOST_UNTAKEN = 200_000;
const MOST_UNTAKEN_BYTES = 128 * 1024 * 1024;
/** The part of the limit at which they are released. */
const REOPENS_AT = 0.5;

interface Tray {
  readonly results: Deque<TaskFate>;
  readonly unrunnable: Deque<TaskFate>;
  bytes: number;
  isFull: boolean;
}

/** The untaken fates of an algorithm, and the limits of them. */
export interface UntakenLoad {
  readonly untaken: number;
  readonly mostUntaken: number;
  readonly bytes: number;
  readonly mostBytes: number;
}

interface Waiter {
  readonly algorithms: ReadonlySet<AlgorithmEntry> | undefined;
  readonly resolve: (fate: TaskFate | undefined) => void;
  readonly reject: (error: unknown) => void;
}

type FateKind = 'results' | 'unrunnable';

/** The algorithms that a reader wants; undefined for all. */
export type Selection = ReadonlySet<AlgorithmEntry> | undefined;

export class FateBox {
  readonly #trays = new Map<AlgorithmEntry, Tray>();
  #waiters: Waiter[] = [];
  readonly #failures: { readonly error: unknown }[] = [];
  #order = 0;
  #numResults = 0;
  #numUnrunnable = 0;
  #numTaken = 0;

  /** Fates that were handed over, ever. */
  get numTaken(): number {
    return this.#numTaken;
  }

  /** Results that the program has not taken yet. */
  get numResults(): number {
    return this.#numResults;
  }

  /** Unrunnable tasks that the program has not taken yet. */
  get numUnrunnable(): number {
    return this.#numUnrunnable;
  }

  /**
   * Decides whether an algorithm's tasks should wait until half of its fates were taken. Setting all its
   * queued tasks aside is costly, so this must not happen for each fate. `coming` tasks are on their way.
   */
  judgeFull(algorithm: AlgorithmEntry, coming = 0): boolean {
    const tray = this.#trays.get(algorithm);
    if (tray === undefined) return false;
    tray.isFull = isFull(tray, coming * algorithm.resultBytes);
    return tray.isFull;
  }

  /** The load that `judgeFull` would find too much now, without a note; undefined if it would not. */
  findOverload(algorithm: AlgorithmEntry, coming: number): UntakenLoad | undefined {
    const tray = this.#trays.get(algorithm);
    if (tray === undefined || !isFull(tray, coming * algorithm.resultBytes)) return undefined;
    const untaken = tray.results.length + tray.unrunnable.length;
    return { untaken, mostUntaken: MOST_UNTAKEN, bytes: tray.bytes, mostBytes: MOST_UNTAKEN_BYTES };
  }

  /** The untaken fate of a task, if there is one: at the cost of those before it. */
  findUntaken(number: number): TaskFate | undefined {
    for (const { results, unrunnable } of this.#trays.values()) {
      for (const fate of results) if (TaskFate.taskOf(fate)?.number === number) return fate;
      for (const fate of unrunnable) if (TaskFate.taskOf(fate)?.number === number) return fate;
    }
    return undefined;
  }

  put(fate: TaskFate): void {
    const algorithm = TaskFate.entryOf(fate);
    const waiter = this.#waiters.length === 0 ? undefined : this.#takeWaiter(algorithm);
    if (waiter !== undefined) {
      this.#numTaken++;
      waiter.resolve(fate);
      return;
    }
    TaskFate.setOrder(fate, this.#order++);
    const tray = this.#tray(algorithm);
    tray.bytes += TaskFate.bytesOf(fate);
    if (fate.status === 'unrunnable') {
      tray.unrunnable.push(fate);
      this.#numUnrunnable++;
    } else {
      tray.results.push(fate);
      this.#numResults++;
    }
  }

  #takeWaiter(algorithm: AlgorithmEntry): Waiter | undefined {
    const waiting = this.#waiters.findIndex(({ algorithms }) => algorithms?.has(algorithm) ?? true);
    return waiting < 0 ? undefined : this.#waiters.splice(waiting, 1)[0];
  }

  takeResults(selection: Selection): TaskFate[] {
    return this.#takeAll(selection, 'results');
  }

  takeUnrunnable(selection: Selection): TaskFate[] {
    return this.#takeAll(selection, 'unrunnable');
  }

  /** The oldest fate of the selection. */
  takeNext(selection: Selection): TaskFate | undefined {
    let best: Tray | undefined;
    let kind: FateKind = 'results';
    let oldest = Number.POSITIVE_INFINITY;
    for (const [algorithm, tray] of this.#trays) {
      if (selection !== undefined && !selection.has(algorithm)) continue;
      const result = orderOf(tray.results.at(0));
      const unrunnable = orderOf(tray.unrunnable.at(0));
      const order = Math.min(result, unrunnable);
      if (order >= oldest) continue;
      oldest = order;
      best = tray;
      kind = result < unrunnable ? 'results' : 'unrunnable';
    }
    return best && this.#shift(best, kind);
  }

  has(selection: Selection): boolean {
    if (selection === undefined) return this.#numResults + this.#numUnrunnable > 0;
    for (const algorithm of selection) {
      const tray = this.#trays.get(algorithm);
      if (tray !== undefined && tray.results.length + tray.unrunnable.length > 0) return true;
    }
    return false;
  }

  /**
   * The number of an algorithm's untaken fates, without those of tasks that the program took back, and the first one's
   * task.
   */
  untakenOf(algorithm: AlgorithmEntry): { readonly count: number; readonly first: number | undefined } {
    const tray = this.#trays.get(algorithm);
    if (tray === undefined) return { count: 0, first: undefined };
    const unwanted = [...tray.unrunnable].filter(({ isUnwanted }) => isUnwanted).length;
    const first = [tray.results.at(0), tray.unrunnable.at(0)].find((fate) => fate !== undefined);
    return {
      count: tray.results.length + tray.unrunnable.length - unwanted,
      first: first && TaskFate.taskOf(first)?.number,
    };
  }

  /**
   * The next fate of the selection to come; undefined when `settleIdle` finds that none will, or the master has ended.
   * Rejects when `signal` aborts, and takes no fate then.
   */
  wait(selection: Selection, signal?: AbortSignal): Promise<TaskFate | undefined> {
    const fate = new Promise<TaskFate | undefined>((resolve, reject) => {
      this.#waiters.push({ algorithms: selection, resolve, reject });
    });
    return signal === undefined ? fate : this.#waitUnless(signal, fate, this.#waiters.at(-1) as Waiter);
  }

  async #waitUnless(
    signal: AbortSignal,
    fate: Promise<TaskFate | undefined>,
    waiter: Waiter,
  ): Promise<TaskFate | undefined> {
    const leave = (): void => {
      this.#waiters = this.#waiters.filter((one) => one !== waiter);
      waiter.reject(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await fate;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /** The error of a source of tasks: for all current readers, or for the next one. */
  fail(error: unknown): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { reject } of waiters) reject(error);
    if (waiters.length === 0) this.#failures.push({ error });
  }

  get hasFailed(): boolean {
    return this.#failures.length > 0;
  }

  /** Sources whose error no reader has had. */
  get numFailures(): number {
    return this.#failures.length;
  }

  takeFailure(): { readonly error: unknown } | undefined {
    return this.#failures.shift();
  }

  /** Whether the program leaves too much untaken to make more tasks for it. */
  get isOverfull(): boolean {
    return this.#waiters.length === 0 && this.#numResults + this.#numUnrunnable >= MOST_UNTAKEN;
  }

  get isAwaited(): boolean {
    return this.#waiters.length > 0;
  }

  /** Ends the waits of readers whose selection can get nothing more. */
  settleIdle(isIdle: (selection: Selection) => boolean): void {
    if (this.#waiters.length === 0) return;
    const idle = this.#waiters.filter(({ algorithms }) => isIdle(algorithms));
    if (idle.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !idle.includes(waiter));
    for (const { resolve } of idle) resolve(undefined);
  }

  #takeAll(selection: Selection, kind: FateKind): TaskFate[] {
    const taken: TaskFate[] = [];
    let trays = 0;
    for (const [algorithm, tray] of this.#trays) {
      if (selection !== undefined && !selection.has(algorithm)) continue;
      if (tray[kind].length > 0) trays++;
      for (let fate = this.#shift(tray, kind); fate; fate = this.#shift(tray, kind)) taken.push(fate);
    }
    if (trays > 1) taken.sort((a, b) => TaskFate.orderOf(a) - TaskFate.orderOf(b));
    return taken;
  }

  #shift(tray: Tray, kind: FateKind): TaskFate | undefined {
    const fate = tray[kind].shift();
    if (fate === undefined) return undefined;
    tray.bytes -= TaskFate.bytesOf(fate);
    this.#numTaken++;
    if (kind === 'results') this.#numResults--;
    else this.#numUnrunnable--;
    return fate;
  }

  #tray(algorithm: AlgorithmEntry): Tray {
    let tray = this.#trays.get(algorithm);
    if (tray === undefined) {
      tray = { results: new Deque(), unrunnable: new Deque(), bytes: 0, isFull: false };
      this.#trays.set(algorithm, tray);
    }
    return tray;
  }
}

/** `coming` bytes are on their way. An empty tray has nothing to take: its next fate is the next one to arrive. */
function isFull(tray: Tray, coming: number): boolean {
  const untaken = tray.results.length + tray.unrunnable.length;
  const load = Math.max(untaken / MOST_UNTAKEN, (tray.bytes + coming) / MOST_UNTAKEN_BYTES);
  return untaken > 0 && load >= (tray.isFull ? REOPENS_AT : 1);
}

/** No fate is younger than any. */
function orderOf(fate: TaskFate | undefined): number {
  return fate === undefined ? Number.POSITIVE_INFINITY : TaskFate.orderOf(fate);
}
