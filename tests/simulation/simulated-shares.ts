/** The shared values of simulated tasks: one of several pieces and some small ones, which do not all fit in a slave. */

import type { SharedValue } from '../../src/algorithms/shared.js';
import { share } from '../../src/wire/shares/share.js';

const SIZES = [280_000, 60_000, 40_000, 20_000];
/** The first one and one more, or all others. */
export const SHARE_CACHE = 345_000;
/** After this number of tasks they are released and shared again. */
const RENEWED_AFTER = 100;

export interface SimulatedShare {
  readonly place: number;
  readonly bytes: Uint8Array;
}

/** Those of the tasks of one program. */
export class SimulatedShares {
  readonly #handles = new Map<number, SharedValue>();

  /** The places of those that a task needs, by its mark: none for most. */
  static of(mark: number): readonly number[] {
    if (mark % 6 !== 1) return [];
    const first = Math.floor(mark / 6) % SIZES.length;
    return mark % 4 === 1 ? [first, (first + 1) % SIZES.length] : [first];
  }

  /** Their handles, for the arguments of that task. */
  handlesFor(mark: number): readonly SharedValue[] {
    if (mark % RENEWED_AFTER === 0) {
      for (const handle of this.#handles.values()) handle.release();
      this.#handles.clear();
    }
    return SimulatedShares.of(mark).map((place) => this.#handleAt(place));
  }

  #handleAt(place: number): SharedValue {
    let handle = this.#handles.get(place);
    if (handle === undefined) {
      const value: SimulatedShare = { place, bytes: new Uint8Array(SIZES[place] ?? 0).fill(place) };
      handle = share(value) as unknown as SharedValue;
      this.#handles.set(place, handle);
    }
    return handle;
  }
}

/** Throws unless they are what the task of that mark was given. */
export function checkShares(mark: number, values: readonly unknown[]): void {
  const places = SimulatedShares.of(mark);
  if (values.length !== places.length)
    throw new Error(`the task ${mark} found ${values.length} shared values`);
  for (const [index, place] of places.entries()) {
    const value = values[index] as SimulatedShare;
    const isRight =
      value.place === place && value.bytes.byteLength === SIZES[place] && value.bytes.at(-1) === place;
    if (!isRight)
      throw new Error(`the task ${mark} found the shared value ${value.place} instead of ${place}`);
  }
}
