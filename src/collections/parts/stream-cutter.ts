/**
 * Cuts parts of elements that are drawn from a source as there is room for them, and keeps the elements until their
 * part is computed.
 *
 * A part of a source that is awaited is cut from what has come, if a slave would idle otherwise. With a checkpoint, the
 * sizes of parts depend on their number alone; those of an awaited source are one, since its next element may come after
 * the value of the last one only.
 */

import type { Cutter, Part } from './part-cutter.js';
import { PartSizer } from './part-sizer.js';

/** The time for which a source is drawn before the event loop gets its turn. */
const TURN_MS = 5;
/** Elements drawn between two looks at the clock. */
const LOOK_EVERY = 16;
/** Parts of a size before the next one is ten times as large, with a checkpoint. */
const KEPT_STEP = 100;
const KEPT_LARGEST = 100;
const MOST_PARTS_OF_WINDOW = 4;

/** The elements of a part. */
interface Block {
  readonly start: number;
  readonly elements: readonly unknown[];
  /** Those not computed yet. */
  left: number;
}

export interface StreamCutterParams {
  readonly isAwaited: boolean;
  readonly keepsResults: boolean;
  /** Elements drawn and not delivered, at most. */
  readonly window: number;
  /** Elements of a part, at most. */
  readonly mostSize: number;
  /** Draws an element of a source that is not awaited; false at its end. */
  readonly draw: (into: unknown[]) => boolean;
  readonly clock: () => number;
}

export class StreamCutter implements Cutter {
  readonly #params: StreamCutterParams;
  readonly #sizer: PartSizer;
  readonly #mostSize: number;
  readonly #blocks = new Map<number, Block>();
  #drawn: unknown[] = [];
  #hasEnded = false;
  #at = 0;
  #cut = 0;
  #open = 0;
  #delivered = 0;

  constructor(params: StreamCutterParams) {
    this.#params = params;
    this.#mostSize = Math.min(params.mostSize, Math.max(1, Math.floor(params.window / MOST_PARTS_OF_WINDOW)));
    this.#sizer = new PartSizer(this.#mostSize, params.clock());
  }

  get isEmpty(): boolean {
    return this.#hasEnded && this.#drawn.length === 0;
  }

  /** Elements that may be drawn now. */
  get room(): number {
    return this.#params.window - (this.#at + this.#drawn.length - this.#delivered);
  }

  /** An element of an awaited source has come. */
  add(element: unknown): void {
    this.#drawn.push(element);
  }

  /** The source has no more elements. */
  end(): void {
    this.#hasEnded = true;
  }

  /** The program took this number of values. */
  deliver(count: number): void {
    this.#delivered += count;
  }

  next(workers: number, now: number): Part | undefined {
    const { isAwaited, keepsResults, window } = this.#params;
    if (this.isEmpty) return undefined;
    const size = keepsResults ? this.#keptSize() : this.#sizer.size(window, workers);
    if (this.#open >= this.#sizer.mostOpen(size, workers, now)) return undefined;
    if (!isAwaited) this.#draw(size);
    if (this.#drawn.length === 0) return undefined;
    const isShort = this.#drawn.length < size && !this.#hasEnded;
    if (isShort && (keepsResults || (isAwaited && this.#open >= workers))) return undefined;
    const elements = this.#drawn.splice(0, size);
    const start = this.#at;
    this.#at += elements.length;
    this.#cut++;
    this.#open++;
    this.#blocks.set(start, { start, elements, left: elements.length });
    return { start, end: this.#at };
  }

  done({ start, end }: Part, ms?: number): void {
    this.#open--;
    if (ms !== undefined) this.#sizer.measure(end - start, ms);
  }

  limit(size: number): void {
    this.#sizer.limit(size);
  }

  /** Of a part, or of a piece of one. */
  elementsOf(part: Part): readonly unknown[] {
    const { start, elements } = this.#blockOf(part);
    return elements.slice(part.start - start, part.end - start);
  }

  /** The elements of a part, or of a piece of one, will not be asked for again. */
  forget(part: Part): void {
    const block = this.#blockOf(part);
    block.left -= part.end - part.start;
    if (block.left === 0) this.#blocks.delete(block.start);
  }

  #blockOf({ start, end }: Part): Block {
    const block = this.#blocks.get(start);
    if (block !== undefined) return block;
    for (const other of this.#blocks.values()) {
      if (other.start <= start && end <= other.start + other.elements.length) return other;
    }
    throw new RangeError(`no elements from ${start} to ${end}`);
  }

  #keptSize(): number {
    if (this.#params.isAwaited) return 1;
    const size = 10 ** Math.floor(this.#cut / KEPT_STEP);
    return Math.min(size, KEPT_LARGEST, this.#mostSize);
  }

  #draw(size: number): void {
    const { draw, clock, keepsResults } = this.#params;
    const began = clock();
    const most = Math.min(size - this.#drawn.length, this.room);
    for (let count = 1; count <= most; count++) {
      if (!draw(this.#drawn)) {
        this.#hasEnded = true;
        return;
      }
      if (!keepsResults && count % LOOK_EVERY === 0 && clock() - began > TURN_MS) return;
    }
  }
}
