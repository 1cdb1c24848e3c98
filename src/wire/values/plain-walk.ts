/**
 * Decides whether JSON alone carries a value unchanged, so that the tagged form is not needed. It gives no
 * reasons: any other value goes through the fold, which does.
 */
import { types } from 'node:util';
import { hasElementsOnly } from './named-properties.js';

/** Levels of nesting that can travel; the recursion of the fold would overflow the stack only far beyond. */
export const MAX_DEPTH = 500;

const { getOwnPropertyDescriptor } = Object;

/** Up to this number of objects, scanning a list for a repeated one is faster than a Set. */
const SCANNED = 12;

/**
 * Whether `JSON.parse(JSON.stringify(value))` gives the same value again: a tree of plain objects and dense
 * arrays, none of them twice, over strings, booleans, null and ordinary finite numbers. False for an object
 * with a getter and for a Proxy, which would be read twice.
 */
export function isPlainJson(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return isPlainPrimitive(value);
  return isPlainObject(value, 1, { few: [value], many: undefined });
}

/** The same for an array that this library made, which has only its elements. */
export function isPlainList(list: readonly unknown[]): boolean {
  return arePlainItems(list, 1, { few: [list as unknown as object], many: undefined });
}

/** All objects met so far. */
interface Seen {
  readonly few: object[];
  many: Set<object> | undefined;
}

function isPlainPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return isPlainNumber(value);
    default:
      return value === null;
  }
}

/** A number of which JSON's text gives the same again. */
export function isPlainNumber(value: unknown): value is number {
  return value === 0 ? 1 / value > 0 : Number.isFinite(value);
}

function isPlainObject(value: object, depth: number, seen: Seen): boolean {
  if (depth > MAX_DEPTH || types.isProxy(value)) return false;
  if (Array.isArray(value)) {
    if (Object.getPrototypeOf(value) !== Array.prototype || 'toJSON' in value) return false;
    return hasElementsOnly(value) && arePlainItems(value, depth, seen);
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const key in value) {
    const property = getOwnPropertyDescriptor(value, key);
    if (property === undefined || property.get !== undefined || property.set !== undefined) return false;
    const item: unknown = property.value;
    if (typeof item === 'object' && item !== null) {
      if (isRepeated(item, seen) || !isPlainObject(item, depth + 1, seen)) return false;
    } else if (!isPlainPrimitive(item)) return false;
  }
  return Object.getOwnPropertySymbols(value).length === 0;
}

function arePlainItems(list: readonly unknown[], depth: number, seen: Seen): boolean {
  for (let i = 0; i < list.length; i++) {
    const item: unknown = list[i];
    if (typeof item === 'object' && item !== null) {
      if (isRepeated(item, seen) || !isPlainObject(item, depth + 1, seen)) return false;
    } else if (!isPlainPrimitive(item)) return false;
  }
  return true;
}

function isRepeated(value: object, seen: Seen): boolean {
  if (seen.many !== undefined) {
    const before = seen.many.size;
    return seen.many.add(value).size === before;
  }
  if (seen.few.includes(value)) return true;
  if (seen.few.push(value) > SCANNED) seen.many = new Set(seen.few);
  return false;
}
