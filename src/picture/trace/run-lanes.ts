/**
 * Places the runs of one slave on lanes, where none overlaps another. A trail says how long a run took and when its result
 * came; a run begins as late as that allows, after the run before it.
 */

export interface PlacedRun {
  readonly lane: number;
  readonly ts: number;
  readonly dur: number;
}

export class RunLanes {
  /** By lane: the end of its last run. */
  readonly #ends: number[] = [];
  readonly #places: number;

  /** `places` is the number of runs that the slave has at once. */
  constructor(places: number) {
    this.#places = places;
  }

  /**
   * Runs whose results came together at `ts`, in the order of their ends; all in microseconds. Its line may have been
   * written up to `slack` after the time that it shows.
   */
  place(micros: readonly number[], ts: number, slack: number): PlacedRun[] {
    return this.#places > 1
      ? micros.map((dur) => this.#placeBeside(dur, ts, slack))
      : this.#placeInTurn(micros, ts, slack);
  }

  /** A stretch that is known by both of its ends. */
  placeBetween(from: number, to: number): PlacedRun {
    const ts = Math.max(from, this.#ends[0] ?? 0);
    return this.#put(0, ts, Math.max(ts, to));
  }

  #placeInTurn(micros: readonly number[], ts: number, slack: number): PlacedRun[] {
    const total = micros.reduce((sum, dur) => sum + dur, 0);
    let at = Math.max(this.#ends[0] ?? 0, ts - total, 0);
    return micros.map((dur) => {
      const run = this.#put(0, at, Math.max(at, Math.min(at + dur, ts + slack)));
      at = run.ts + run.dur;
      return run;
    });
  }

  /** On the first lane that is free by then, on a new one, or on the one that is free first. */
  #placeBeside(dur: number, ts: number, slack: number): PlacedRun {
    const begins = Math.max(0, ts - dur);
    let lane = this.#ends.findIndex((end) => end <= begins);
    if (lane < 0 && this.#ends.length < this.#places) lane = this.#ends.length;
    if (lane < 0) lane = this.#ends.indexOf(Math.min(...this.#ends));
    const at = Math.max(begins, this.#ends[lane] ?? 0);
    return this.#put(lane, at, Math.max(at, Math.min(at + dur, ts + slack)));
  }

  #put(lane: number, ts: number, end: number): PlacedRun {
    this.#ends[lane] = end;
    return { lane, ts, dur: end - ts };
  }
}
