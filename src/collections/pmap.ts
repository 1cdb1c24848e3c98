/** Maps whose source has a known length: the values of a task for each element, in the order of the source. */

import type { Failure, OnError } from '../algorithms/operations.js';
import type { Task } from '../algorithms/task.js';
import type { EncodeError, MessageSizeError, TaskError, UnrunnableError } from '../errors.js';
import { UnrunnableError as Unrunnable, UsageError } from '../errors.js';
import { mayEndUnheard } from '../structures/unheard-end.js';
import { type Call, openCall, runOfCall } from './parts/call.js';
import { failureError } from './parts/element-error.js';
import type { MapElement, MapElements } from './parts/map-element.js';
import { checkOptions, MAP_KEYS, type MapOptions } from './parts/options.js';
import type { Part } from './parts/part-cutter.js';
import type { ComputedPart } from './parts/part-run.js';
import { isAsyncIterable, isIterable, Source } from './parts/source.js';
import type { Zip } from './parts/zip.js';

/** An array or a typed array, into which `pmapInto` writes. */
export interface MapTarget<R> {
  /** Its number of places, which stays. */
  readonly length: number;
  /** Its places. */
  [index: number]: R;
}

/** The end of an element of `pmapSettled`. */
export type Settled<R> =
  | { readonly status: 'ok'; readonly packet: R }
  | { readonly status: 'error'; readonly error: TaskError | EncodeError | MessageSizeError }
  | { readonly status: 'unrunnable'; readonly error: UnrunnableError };

interface Mapping {
  readonly call: Call;
  readonly length: number;
  /** The elements of a part, or their number for a task without parameters. */
  readonly argumentOf: (part: Part) => unknown;
  readonly onError: OnError;
  readonly take: (index: number, value: unknown) => void;
  readonly takeError: (index: number, error: Error) => void;
}

/**
 * Calls a task for each element on the slaves, and returns the values in the order of the elements (lparallel's pmap).
 * Elements are sent in parts, each computed as one task. A hole counts as undefined. With `zip`, the task gets an
 * element of each source.
 *
 * Rejects with the first error, a TaskError or UnrunnableError with the `index` of its element (for an element that
 * cannot travel, an EncodeError or MessageSizeError), after the rest is cancelled; with `stopOnError: false`, with an AggregateError of all, after the rest is computed. If a slave is lost
 * with a part, it is cut in two, then in single elements, each within the `maxAttempts` of the policy: a poison element
 * fails alone. Wrong arguments reject with UsageError or InvalidTaskError.
 *
 * @example
 * const squares = await pmap(square, [1, 2, 3]);
 * const sums = await pmap(add, zip(xs, ys), { onProgress: ({ done, total }) => console.log(done, total) });
 */
export function pmap<A extends readonly unknown[], R>(
  task: Task<A, R>,
  elements: Zip<MapElements<A>>,
  options?: MapOptions,
): Promise<Awaited<R>[]>;
/** The same for the elements of one source. */
export function pmap<A, R>(
  task: Task<[A], R>,
  elements: Iterable<MapElement<A>>,
  options?: MapOptions,
): Promise<Awaited<R>[]>;
export function pmap(task: unknown, elements: unknown, options: MapOptions = {}): Promise<unknown[]> {
  return mayEndUnheard(async () => {
    checkOptions('pmap', options, MAP_KEYS);
    const call = openCall(pmap, task, options);
    const source = Source.of('pmap', elements, options.size);
    const values: unknown[] = new Array(source.length).fill(undefined);
    await mapOrThrow(call, options, {
      length: source.length,
      argumentOf: ({ start, end }) => source.columns(start, end),
      take: (index, value) => {
        values[index] = value;
      },
    });
    return values;
  });
}

/**
 * Writes the values of a task for each element into `target`, from its beginning, and returns it (lparallel's
 * pmap-into). The shorter of target and source decides how many; the rest of the target stays. Without a source, the
 * task is called without arguments for each place of the target. Options, errors and the order are those of `pmap`;
 * what was written before an error stays.
 *
 * @example
 * await pmapInto(new Float64Array(numbers.length), square, numbers);
 */
export function pmapInto<T extends MapTarget<unknown>>(
  target: T,
  task: Task<[], T[number] | Promise<T[number]>>,
  options?: MapOptions,
): Promise<T>;
/** The same for the tuples of several sources. */
export function pmapInto<T extends MapTarget<unknown>, A extends readonly unknown[]>(
  target: T,
  task: Task<A, T[number] | Promise<T[number]>>,
  elements: Zip<MapElements<A>>,
  options?: MapOptions,
): Promise<T>;
/** The same for the elements of one source. */
export function pmapInto<T extends MapTarget<unknown>, A>(
  target: T,
  task: Task<[A], T[number] | Promise<T[number]>>,
  elements: Iterable<MapElement<A>>,
  options?: MapOptions,
): Promise<T>;
export function pmapInto(
  target: MapTarget<unknown>,
  task: unknown,
  elementsOrOptions: unknown = {},
  given?: MapOptions,
): Promise<unknown> {
  return mayEndUnheard(async () => {
    const hasSource =
      given !== undefined || isIterable(elementsOrOptions) || isAsyncIterable(elementsOrOptions);
    const own = hasSource ? {} : (elementsOrOptions as MapOptions);
    const options = given === undefined ? own : given;
    checkOptions('pmapInto', options, MAP_KEYS);
    checkTarget(target);
    const call = openCall(pmapInto, task, options);
    const size = Math.min(target.length, options.size ?? Number.POSITIVE_INFINITY);
    const source = hasSource ? Source.of('pmapInto', elementsOrOptions, size) : undefined;
    await mapOrThrow(call, options, {
      length: source?.length ?? size,
      argumentOf: ({ start, end }) => source?.columns(start, end) ?? end - start,
      take: (index, value) => {
        target[index] = value;
      },
    });
    return target;
  });
}

