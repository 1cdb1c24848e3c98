/**
 * Cuts the elements of a call into parts, and says when each is submitted. Pure: it is told which parts were computed,
 * and asked for the next one.
 *
 * A fixed number of parts are slices as equal as possible. Under `auto`, only some parts are cut ahead, and the rest
 * later, for the slaves of then; with a checkpoint the cut depends on the length alone, so that the parts of another
 * run are the same.
 */

import { PartSizer } from './part-sizer.js';

/** A contiguous slice of the elements. */
export interface Part {
  readonly start: number;
  /** The index after the last one. */
  readonly end: number;
}

/** The cutter of a call, as its run sees it. */
export interface Cutter {
  /** Whether no part is left to cut. */
  readonly isEmpty: boolean;
  /** The next part; undefined if enough are open, or none is ready. `workers` run one each at once. */
  next(workers: number, now: number): Part | undefined;
  /** A part was computed in `ms`, or failed, when its time is unknown. */
  done(part: Part, ms?: number): void;
  /** A message of more elements is too large. */
  limit(size: number): void;
}

/** The number of parts, or `auto`, which measures. */
export type Parts = number | 'auto';

/** Parts of a call with a checkpoint. */
const KEPT_PARTS = 1_000;
/** Parts of a fixed cut that are submitted ahead. */
const FIXED_AHEAD = 10_000;

export interface PartCutterParams {
  readonly length: number;
  readonly parts: Parts;
  readonly keepsResults: boolean;
  /** Elements of a part under `auto`, at most. */
  readonly mostSize: number;
  /** In milliseconds. */
  readonly now: number;
}

export class PartCutter implements Cutter {
  readonly #length: number;
  readonly #fixed: number | undefined;
  readonly #sizer: PartSizer;
  #at = 0;
  #cut = 0;
  #open = 0;

  constructor({ length, parts, keepsResults, mostSize, now }: PartCutterParams) {
    this.#length = length;
    this.#sizer = new PartSizer(mostSize, now);
    if (parts !== 'auto') this.#fixed = Math.min(parts, length);
    else if (keepsResults) this.#fixed = Math.min(Math.max(KEPT_PARTS, Math.ceil(length / mostSize)), length);
  }

  get isEmpty(): boolean {
    return this.#at >= this.#length;
  }

  next(workers: number, now: number): Part | undefined {
    if (this.isEmpty) return undefined;
    const isFixed = this.#fixed !== undefined;
    const size = isFixed ? this.#fixedSize() : this.#sizer.size(this.#length - this.#at, workers);
    if (this.#open >= (isFixed ? FIXED_AHEAD : this.#sizer.mostOpen(size, workers, now))) return undefined;
    const start = this.#at;
    this.#at += size;
    this.#cut++;
    this.#open++;
    return { start, end: this.#at };
  }

  done({ start, end }: Part, ms?: number): void {
    this.#open--;
    if (ms !== undefined) this.#sizer.measure(end - start, ms);
  }

  limit(size: number): void {
    this.#sizer.limit(size);
  }

  #fixedSize(): number {
    return Math.floor(((this.#cut + 1) * this.#length) / (this.#fixed as number)) - this.#at;
  }
}
