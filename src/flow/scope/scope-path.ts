/**
 * How a component is called in messages: by the names of the scopes around it, from the outside, such as
 * `parallel.build > sequential[2]`.
 */

import { StoppedError } from '../../errors.js';

const PLAIN_NAME = /^[\p{L}_$][\p{L}\p{N}_$-]*$/u;
/** Of a path with more names, only its beginning and its end are shown. */
export const FIRST_NAMES = 8;
export const LAST_NAMES = 12;

/** One name of a path, such as `parallel.build`, `parallel[2]` or `parallel["a b"]`. */
export function componentName(kind: string, key: string | number): string {
  if (typeof key === 'number') return `${kind}[${key}]`;
  return PLAIN_NAME.test(key) ? `${kind}.${key}` : `${kind}[${JSON.stringify(key)}]`;
}

/** A path, from the outside; `omitted` names stand between the first ones and the last ones. */
export function pathOf(first: readonly string[], omitted: number, last: readonly string[]): string {
  return [...first, ...(omitted > 0 ? [`(${omitted} more)`] : []), ...last].join(' > ');
}

/**
 * Gives an error the path of the scope that it leaves, if no scope inside that has. A value that cannot have it stays
 * as it is, and so does a StoppedError, which is nothing of a component.
 */
export function tellScope(thrown: unknown, path: () => string): void {
  if (!(thrown instanceof Error) || thrown instanceof StoppedError || 'scopePath' in thrown) return;
  if (!Object.isExtensible(thrown)) return;
  Object.defineProperty(thrown, 'scopePath', { value: path(), enumerable: true, configurable: true });
}
