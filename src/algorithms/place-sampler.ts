/**
 * Looks at a sample of a program's calls of stubs, so that an error can say where its task was submitted. A
 * look takes some ten microseconds, more than a submission: it is done for the first tasks of an algorithm,
 * then for very few.
 */

import { placeAbove } from './call-site.js';

const FIRST = 256;
const THEN_EACH = 16_384;

export class PlaceSampler {
  #calls = 0;

  /**
   * The place where `stub`, which must be on the stack, was called; undefined for a call outside the sample.
   */
  take(stub: (...args: never[]) => unknown): string | undefined {
    const call = this.#calls++;
    return call < FIRST || call % THEN_EACH === 0 ? placeAbove(stub) : undefined;
  }
}
