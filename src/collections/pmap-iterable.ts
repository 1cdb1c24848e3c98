/** Maps a source of any length, which is drawn only as far as there is room for its values. */

import { packedList } from '../algorithms/number-list.js';
import type { Task } from '../algorithms/task.js';
import type { TaskPolicy } from '../algorithms/types.js';
import { UsageError } from '../errors.js';
import { mayEndUnheard } from '../structures/unheard-end.js';
import { type Call, isForSingles, openCall, throwError } from './parts/call.js';
import type { MapElement, MapElements } from './parts/map-element.js';
import { checkOptions } from './parts/options.js';
import { type ComputedPart, PartRun } from './parts/part-run.js';
import { isAsyncIterable, isIterable, refuseSource } from './parts/source.js';
import { StreamCutter } from './parts/stream-cutter.js';
import { Waiters } from './parts/waiters.js';
import { Zip } from './parts/zip.js';

/** Options of `pmapIterable`. */
export interface IterableOptions {
  /** Whether values come in the order of their elements (true, the default), or as they are computed. */
  readonly ordered?: boolean | undefined;
  /** Elements that may be drawn from the source before their values are taken; 10,000 by default. */
  readonly window?: number | undefined;
  /** Overrides the algorithm's policy; of a portable function, the default one. */
  readonly policy?: TaskPolicy | undefined;
  /** Cancels the iteration, and its tasks, when it aborts; the iteration throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_WINDOW = 10_000;

/**
 * Calls a task for each element of an iterable or async iterable on the slaves, and iterates over the values. Memory
 * is bounded by `window`, whatever the length. Elements are sent in parts, as by `pmap`; those of an async source
 * do not wait for others while a slave idles.
 *
 * The iteration throws the first error, as `pmap` rejects with it, and an error of the source; then, and when the
 * program leaves it early, the rest is cancelled and the source is closed. Nothing is drawn before the first value
 * is asked for. Wrong arguments throw at once.
 *
 * @example
 * for await (const score of pmapIterable(score, readLines(file))) total += score;
 */
export function pmapIterable<A extends readonly unknown[], R>(
  task: Task<A, R>,
  elements: Zip<MapElements<A>>,
  options?: IterableOptions,
): AsyncIterableIterator<Awaited<R>>;
/** The same for the elements of one source, which may be asynchronous. */
export function pmapIterable<A, R>(
  task: Task<[A], R>,
  elements: Iterable<MapElement<A>> | AsyncIterable<MapElement<A>>,
  options?: IterableOptions,
): AsyncIterableIterator<Awaited<R>>;
export function pmapIterable(
  task: unknown,
  elements: unknown,
  options: IterableOptions = {},
): AsyncIterableIterator<unknown> {
  checkOptions('pmapIterable', options, ['ordered', 'window', 'policy', 'signal']);
  const { ordered = true, window = DEFAULT_WINDOW } = options;
  if (!Number.isSafeInteger(window) || window < 1) {
    throw new UsageError(`the window of pmapIterable is a whole number from 1; got ${String(window)}`);
  }
  const call = openCall(pmapIterable, task, options);
  return new Mapped(call, iteratorOf(elements), elements instanceof Zip, ordered, window);
}

type Drawn =
  | { readonly isAwaited: false; readonly iterator: Iterator<unknown> }
  | { readonly isAwaited: true; readonly iterator: AsyncIterator<unknown> };

function iteratorOf(elements: unknown): Drawn {
  if (isAsyncIterable(elements)) return { isAwaited: true, iterator: elements[Symbol.asyncIterator]() };
  if (!isIterable(elements)) refuseSource('pmapIterable', elements, 'an iterable or async iterable');
  return { isAwaited: false, iterator: elements[Symbol.iterator]() };
}

class Mapped implements AsyncIterableIterator<unknown> {
  readonly #source: Drawn;
  readonly #isZip: boolean;
  readonly #isOrdered: boolean;
  readonly #cutter: StreamCutter;
  readonly #run: PartRun;
  /** Values of parts that wait for an earlier one, by the index of their first element. */
  readonly #early = new Map<number, ArrayLike<unknown>>();
  readonly #ready: ArrayLike<unknown>[] = [];
  #at = 0;
  #nextStart = 0;
  #state: 'new' | 'running' | 'over' = 'new';
  #failure: { readonly error: unknown } | undefined;
  #isSourceOpen = true;
  readonly #waiters = new Waiters<void>();
  #roomCame: (() => void) | undefined;