/**
 * Like `pmap`, for the fate of each element instead of its value: it computes all, and does not reject for elements
 * that failed. The error of an element that cannot travel is an EncodeError, or a MessageSizeError.
 *
 * @example
 * for (const fate of await pmapSettled(fetchPage, urls)) if (fate.status === 'ok') keep(fate.packet);
 */
export function pmapSettled<A extends readonly unknown[], R>(
  task: Task<A, R>,
  elements: Zip<MapElements<A>>,
  options?: Omit<MapOptions, 'stopOnError'>,
): Promise<Settled<Awaited<R>>[]>;
/** The same for the elements of one source. */
export function pmapSettled<A, R>(
  task: Task<[A], R>,
  elements: Iterable<MapElement<A>>,
  options?: Omit<MapOptions, 'stopOnError'>,
): Promise<Settled<Awaited<R>>[]>;
export function pmapSettled(
  task: unknown,
  elements: unknown,
  options: Omit<MapOptions, 'stopOnError'> = {},
): Promise<Settled<unknown>[]> {
  return mayEndUnheard(async () => {
    checkOptions(
      'pmapSettled',
      options,
      MAP_KEYS.filter((key) => key !== 'stopOnError'),
    );
    const call = openCall(pmapSettled, task, options);
    const source = Source.of('pmapSettled', elements, options.size);
    const fates: Settled<unknown>[] = new Array(source.length);
    await map({
      call,
      length: source.length,
      argumentOf: ({ start, end }) => source.columns(start, end),
      onError: 'go on',
      take: (index, packet) => {
        fates[index] = { status: 'ok', packet };
      },
      takeError: (index, error) => {
        fates[index] = fateOf(error);
      },
    });
    return fates;
  });
}

function fateOf(error: Error): Settled<never> {
  return error instanceof Unrunnable
    ? { status: 'unrunnable', error }
    : { status: 'error', error: error as TaskError | EncodeError | MessageSizeError };
}

async function mapOrThrow(
  call: Call,
  { stopOnError = true }: MapOptions,
  mapping: Pick<Mapping, 'length' | 'argumentOf' | 'take'>,
): Promise<void> {
  const errors = new Map<number, Error>();
  await map({
    ...mapping,
    call,
    onError: stopOnError ? 'stop' : 'go on',
    takeError: (index, error) => {
      if (stopOnError) throw error;
      errors.set(index, error);
    },
  });
  if (errors.size === 0) return;
  const inOrder = [...errors].sort(([a], [b]) => a - b).map(([, error]) => error);
  throw new AggregateError(
    inOrder,
    `${errors.size} of the ${mapping.length} elements of ${call.stub} failed`,
  );
}

async function map({ call, length, argumentOf, onError, take, takeError }: Mapping): Promise<void> {
  // An element that threw is repeated as a task that failed
  const whenThrown = call.task.policy.retryErrors === false ? onError : 'stop';
  const run = runOfCall(call, {
    operation: 'ts-mw:map',
    length,
    argumentsOf: (part) => [whenThrown, argumentOf(part)],
    take: (part, [, values, failures]) => {
      takeValues(part, values as ArrayLike<unknown>, failures as readonly Failure[] | undefined, take);
      takeFailures(call, part, failures as readonly Failure[] | undefined, takeError);
    },
    takeError: (error, { start, end }) => {
      for (let index = start; index < end; index++) takeError(index, error);
    },
  });
  await run.run();
}

/** Values of elements that failed are left out. */
function takeValues(
  { start }: Part,
  values: ArrayLike<unknown>,
  failures: readonly Failure[] | undefined,
  take: Mapping['take'],
): void {
  if (failures === undefined) {
    for (let offset = 0; offset < values.length; offset++) take(start + offset, values[offset]);
    return;
  }
  const failed = new Set(failures.map(({ offset }) => offset));
  for (let offset = 0; offset < values.length; offset++) {
    if (!failed.has(offset)) take(start + offset, values[offset]);
  }
}

function takeFailures(
  { task }: Call,
  part: ComputedPart,
  failures: readonly Failure[] | undefined,
  takeError: Mapping['takeError'],
): void {
  for (const failure of failures ?? []) {
    takeError(part.start + failure.offset, failureError(failure, part, part.start, task.name, 0));
  }
}

function checkTarget(target: unknown): void {
  if (Array.isArray(target) || (ArrayBuffer.isView(target) && !(target instanceof DataView))) return;
  throw new UsageError(
    `pmapInto writes into an array or a typed array; got ${target === null ? 'null' : typeof target}`,
  );
}
