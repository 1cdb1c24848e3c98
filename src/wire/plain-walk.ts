/**
 * Decides whether JSON alone carries a value unchanged, so that superjson can be left out; it explains
 * nothing: what says no here goes through the fold, which does.
 */

/** Levels of nesting that can travel; superjson's recursion ends the stack at about twice that. */
export const MAX_DEPTH = 500;

/** Up to so many objects a scan of a list finds a repeated one faster than a Set does. */
const SCANNED = 12;

/**
 * Whether `JSON.parse(JSON.stringify(value))` gives the same value again: a tree of plain objects and
 * dense arrays, none of them met twice, over strings, booleans, null and ordinary finite numbers.
 * Getters run, and may throw.
 */
export function isPlainJson(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return isPlainPrimitive(value);
  return isPlainObject(value, 1, { few: [value], many: undefined });
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
      return value === 0 ? 1 / value > 0 : Number.isFinite(value);
    default:
      return value === null;
  }
}

function isPlainObject(value: object, depth: number, seen: Seen): boolean {
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) {
    if (Object.getPrototypeOf(value) !== Array.prototype || 'toJSON' in value) return false;
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (typeof item === 'object' && item !== null) {
        if (isRepeated(item, seen) || !isPlainObject(item, depth + 1, seen)) return false;
      } else if (!isPlainPrimitive(item)) return false;
    }
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const key in value) {
    const item: unknown = (value as Record<string, unknown>)[key];
    if (typeof item === 'object' && item !== null) {
      if (isRepeated(item, seen) || !isPlainObject(item, depth + 1, seen)) return false;
    } else if (!isPlainPrimitive(item)) return false;
  }
  return Object.getOwnPropertySymbols(value).length === 0;
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
