/**
 * The results of a checkpoint in an lmdb store, in a folder of their own:
 *
 * - `about`: the layout, who holds the store, each algorithm's number, and how many results it has.
 * - `results`: by algorithm, arguments and occurrence, the place in the stored order, then the result.
 * - `order`: by the first place of each commit, the numbers of its results' algorithms.
 *
 * What is committed is safe from SIGKILL, and on disk a moment later: lmdb flushes one commit while the
 * next gathers, and after a loss of power opens the one that was flushed last.
 */

import type { Database } from 'lmdb';
import type { AlgorithmDefinition } from '../algorithms/types.js';
import { CheckpointError } from '../errors.js';
import { ResultKeys } from './result-keys.js';
import type { ResultStore, ResultStoreListener } from './result-store.js';
import { StoredOrder } from './stored-order.js';
import type { Task } from './task.js';

/** How long a commit that nobody waits for may gather company. */
const GATHER_MS = 5;
/** Before the bytes of a result stands its place. */
const PLACE_BYTES = 8;

export interface CheckpointTables {
  readonly results: Database<Uint8Array, Uint8Array>;
  readonly order: Database<Uint8Array, Uint8Array>;
  readonly counts: Database<number, number>;
}

/** What the store has of one algorithm. */
export interface StoredAlgorithm {
  readonly number: number;
  readonly count: number;
}

export interface CheckpointStoreParams {
  readonly folder: string;
  readonly tables: CheckpointTables;
  readonly algorithms: ReadonlyMap<AlgorithmDefinition, StoredAlgorithm>;
  /** How many results are stored, of all programs. */
  readonly end: number;
  /** Gives the store up, after the last commit. */
  readonly release: () => Promise<void>;
}

export class CheckpointStore implements ResultStore {
  readonly folder: string;
  /** Results of this program that earlier masters have stored. */
  readonly inherited: number;
  readonly #tables: CheckpointTables;
  readonly #algorithms: CheckpointStoreParams['algorithms'];
  readonly #end: number;
  readonly #release: () => Promise<void>;
  readonly #order: StoredOrder;
  readonly #keys = new ResultKeys();
  #listener: ResultStoreListener = { onCommitted: () => {}, onFailed: () => {} };
  #place: number;
  #gathered: { readonly task: Task; readonly result: Uint8Array }[] = [];
  #committing: Promise<void> | undefined;
  #hurry = false;
  #timer: NodeJS.Timeout | undefined;
  #failed = false;
  #closed: Promise<void> | undefined;

  constructor({ folder, tables, algorithms, end, release }: CheckpointStoreParams) {
    this.folder = folder;
    this.#tables = tables;
    this.#algorithms = algorithms;
    this.#end = end;
    this.#place = end;
    this.#release = release;
    this.inherited = [...algorithms.values()].reduce((sum, { count }) => sum + count, 0);
    const numbers = [...algorithms.values()].filter(({ count }) => count > 0).map(({ number }) => number);
    this.#order = new StoredOrder({
      algorithms: new Set(numbers),
      end: numbers.length === 0 ? 0 : end,
      readCommit: (first) => wordsOf(tables.order.getBinary(placeKey(first))),
    });
  }

  /** Results that this master has committed. */
  get committed(): number {
    return this.#place - this.#end;
  }

  listen(listener: ResultStoreListener): void {
    this.#listener = listener;
  }

  countOf(definition: AlgorithmDefinition): number {
    return this.#algorithms.get(definition)?.count ?? 0;
  }

  find(task: Task): number | undefined {
    const place = this.#tables.results.getBinaryFast(this.#keyOf(task))?.readDoubleBE(0);
    return place !== undefined && place < this.#end ? place : undefined;
  }

  read(task: Task): Uint8Array | undefined {
    return this.#tables.results.getBinaryFast(this.#keyOf(task))?.subarray(PLACE_BYTES);
  }

  following(place: number): number | undefined {
    return this.#order.following(place);
  }

  write(task: Task, result: Uint8Array): void {
    this.#gathered.push({ task, result });
  }

  commit(urgent: boolean): void {
    if (urgent) this.#hurry = true;
    if (this.#committing !== undefined || this.#gathered.length === 0) return;
    if (this.#hurry) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), GATHER_MS);
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#hurry = false;
    if (this.#committing !== undefined || this.#failed || this.#gathered.length === 0) return;
    const { length } = this.#gathered;
    this.#committing = this.#write().then(
      () => {
        this.#committing = undefined;
        this.#place += length;
        this.#listener.onCommitted(length);
        this.commit(false);
      },
      (error: unknown) => {
        this.#committing = undefined;
        this.#failed = true;
        this.#listener.onFailed(writeError(this.folder, error));
      },
    );
  }

  /** Of one turn of the event loop, and so of one transaction. */
  async #write(): Promise<void> {
    const gathered = this.#gathered;
    this.#gathered = [];
    const { results, order, counts } = this.#tables;
    const numbers = new Uint32Array(gathered.length);
    const written = new Map<number, number>();
    const puts = new Set<Promise<boolean>>();
    for (const [index, { task, result }] of gathered.entries()) {
      const { number } = this.#algorithmOf(task);
      numbers[index] = number;
      written.set(number, (written.get(number) ?? 0) + 1);
      puts.add(results.put(this.#keys.keyOf(task, number), withPlace(this.#place + index, result)));
    }
    puts.add(order.put(placeKey(this.#place), new Uint8Array(numbers.buffer)));
    for (const [number, count] of written) {
      puts.add(counts.put(number, (counts.get(number) ?? 0) + count));
    }
    await Promise.all(puts);
  }

  #keyOf(task: Task): Uint8Array {
    return this.#keys.keyOf(task, this.#algorithmOf(task).number);
  }

  #algorithmOf({ algorithm }: Task): StoredAlgorithm {
    return this.#algorithms.get(algorithm.definition) as StoredAlgorithm;
  }

  /** Commits what was written and gives the store up; may be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#committing;
    this.#begin();
    await this.#committing;
    clearTimeout(this.#timer);
    await this.#release();
  }
}

function withPlace(place: number, result: Uint8Array): Buffer {
  const value = Buffer.allocUnsafe(PLACE_BYTES + result.length);
  value.writeDoubleBE(place, 0);
  value.set(result, PLACE_BYTES);
  return value;
}

/** Sorted as the places are. */
function placeKey(place: number): Buffer {
  const key = Buffer.alloc(PLACE_BYTES);
  key.writeBigUInt64BE(BigInt(place));
  return key;
}

/** Of a copy: what lmdb gives need not be aligned. */
export function wordsOf(bytes: Uint8Array | undefined): Uint32Array | undefined {
  return bytes && new Uint32Array(new Uint8Array(bytes).buffer);
}

function writeError(folder: string, error: unknown): CheckpointError {
  const { message } = (error as { commitError?: Error }).commitError ?? (error as Error);
  return new CheckpointError(
    folder,
    `cannot store results in ${folder} (${message}; is the disk full?); what was stored before is safe, and a master started again goes on from there`,
    { cause: error },
  );
}
