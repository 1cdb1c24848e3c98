/**
 * The program's demand on its master. Does it wait for news? Has it left too many fates untaken, so that tasks
 * should wait? Can anything that it asks for still come?
 */

import type { FateBox, Selection, UntakenLoad } from '../fates/fate-box.js';
import type { TaskJar } from '../jar/task-jar.js';
import type { AlgorithmEntry, Task } from '../model/task.js';

/** Something from which tasks are drawn. */
export interface DrawnSource {
  /** Items to come; undefined if that is not known. */
  readonly left: number | undefined;
}

/** A program that did nothing for a second counts as waiting. */
const QUIET_TICKS = 10;

export class ProgramDemand {
  readonly #jar: TaskJar;
  readonly #fates: FateBox;
  /** Loops of the program that wait for news: nothing is held back from them. */
  #readers = 0;
  /** Sources from which tasks are still drawn: while there are any, fates may come. */
  readonly #sources = new Set<DrawnSource>();
  /** The ticks for which the program has neither submitted nor taken anything. */
  #quietTicks = 0;
  #activity = 0;

  constructor(jar: TaskJar, fates: FateBox) {
    this.#jar = jar;
    this.#fates = fates;
  }

  /** A loop of the program begins to wait for news; call `endReading` afterwards. */
  beginReading(): void {
    this.#readers++;
  }

  endReading(): void {
    this.#readers--;
  }

  /** Tasks are drawn from a source; `endDrawing` follows when it has ended or failed. */
  beginDrawing(source: DrawnSource): void {
    this.#sources.add(source);
  }

  endDrawing(source: DrawnSource): void {
    this.#sources.delete(source);
  }

  /** The number of sources that have not ended. */
  get openSources(): number {
    return this.#sources.size;
  }

  /** Items that will still be drawn; undefined if a source does not know. */
  get undrawn(): number | undefined {
    let sum = 0;
    for (const { left } of this.#sources) {
      if (left === undefined) return undefined;
      sum += left;
    }
    return sum;
  }

  /** Whether too many fates are untaken: then no more tasks should be drawn. */
  get isOverfull(): boolean {
    return this.#readers === 0 && this.#fates.isOverfull;
  }

  /** Whether nothing of a selection is pending, untaken or may still be drawn. */
  isIdle(selection: Selection): boolean {
    if (this.#sources.size > 0 || this.#fates.has(selection)) return false;
    if (selection === undefined) return this.#jar.pending === 0;
    for (const entry of selection) if (entry.pending > 0) return false;
    return true;
  }

  /**
   * Decides whether an algorithm's tasks should wait, because their results are not taken; not while the
   * program waits for news.
   */
  judgeHeld(algorithm: AlgorithmEntry): boolean {
    return this.#readers === 0 && this.#fates.judgeFull(algorithm, this.#comingOf(algorithm));
  }

  /** Why a task would be held now, without a note; undefined if it would not. */
  findHold({ future, algorithm }: Task): UntakenLoad | undefined {
    if (future !== undefined || this.#readers > 0) return undefined;
    return this.#fates.findOverload(algorithm, this.#comingOf(algorithm));
  }

  /** Running tasks may be of other algorithms. This one is then held somewhat early, until some of them have ended. */
  #comingOf({ pending }: AlgorithmEntry): number {
    return Math.min(pending, this.#jar.running);
  }

  /** The same for one task: a future's result goes to the program at once. */
  judgeTaskHeld({ future, algorithm }: Task): boolean {
    return future === undefined && this.judgeHeld(algorithm);
  }

  /** Whether the program can do nothing before it hears from its master; it may also poll now and then. */
  get isWaiting(): boolean {
    if (this.#fates.isAwaited) return true;
    if (this.#fates.has(undefined)) return false;
    return this.#readers > 0 || this.#jar.futures > 0 || this.#quietTicks >= QUIET_TICKS;
  }

  /** Call it about every 100 ms. */
  tick(): void {
    const activity = this.#jar.numbersGiven + this.#fates.numTaken;
    this.#quietTicks = activity === this.#activity ? this.#quietTicks + 1 : 0;
    this.#activity = activity;
  }
}
