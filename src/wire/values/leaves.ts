/** The leaves of a value in tagged form: writing and reading. */

import { FormatError } from '../../errors.js';
import { LEAF } from './tagged-form.js';

/** The most digits of a BigInt in decimal: the time to write or read one grows with the square. */
const MOST_DIGITS = 10_000;
const HUGE = 10n ** BigInt(MOST_DIGITS);
/** The most digits of either part of a Date: days have at most nine. */
const MOST_DATE_DIGITS = 9;
const DAY_MS = 86_400_000;
const DECIMAL = /^-?\d+$/;
const HEX = /^-?[0-9a-f]+$/;
const ZERO = '0'.charCodeAt(0);
const SPECIAL_NUMBERS = new Map([
  ['NaN', Number.NaN],
  ['-0', -0],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/** Whether JSON would turn it into another number, or none. */
export function isSpecialNumber(value: number): boolean {
  return !Number.isFinite(value) || Object.is(value, -0);
}

export function writeSpecialNumber(value: number): string {
  return `~${LEAF.number}${Object.is(value, -0) ? '-0' : value}`;
}

export function writeBigint(value: bigint): string {
  const isHuge = value >= HUGE || value <= -HUGE;
  return isHuge ? `~${LEAF.hugeBigint}${value.toString(16)}` : `~${LEAF.bigint}${value}`;
}

/** `time` may be NaN. */
export function writeDate(time: number): string {
  if (Number.isNaN(time)) return `~${LEAF.date}`;
  // Two small integers are written and read much faster than one large number.
  const days = Math.floor(time / DAY_MS);
  return `~${LEAF.date}${days}.${time - days * DAY_MS}`;
}

export function readSpecialNumber(leaf: string): number {
  const value = SPECIAL_NUMBERS.get(leaf.slice(2));
  if (value === undefined) throw strangeLeaf(leaf);
  return value;
}

export function readBigint(leaf: string): bigint {
  const digits = leaf.slice(2);
  if (digits.length > MOST_DIGITS + 1 || !DECIMAL.test(digits)) throw strangeLeaf(leaf);
  return BigInt(digits);
}

export function readHugeBigint(leaf: string): bigint {
  const digits = leaf.slice(2);
  if (!HEX.test(digits)) throw strangeLeaf(leaf);
  return digits.startsWith('-') ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`);
}

export function readDate(leaf: string): Date {
  if (leaf.length === 2) return new Date(Number.NaN);
  const isNegative = leaf[2] === '-';
  let days = -1;
  let count = 0;
  let digits = 0;
  for (let at = isNegative ? 3 : 2; at < leaf.length; at++) {
    const digit = leaf.charCodeAt(at) - ZERO;
    if (digit >= 0 && digit <= 9 && digits < MOST_DATE_DIGITS) {
      count = count * 10 + digit;
      digits++;
    } else if (leaf[at] === '.' && digits > 0 && days < 0) {
      days = count;
      count = 0;
      digits = 0;
    } else throw strangeLeaf(leaf);
  }
  if (days < 0 || digits === 0) throw strangeLeaf(leaf);
  return new Date((isNegative ? -days : days) * DAY_MS + count);
}

/** The number of the object that a reference names. */
export function readReference(leaf: string): number {
  const digits = leaf.slice(2);
  return DECIMAL.test(digits) ? Number(digits) : -1;
}

export function strangeLeaf(leaf: string): FormatError {
  return new FormatError(`a value holds a leaf that does not travel: ${JSON.stringify(leaf.slice(0, 20))}`);
}
