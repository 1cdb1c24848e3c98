/**
 * How a component is called in messages: by the names of the scopes around it, from the outside, such as
 * `parallel.build > sequential[2]`.
 */

import { StoppedError } from '../../errors.js';

const PLAIN_NAME = /^[\p{L}_$][\p{L}\p{N}_$-]*$/u;
/** Of a path with more names, only its beginning and its end are shown. */
export const FIRST_NAMES = 8;
export const LAST_NAMES = 12;

/** Of a component's own name; keys of an object may be anything. */
const MOST_CHARACTERS = 200;

/** One name of a path, such as `parallel.build`, `parallel[2]` or `parallel["a b"]`; a long one is cut. */
export function componentName(kind: string, key: string | number): string {
  if (typeof key === 'number') return `${kind}[${key}]`;
  if (key.length > MOST_CHARACTERS) return `${kind}[${JSON.stringify(key.slice(0, MOST_CHARACTERS))}…]`;
  return PLAIN_NAME.test(key) ? `${kind}.${key}` : `${kind}[${JSON.stringify(key)}]`;
}

/** A path, from the outside; `omitted` names stand between the first ones and the last ones. */
export function pathOf(first: readonly string[], omitted: number, last: readonly string[]): string {
  return [...first, ...(omitted > 0 ? [`(${omitted} more)`] : []), ...last].join(' > ');
}

/** When errors were given their paths, in the order of these and of the calls that made scopes. */
const told = new WeakMap<Error, number>();
let last = 0;

export function nextMoment(): number {
  return ++last;
}

/**
 * Gives an error the path of the scope that it leaves, which was made at `bornAt`. If it has the path of another already,
 * it keeps that on its way out, but not in a scope that was made later: there it is thrown a second time. A value that
 * cannot have a path stays as it is, and so does a StoppedError, which is nothing of a component.
 */
export function tellScope(thrown: unknown, path: () => string, bornAt: number): void {
  if (!(thrown instanceof Error) || thrown instanceof StoppedError) return;
  if ('scopePath' in thrown) {
    const toldAt = told.get(thrown);
    if (toldAt === undefined || bornAt < toldAt) return;
  } else if (!Object.isExtensible(thrown)) return;
  const property = { value: path(), enumerable: true, configurable: true };
  if (Reflect.defineProperty(thrown, 'scopePath', property)) told.set(thrown, nextMoment());
}