  constructor(call: Call, source: Drawn, isZip: boolean, isOrdered: boolean, window: number) {
    const { submitter, task, place, options } = call;
    this.#source = source;
    this.#isZip = isZip;
    this.#isOrdered = isOrdered;
    this.#cutter = new StreamCutter({
      isAwaited: source.isAwaited,
      keepsResults: submitter.keepsResults,
      window,
      mostSize: isForSingles(task.policy) ? 1 : window,
      draw: (into) => this.#draw(into),
      clock: () => performance.now(),
    });
    this.#run = new PartRun({
      submitter,
      task,
      place,
      operation: 'ts-mw:map',
      signal: options.signal,
      base: 0,
      cutter: this.#cutter,
      argumentsOf: (part) => ['stop', this.#columnsOf(this.#cutter.elementsOf(part))],
      take: (part, [, values]) => this.#take(part, values as ArrayLike<unknown>),
      takeError: throwError,
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown>> {
    return mayEndUnheard(() => this.#next());
  }

  async #next(): Promise<IteratorResult<unknown>> {
    if (this.#state === 'new') this.#begin();
    for (;;) {
      const [values] = this.#ready;
      if (values !== undefined && this.#at < values.length) return { done: false, value: values[this.#at++] };
      if (values !== undefined) {
        this.#deliver(values.length);
        continue;
      }
      if (this.#failure !== undefined) {
        const { error } = this.#failure;
        this.#failure = undefined;
        throw error;
      }
      if (this.#state === 'over') return { done: true, value: undefined };
      await this.#waiters.wait();
    }
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.#state = 'over';
    this.#ready.length = 0;
    this.#run.stop();
    this.#tell();
    this.#closeSource();
    return { done: true, value: undefined };
  }

  #begin(): void {
    this.#state = 'running';
    this.#run.run().then(
      () => this.#end(),
      (error: unknown) => this.#end({ error }),
    );
    if (this.#source.isAwaited) void this.#drawAwaited(this.#source.iterator);
  }

  #end(failure?: { readonly error: unknown }): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    if (failure !== undefined) this.#ready.length = 0;
    this.#failure = failure;
    try {
      this.#closeSource();
    } catch {
      // As in a loop of the language, the first error is the one that counts
    }
    this.#tell();
  }

  #tell(): void {
    this.#waiters.resolveAll(() => {});
  }

  /** The program has taken the first ready part. */
  #deliver(count: number): void {
    this.#ready.shift();
    this.#at = 0;
    this.#cutter.deliver(count);
    this.#run.fill();
    this.#roomCame?.();
  }

  #take(part: ComputedPart, values: ArrayLike<unknown>): void {
    this.#cutter.forget(part);
    if (!this.#isOrdered) this.#ready.push(values);
    else {
      this.#early.set(part.start, values);
      for (let next = this.#early.get(this.#nextStart); next; next = this.#early.get(this.#nextStart)) {
        this.#early.delete(this.#nextStart);
        this.#nextStart += next.length;
        this.#ready.push(next);
      }
    }
    this.#tell();
  }

  #columnsOf(elements: readonly unknown[]): readonly unknown[] {
    if (!this.#isZip) return [packedList(elements)];
    const tuples = elements as readonly (readonly unknown[])[];
    return (tuples[0] ?? []).map((_, column) => packedList(tuples.map((tuple) => tuple[column])));
  }

  // ---- the source

  #draw(into: unknown[]): boolean {
    let step: IteratorResult<unknown>;
    try {
      step = (this.#source.iterator as Iterator<unknown>).next();
    } catch (error) {
      // A source that threw is closed already
      this.#isSourceOpen = false;
      throw error;
    }
    if (step.done === true) this.#isSourceOpen = false;
    else into.push(step.value);
    return step.done !== true;
  }

  async #drawAwaited(iterator: AsyncIterator<unknown>): Promise<void> {
    try {
      while (this.#state === 'running') {
        if (this.#cutter.room <= 0) {
          await new Promise<void>((resolve) => {
            this.#roomCame = resolve;
          });
          continue;
        }
        const { done, value } = await iterator.next();
        if (done === true) break;
        this.#cutter.add(value);
        this.#run.fill();
      }
      if (this.#state === 'over') return;
      this.#isSourceOpen = false;
      this.#cutter.end();
      this.#run.fill();
    } catch (error) {
      this.#isSourceOpen = false;
      this.#run.fail(error);
    }
  }

  /** Does not wait for a source that is awaited, which may take long. Throws what another source throws. */
  #closeSource(): void {
    this.#roomCame?.();
    if (!this.#isSourceOpen) return;
    this.#isSourceOpen = false;
    const { isAwaited, iterator } = this.#source;
    if (isAwaited) closeAwaited(iterator).catch(() => {});
    else iterator.return?.();
  }
}

async function closeAwaited(iterator: AsyncIterator<unknown>): Promise<void> {
  await iterator.return?.();
}
