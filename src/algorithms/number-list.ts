/**
 * Lists of numbers travel as typed arrays: their bytes are copied, where JSON would be written and read. The numbers are
 * the same afterwards, -0, NaN and the infinities too.
 */

export type NumberList = Int8Array | Int16Array | Int32Array | Float64Array;

/** Shorter lists cost more as a typed array than as JSON. */
const LEAST_LENGTH = 32;

/**
 * A copy of the elements from `start` to before `end` in the smallest of these forms that holds them; undefined if one of
 * them is not a number, or if there are too few.
 */
export function packNumbers(list: ArrayLike<unknown>, start = 0, end = list.length): NumberList | undefined {
  const length = end - start;
  if (length < LEAST_LENGTH) return undefined;
  let isWhole = true;
  let least = 0;
  let most = 0;
  for (let index = start; index < end; index++) {
    const item = list[index];
    if (typeof item !== 'number') return undefined;
    if (!isWhole) continue;
    if ((item | 0) !== item || (item === 0 && 1 / item < 0)) isWhole = false;
    else if (item < least) least = item;
    else if (item > most) most = item;
  }
  const packed = isWhole ? wholeNumbers(length, least, most) : new Float64Array(length);
  for (let offset = 0; offset < length; offset++) packed[offset] = list[start + offset] as number;
  return packed;
}

function wholeNumbers(length: number, least: number, most: number): Int8Array | Int16Array | Int32Array {
  if (least >= -0x80 && most < 0x80) return new Int8Array(length);
  if (least >= -0x8000 && most < 0x8000) return new Int16Array(length);
  return new Int32Array(length);
}

/** The list as `packNumbers` gives it, or as it is. */
export function packedList(list: readonly unknown[]): ArrayLike<unknown> {
  return packNumbers(list) ?? list;
}
