/** Searches: whether, where and how often a task says true for an element. They end as soon as the answer is known. */

import type { Extent } from '../algorithms/operations.js';
import type { Task } from '../algorithms/task.js';
import { mayEndUnheard } from '../structures/unheard-end.js';
import { type Call, openCall, runOfCall, throwError } from './parts/call.js';
import { checkOptions, PART_KEYS, type PartOptions } from './parts/options.js';
import type { PartRun } from './parts/part-run.js';
import { Source } from './parts/source.js';
import type { Zip } from './parts/zip.js';

/**
 * The first element, in their order, for which the task says true; undefined if there is none (lparallel's pfind).
 * Later parts are cancelled once it is found. Errors are those of `pmap`.
 *
 * @example const prime = await pfind(isPrime, candidates);
 */
export function pfind<A extends readonly unknown[]>(
  task: Task<A, boolean | Promise<boolean>>,
  elements: Zip<A>,
  options?: PartOptions,
): Promise<A | undefined>;
/** The same for the elements of one source. */
export function pfind<A>(
  task: Task<[A], boolean | Promise<boolean>>,
  elements: Iterable<A>,
  options?: PartOptions,
): Promise<A | undefined>;
export function pfind(task: unknown, elements: unknown, options: PartOptions = {}): Promise<unknown> {
  return mayEndUnheard(async () => {
    const { call, source } = open(pfind, task, elements, options);
    const index = await findFirst(call, source);
    return index === undefined ? undefined : source.elementAt(index);
  });
}

/** Whether the task says true for at least one element (lparallel's psome). The rest is cancelled then. */
export function psome<A extends readonly unknown[]>(
  task: Task<A, boolean | Promise<boolean>>,
  elements: Zip<A>,
  options?: PartOptions,
): Promise<boolean>;
/** The same for the elements of one source. */
export function psome<A>(
  task: Task<[A], boolean | Promise<boolean>>,
  elements: Iterable<A>,
  options?: PartOptions,
): Promise<boolean>;
export function psome(task: unknown, elements: unknown, options: PartOptions = {}): Promise<boolean> {
  return mayEndUnheard(async () => {
    const { call, source } = open(psome, task, elements, options);
    return isThereOne(call, source, 'first');
  });
}

/** Whether the task says true for all elements (lparallel's pevery). The rest is cancelled at the first other. */
export function pevery<A extends readonly unknown[]>(
  task: Task<A, boolean | Promise<boolean>>,
  elements: Zip<A>,
  options?: PartOptions,
): Promise<boolean>;
/** The same for the elements of one source. */
export function pevery<A>(
  task: Task<[A], boolean | Promise<boolean>>,
  elements: Iterable<A>,
  options?: PartOptions,
): Promise<boolean>;
export function pevery(task: unknown, elements: unknown, options: PartOptions = {}): Promise<boolean> {
  return mayEndUnheard(async () => {
    const { call, source } = open(pevery, task, elements, options);
    return !(await isThereOne(call, source, 'not'));
  });
}

/** The number of elements for which the task says true (lparallel's pcount). */
export function pcount<A extends readonly unknown[]>(
  task: Task<A, boolean | Promise<boolean>>,
  elements: Zip<A>,
  options?: PartOptions,
): Promise<number>;
/** The same for the elements of one source. */
export function pcount<A>(
  task: Task<[A], boolean | Promise<boolean>>,
  elements: Iterable<A>,
  options?: PartOptions,
): Promise<number>;
export function pcount(task: unknown, elements: unknown, options: PartOptions = {}): Promise<number> {
  return mayEndUnheard(async () => {
    const { call, source } = open(pcount, task, elements, options);
    let count = 0;
    await searchRun(call, source, 'count', (_start, found) => {
      count += found as number;
    }).run();
    return count;
  });
}

/**
 * The elements for which the task says false, in their order: those of the source themselves (lparallel's premove-if).
 */
export function premove<A extends readonly unknown[]>(
  task: Task<A, boolean | Promise<boolean>>,
  elements: Zip<A>,
  options?: PartOptions,
): Promise<A[]>;
/** The same for the elements of one source. */
export function premove<A>(
  task: Task<[A], boolean | Promise<boolean>>,
  elements: Iterable<A>,
  options?: PartOptions,
): Promise<A[]>;
export function premove(task: unknown, elements: unknown, options: PartOptions = {}): Promise<unknown[]> {
  return mayEndUnheard(async () => {
    const { call, source } = open(premove, task, elements, options);
    const removed = new Uint8Array(source.length);
    await searchRun(call, source, 'all', (start, found) => {
      for (const offset of found as readonly number[]) removed[start + offset] = 1;
    }).run();
    const kept: unknown[] = [];
    for (let index = 0; index < source.length; index++) {
      if (removed[index] === 0) kept.push(source.elementAt(index));
    }
    return kept;
  });
}

/** Whether there is an element for which the task says true, or does not: known at the first one. */
async function isThereOne(call: Call, source: Source, extent: 'first' | 'not'): Promise<boolean> {
  let isFound = false;
  const run = searchRun(call, source, extent, (_start, found) => {
    if ((found as readonly number[]).length === 0) return;
    isFound = true;
    run.stop();
  });
  await run.run();
  return isFound;
}

/** The least index for which the task says true: known when no part before it is open. */
async function findFirst(call: Call, source: Source): Promise<number | undefined> {
  let first: number | undefined;
  const run = searchRun(call, source, 'first', (start, found) => {
    const [offset] = found as readonly number[];
    if (offset === undefined) return;
    first = Math.min(first ?? start + offset, start + offset);
    run.narrow(start);
  });
  await run.run();
  return first;
}

function open(
  stub: (...args: never[]) => unknown,
  task: unknown,
  elements: unknown,
  options: PartOptions,
): { readonly call: Call; readonly source: Source } {
  checkOptions(stub.name, options, PART_KEYS);
  return { call: openCall(stub, task, options), source: Source.of(stub.name, elements) };
}

function searchRun(
  call: Call,
  source: Source,
  extent: Extent,
  take: (start: number, found: readonly number[] | number) => void,
): PartRun {
  return runOfCall(call, {
    operation: 'ts-mw:test',
    length: source.length,
    argumentsOf: ({ start, end }) => [extent, source.columns(start, end)],
    take: ({ start }, [, found]) => take(start, found as readonly number[] | number),
    takeError: throwError,
  });
}
