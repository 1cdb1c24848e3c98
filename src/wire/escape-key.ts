/** Keys that superjson refuses, under names that it takes. */

const REFUSED = /^~*(?:__proto__|constructor|prototype)$/;
const TILDE = '~'.charCodeAt(0);

/** The key under which a property travels: one `~` more where superjson, or this rule, would trip. */
export function escapeKey(key: string): string {
  return REFUSED.test(key) ? `~${key}` : key;
}

/** The key that travelled as `key`. */
export function unescapeKey(key: string): string {
  return key.charCodeAt(0) === TILDE && REFUSED.test(key) ? key.slice(1) : key;
}

/** Sets an own property whatever its name: assigning to `__proto__` would set the prototype. */
export function setOwn(target: object, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  } else (target as Record<string, unknown>)[key] = value;
}
