/** Reductions: parts of the elements are folded by slaves, and so are their values. */

import type { Task } from '../algorithms/task.js';
import { MessageSizeError, UsageError } from '../errors.js';
import { mayEndUnheard } from '../structures/unheard-end.js';
import { type Call, openCall, runOfCall, throwError } from './parts/call.js';
import type { MapElement, MapElements } from './parts/map-element.js';
import { checkOptions, PART_KEYS, type PartOptions } from './parts/options.js';
import { Source } from './parts/source.js';
import { type ResolvedTask, resolveTask, submitOperation, withKey } from './parts/task.js';
import type { Zip } from './parts/zip.js';

/** Options of `preducePartial`. */
export interface PartialReduceOptions<A, R> extends PartOptions {
  /** A task that turns each element into the value to fold. */
  readonly key?: Task<[A], R | Promise<R>> | undefined;
  /** The first element; 0 by default. */
  readonly start?: number | undefined;
  /** The index after the last element; the length by default. */
  readonly end?: number | undefined;
  /** Whether to fold from the last element to the first; the task's second argument is then what was folded. */
  readonly fromEnd?: boolean | undefined;
}

/** Options of `preduce`. */
export interface ReduceOptions<A, R> extends PartialReduceOptions<A, R> {
  /** Folded with the first element, or from the end with the last; once, whatever the parts. */
  readonly initial?: R | undefined;
}

/** Options of `pmapReduce`. */
export interface MapReduceOptions<R> extends PartOptions {
  /** Folded with the first value; once, whatever the parts. */
  readonly initial?: R | undefined;
  /** The number of elements to take at most; all by default. */
  readonly size?: number | undefined;
}

const PARTIAL_KEYS = [...PART_KEYS, 'key', 'start', 'end', 'fromEnd'] as const;

/** Values of a part and of the pieces into which it was cut, by the index at which they begin. */
type Partial = readonly [start: number, value: unknown];

interface Reduction {
  readonly call: Call;
  /** The task as its parts are submitted. */
  readonly partTask: ResolvedTask;
  readonly key: ResolvedTask | undefined;
  readonly fromEnd: boolean;
}

/**
 * Folds the elements with an associative task (lparallel's preduce). It need not be commutative: values keep their
 * order. Each part is folded by a slave, which gets its elements only; then a slave folds the values of the parts.
 * Without elements, `initial` is the value; without both, it rejects with a UsageError. Errors are those of `pmap`;
 * `index` counts from the beginning of the source.
 *
 * @example const sum = await preduce(add, numbers, { initial: 0 });
 */
export function preduce<R>(
  task: Task<[NoInfer<R>, NoInfer<R>], R | Promise<R>>,
  elements: Iterable<R>,
  options?: ReduceOptions<R, R> & { readonly key?: undefined },
): Promise<R>;
/** The same for the values that a key gives. */
export function preduce<A, R>(
  task: Task<[NoInfer<R>, NoInfer<R>], R | Promise<R>>,
  elements: Iterable<A>,
  options: ReduceOptions<A, R> & { readonly key: Task<[A], R | Promise<R>> },
): Promise<R>;
export function preduce(
  task: unknown,
  elements: unknown,
  options: ReduceOptions<never, unknown> = {},
): Promise<unknown> {
  return mayEndUnheard(async () => {
    checkOptions('preduce', options, [...PARTIAL_KEYS, 'initial']);
    const call = openCall(preduce, task, options);
    const reduction = reductionOf(call, options);
    const source = Source.ofList('preduce', elements);
    const { start, end } = rangeOf('preduce', options, source.length);
    return fold(reduction, source, start, end, initialOf(options));
  });
}

/**
 * The values of `preduce` for each part, in order, not folded any more (lparallel's preduce-partial). Without elements
 * it rejects with a UsageError. The parts are those of `auto` unless given: then there are as many values.
 */
export function preducePartial<R>(
  task: Task<[NoInfer<R>, NoInfer<R>], R | Promise<R>>,
  elements: Iterable<R>,
  options?: PartialReduceOptions<R, R> & { readonly key?: undefined },
): Promise<R[]>;
/** The same for the values that a key gives. */
export function preducePartial<A, R>(
  task: Task<[NoInfer<R>, NoInfer<R>], R | Promise<R>>,
  elements: Iterable<A>,
  options: PartialReduceOptions<A, R> & { readonly key: Task<[A], R | Promise<R>> },
): Promise<R[]>;
export function preducePartial(
  task: unknown,
  elements: unknown,
  options: PartialReduceOptions<never, unknown> = {},
): Promise<unknown[]> {
  return mayEndUnheard(async () => {
    checkOptions('preducePartial', options, PARTIAL_KEYS);
    const call = openCall(preducePartial, task, options);
    const reduction = reductionOf(call, options);
    const source = Source.ofList('preducePartial', elements);
    const { start, end } = rangeOf('preducePartial', options, source.length);
    if (start === end) throw emptyError('preducePartial');
    return partials(reduction, source, start, end);
  });
}

/**
 * Maps and folds at once: the values of `map` for each element are folded with `reduce` where they were computed
 * (lparallel's pmap-reduce). Otherwise like `preduce`; with `zip`, `map` gets an element of each source. The parts run
 * under the policy of `map`, the last fold under that of `reduce`.
 *
 * @example const bytes = await pmapReduce(sizeOf, add, files, { initial: 0 });
 */
