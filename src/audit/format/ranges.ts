/** Task numbers as sets of ranges, and their short text: `100-120,125`. */

import { joinWithin } from './split-within.js';

export type Range = readonly [first: number, last: number];

/** Numbers to be written: cheap to add to; sorted and joined only when the text is made. */
export class RangeList {
  readonly #ranges: [number, number][] = [];

  /** The number of ranges so far, before they are joined. */
  get length(): number {
    return this.#ranges.length;
  }

  add(number: number): void {
    const newest = this.#ranges.at(-1);
    if (newest !== undefined && newest[1] === number - 1) newest[1] = number;
    else this.#ranges.push([number, number]);
  }

  /** Returns the texts of all ranges, each of at most `mostLength` characters, and empties the list. */
  take(mostLength: number): string[] {
    const ranges = this.#ranges.splice(0).sort(([a], [b]) => a - b);
    const texts: string[] = [];
    for (let index = 0; index < ranges.length; index++) {
      const [first, last] = ranges[index] as Range;
      let end = last;
      while (ranges[index + 1]?.[0] === end + 1) end = (ranges[++index] as Range)[1];
      texts.push(first === end ? String(first) : `${first}-${end}`);
    }
    return joinWithin(texts, mostLength);
  }
}

/** Undefined if the text is not in our form. */
export function parseRanges(text: string): Range[] | undefined {
  const ranges: Range[] = [];
  for (const piece of text.split(',')) {
    const match = /^(\d{1,16})(?:-(\d{1,16}))?$/.exec(piece);
    if (match === null) return undefined;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first) return undefined;
    ranges.push([first, last]);
  }
  return ranges;
}

/** How many numbers a text of ranges names; 0 for none, and for one that is not in our form. */
export function countRanges(text: string | undefined): number {
  let count = 0;
  for (const [first, last] of text === undefined ? [] : (parseRanges(text) ?? [])) count += last - first + 1;
  return count;
}

/** A set of numbers whose memory grows with its ranges, which are sorted and never touch. */
export class RangeSet {
  readonly #ranges: [number, number][] = [];

  get smallest(): number | undefined {
    return this.#ranges[0]?.[0];
  }

  /** How many numbers are in it. */
  get size(): number {
    let size = 0;
    for (const [first, last] of this.#ranges) size += last - first + 1;
    return size;
  }

  /** Adds numbers above all that it has. */
  append([first, last]: Range): void {
    const newest = this.#ranges.at(-1);
    if (newest !== undefined && newest[1] === first - 1) newest[1] = last;
    else this.#ranges.push([first, last]);
  }

  /** Removes numbers; if one is missing, returns the first such number and changes nothing. */
  remove([first, last]: Range): number | undefined {
    const at = this.#find(first);
    const range = this.#ranges[at];
    if (range === undefined || first < range[0]) return first;
    if (last > range[1]) return range[1] + 1;
    const rest: [number, number][] = [];
    if (range[0] < first) rest.push([range[0], first - 1]);
    if (last < range[1]) rest.push([last + 1, range[1]]);
    this.#ranges.splice(at, 1, ...rest);
    return undefined;
  }

  /** Place of the first range that ends at `number` or later. */
  #find(number: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle] as Range)[1] < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
