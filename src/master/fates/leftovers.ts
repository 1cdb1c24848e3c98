/**
 * The tasks that a program did not wait for, and the fates that it did not take, when its master ends:
 * counted, and in words.
 */

import type { TaskJar } from '../jar/task-jar.js';
import type { AlgorithmEntry } from '../model/task.js';
import type { FateBox } from './fate-box.js';

/** Of one algorithm. */
export interface Leftover {
  readonly algorithm: string;
  /** Tasks without a fate. */
  readonly pending: number;
  /** Untaken fates, without those of tasks that the program cancelled or killed. */
  readonly untaken: number;
  /** Where the first of these tasks was submitted, if that is known. */
  readonly submittedAt: string | undefined;
}

export interface Leftovers {
  readonly pending: number;
  readonly untaken: number;
  /** Sources of `submitAll` that were not drawn to their end, without those whose error a reader has had. */
  readonly sources: number;
  /** Broadcasts that slaves still owe which were there at the call. */
  readonly broadcasts: number;
  /** Algorithms of which something is left. */
  readonly algorithms: readonly Leftover[];
}

/** Algorithms that are named in one line. */
const MOST_NAMED = 5;

export function gatherLeftovers(
  jar: TaskJar,
  fates: FateBox,
  entries: Iterable<AlgorithmEntry>,
  sources: number,
  broadcasts: number,
): Leftovers {
  const first = new Map<AlgorithmEntry, number>();
  for (const { algorithm, number } of jar.allLive()) {
    if (number < (first.get(algorithm) ?? Number.POSITIVE_INFINITY)) first.set(algorithm, number);
  }
  const algorithms: Leftover[] = [];
  for (const entry of entries) {
    const untaken = fates.untakenOf(entry);
    if (entry.pending + untaken.count === 0) continue;
    const number = first.get(entry) ?? untaken.first;
    algorithms.push({
      algorithm: entry.definition.name,
      pending: entry.pending,
      untaken: untaken.count,
      submittedAt: number === undefined ? undefined : entry.places.of(number),
    });
  }
  const untaken = algorithms.reduce((sum, one) => sum + one.untaken, 0);
  return { pending: jar.pending, untaken, sources, broadcasts, algorithms };
}

export function areAny({ pending, untaken, sources, broadcasts }: Leftovers): boolean {
  return pending + untaken + sources + broadcasts > 0;
}

/** Such as `3 tasks pending (sweep 2, hello 1) and 2 results untaken (sweep 2)`; never empty. */
export function describeLeftovers({ pending, untaken, sources, broadcasts, algorithms }: Leftovers): string {
  const parts = [
    pending > 0 || untaken + sources + broadcasts === 0
      ? count(pending, 'task', 'pending') + named(algorithms, (one) => one.pending)
      : '',
    untaken > 0 ? count(untaken, 'result', 'untaken') + named(algorithms, (one) => one.untaken) : '',
    sources > 0
      ? count(sources, 'source', `of submitAll not drawn to ${sources === 1 ? 'its' : 'their'} end`)
      : '',
    broadcasts > 0 ? count(broadcasts, 'broadcast', 'not ended on every slave') : '',
  ].filter((part) => part !== '');
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** Such as `, the first of sweep submitted at file:///app/main.js:12:3`; empty where it is not known. */
export function firstSubmission({ algorithms }: Leftovers): string {
  const known = algorithms.find(({ submittedAt }) => submittedAt !== undefined);
  return known === undefined ? '' : `, the first of ${known.algorithm} submitted at ${known.submittedAt}`;
}

function count(number: number, one: string, what: string): string {
  return `${number === 0 ? 'no' : number} ${one}${number === 1 ? '' : 's'} ${what}`;
}

function named(algorithms: readonly Leftover[], countOf: (one: Leftover) => number): string {
  const concerned = algorithms.filter((one) => countOf(one) > 0);
  if (concerned.length === 0) return '';
  const shown = concerned.slice(0, MOST_NAMED).map((one) => `${one.algorithm} ${countOf(one)}`);
  const more = concerned.length - shown.length;
  return ` (${shown.join(', ')}${more > 0 ? `, ${more} other${more === 1 ? '' : 's'}` : ''})`;
}