export function pmapReduce<A extends readonly unknown[], R>(
  map: Task<A, R | Promise<R>>,
  reduce: Task<[NoInfer<R>, NoInfer<R>], R | Promise<R>>,
  elements: Zip<MapElements<A>>,
  options?: MapReduceOptions<R>,
): Promise<R>;
/** The same for the elements of one source. */
export function pmapReduce<A, R>(
  map: Task<[A], R | Promise<R>>,
  reduce: Task<[NoInfer<R>, NoInfer<R>], R | Promise<R>>,
  elements: Iterable<MapElement<A>>,
  options?: MapReduceOptions<R>,
): Promise<R>;
export function pmapReduce(
  map: unknown,
  reduce: unknown,
  elements: unknown,
  options: MapReduceOptions<unknown> = {},
): Promise<unknown> {
  return mayEndUnheard(async () => {
    checkOptions('pmapReduce', options, [...PART_KEYS, 'initial', 'size']);
    const call = openCall(pmapReduce, reduce, options);
    const key = resolveTask('pmapReduce', map, options.policy);
    const source = Source.of('pmapReduce', elements, options.size);
    // The parts are the runs of `map`, with its limits and repetitions
    const partTask = { ...withKey(call.task, key), policy: key.policy };
    return fold({ call, partTask, key, fromEnd: false }, source, 0, source.length, initialOf(options));
  });
}

function reductionOf(call: Call, options: PartialReduceOptions<never, unknown>): Reduction {
  const key = options.key && resolveTask(call.stub, options.key);
  return { call, partTask: withKey(call.task, key), key, fromEnd: options.fromEnd ?? false };
}

/** `initial: undefined` means that there is no initial value, as in the calls of arrays with fewer arguments. */
function initialOf({ initial }: { readonly initial?: unknown }): readonly unknown[] {
  return initial === undefined ? [] : [initial];
}

function rangeOf(
  stub: string,
  { start = 0, end }: PartialReduceOptions<never, unknown>,
  length: number,
): { readonly start: number; readonly end: number } {
  const to = end ?? length;
  if (start <= to && to <= length) return { start, end: to };
  throw new UsageError(`${stub} takes elements ${start} to ${to} of a source that has ${length}`);
}

async function fold(
  reduction: Reduction,
  source: Source,
  start: number,
  end: number,
  initial: readonly unknown[],
): Promise<unknown> {
  if (start === end) {
    if (initial.length > 0) return initial[0];
    throw emptyError(reduction.call.stub);
  }
  const values = await partials(reduction, source, start, end);
  return foldValues(reduction, reduction.fromEnd ? [...values, ...initial] : [...initial, ...values]);
}

function emptyError(stub: string): UsageError {
  return new UsageError(
    stub === 'preducePartial'
      ? 'preducePartial has no elements, so that there is no value'
      : `${stub} has no elements and no initial value, so that there is no value; give it { initial }`,
  );
}

async function partials(
  reduction: Reduction,
  source: Source,
  start: number,
  end: number,
): Promise<unknown[]> {
  const { call, partTask, key, fromEnd } = reduction;
  const values: Partial[] = [];
  const cuts: number[] = [];
  const run = runOfCall(call, {
    operation: 'ts-mw:reduce',
    task: partTask,
    keyName: key?.name,
    length: end - start,
    base: start,
    argumentsOf: (part) => [
      key?.reference ?? null,
      fromEnd,
      source.columns(start + part.start, start + part.end),
    ],
    onCut: (part) => cuts.push(part.start),
    take: (part, [, value]) => {
      values.push([part.start, value]);
    },
    takeError: throwError,
  });
  await run.run();
  values.sort(([a], [b]) => a - b);
  if (values.length === cuts.length) return values.map(([, value]) => value);
  return Promise.all(groupByCut(values, cuts).map((pieces) => foldValues(reduction, pieces)));
}

/** A part that was lost came back in pieces: their values together are that of the part. */
function groupByCut(values: readonly Partial[], cuts: readonly number[]): unknown[][] {
  const starts = new Set(cuts);
  const groups: unknown[][] = [];
  for (const [start, value] of values) {
    if (starts.has(start)) groups.push([value]);
    else groups.at(-1)?.push(value);
  }
  return groups;
}

/** By one slave; by halves if they do not fit into a message together. */
async function foldValues(reduction: Reduction, values: readonly unknown[]): Promise<unknown> {
  if (values.length === 1) return values[0];
  const { call, fromEnd } = reduction;
  const { submitter, task, place, options } = call;
  const params = { submitter, task, place, signal: options.signal };
  try {
    const [, value] = await submitOperation(params, 'ts-mw:reduce', [null, fromEnd, [values]]);
    return value;
  } catch (error) {
    if (!(error instanceof MessageSizeError) || values.length < 3) throw error;
  }
  const middle = Math.ceil(values.length / 2);
  const halves = [values.slice(0, middle), values.slice(middle)];
  return foldValues(reduction, await Promise.all(halves.map((half) => foldValues(reduction, half))));
}
