/**
 * The results of a checkpoint, in a folder of their own: a log that makes each commit safe from SIGKILL at
 * once, and an lmdb store that takes over from it in the background and finds them again.
 *
 * - `about`: the layout, who holds the store, each algorithm's number.
 * - `results`: by algorithm, arguments and occurrence, the place in the stored order, a checksum, then the
 *   result.
 * - `order`: by the first place of each transaction, the numbers of its results' algorithms.
 * - `counts`: by algorithm, how many results it has.
 *
 * lmdb flushes each transaction to the disk, which takes longer than a program should wait. After a loss of
 * power it opens the transaction that was flushed last; of the later results, the log has those that reached
 * the disk.
 */

import type { Database } from 'lmdb';
import type { AlgorithmDefinition } from '../../algorithms/types.js';
import { CheckpointError } from '../../errors.js';
import type { Body } from '../../wire/messages/body.js';
import type { ResultStore, ResultStoreListener } from '../model/result-store.js';
import type { Task } from '../model/task.js';
import { keyBytes, MOST_KEY_BYTES, writeKey } from './result-keys.js';
import {
  encodeBatch,
  type LoggedBatch,
  placeOf,
  type ResultLog,
  resultsOf,
  VALUE_HEAD_BYTES,
  type WrittenResult,
} from './result-log.js';
import { StoredOrder } from './stored-order.js';

/** The time for which lmdb gathers results, and their number per batch: the main thread copies them. */
const INDEX_MS = 50;
const MOST_INDEXED = 4_096;
/** The number of results that may wait for lmdb before further commits pause. */
const MOST_BEHIND_BYTES = 64 * 1024 * 1024;

export interface CheckpointTables {
  readonly results: Database<Uint8Array, Uint8Array>;
  readonly order: Database<Uint8Array, Uint8Array>;
  readonly counts: Database<number, number>;
}

/** The stored results of one algorithm. */
export interface StoredAlgorithm {
  readonly number: number;
  readonly count: number;
}

export interface CheckpointStoreParams {
  readonly folder: string;
  readonly log: ResultLog;
  readonly tables: CheckpointTables;
  readonly algorithms: ReadonlyMap<AlgorithmDefinition, StoredAlgorithm>;
  /** The number of stored results of all programs. */
  readonly end: number;
  /** Closes the store after the last commit. */
  readonly release: () => Promise<void>;
}

export class CheckpointStore implements ResultStore {
  readonly folder: string;
  /** The stored results of this program from earlier masters. */
  readonly inherited: number;
  readonly #log: ResultLog;
  readonly #tables: CheckpointTables;
  readonly #algorithms: CheckpointStoreParams['algorithms'];
  readonly #end: number;
  readonly #release: () => Promise<void>;
  readonly #order: StoredOrder;
  readonly #scratch = Buffer.alloc(MOST_KEY_BYTES);
  #listener: ResultStoreListener = { onCommitted: () => {}, onFailed: () => {} };
  /** The place of the next result to be committed. */
  #place: number;
  #gathered: WrittenResult[] = [];
  #commitDue: NodeJS.Immediate | undefined;
  #committing: Promise<void> | undefined;
  /** Batches in the log that lmdb does not have yet. */
  #behind: LoggedBatch[] = [];
  #behindBytes = 0;
  #indexDue: NodeJS.Timeout | undefined;
  #indexing: Promise<void> | undefined;
  #failed = false;
  #closed: Promise<void> | undefined;

  constructor({ folder, log, tables, algorithms, end, release }: CheckpointStoreParams) {
    this.folder = folder;
    this.#log = log;
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

  listen(listener: ResultStoreListener): void {
    this.#listener = listener;
  }

  countOf(definition: AlgorithmDefinition): number {
    return this.#algorithms.get(definition)?.count ?? 0;
  }

  find(task: Task): number | undefined {
    const key = this.#keyOf(task);
    const value = this.#valueOf(key);
    const place = value && placeOf(key, value);
    return place !== undefined && place < this.#end ? place : undefined;
  }

  read(task: Task): Uint8Array | undefined {
    return this.#valueOf(this.#keyOf(task))?.subarray(VALUE_HEAD_BYTES);
  }

  /** lmdb keeps no checksums: it may report damaged pages by any error. */
  #valueOf(key: Uint8Array): Uint8Array | undefined {
    let value: unknown;
    try {
      value = this.#tables.results.getBinaryFast(key);
    } catch (cause) {
      const { message } = cause as Error;
      throw new CheckpointError(
        this.folder,
        `${this.folder} is damaged (${message}); give another folder, or remove it`,
        { cause },
      );
    }
    // lmdb's own large buffer: only its `length` says where the value ends, and Node 24 ignores that
    return value instanceof Uint8Array ? value.subarray(0, value.length) : undefined;
  }

  following(place: number): number | undefined {
    return this.#order.following(place);
  }

  #keyOf(task: Task): Uint8Array {
    writeKey(task, this.#numberOf(task), this.#scratch, 0);
    return this.#scratch.subarray(0, keyBytes(task));
  }

  #numberOf({ algorithm }: Task): number {
    return (this.#algorithms.get(algorithm.definition) as StoredAlgorithm).number;
  }

  write(task: Task, body: Body): void {
    this.#gathered.push({ task, algorithm: this.#numberOf(task), body });
  }

  commit(): void {
    if (this.#commitDue !== undefined || this.#committing !== undefined || this.#gathered.length === 0)
      return;
    // Further results of this turn go into the same commit.
    this.#commitDue = setImmediate(() => this.#beginCommit());
  }

  #beginCommit(): void {
    clearImmediate(this.#commitDue);
    this.#commitDue = undefined;
    if (this.#committing !== undefined || this.#failed || this.#gathered.length === 0) return;
    if (this.#behindBytes > MOST_BEHIND_BYTES) return;
    const batch = encodeBatch(this.#place, this.#gathered);
    this.#gathered = [];
    this.#place += batch.count;
    this.#committing = this.#log.append(batch).then(
      () => {
        this.#committing = undefined;
        this.#behind.push(batch);
        this.#behindBytes += batch.bytes.length;
        this.#scheduleIndex();
        this.#listener.onCommitted(batch.count);
        this.commit();
      },
      (error: unknown) => {
        this.#committing = undefined;
        this.#fail(error);
      },
    );
  }

  #scheduleIndex(): void {
    if (this.#behind.length === 0 || this.#indexing !== undefined || this.#failed) return;
    this.#indexDue ??= setTimeout(() => this.#beginIndex(), INDEX_MS);
  }

  #beginIndex(): void {
    clearTimeout(this.#indexDue);
    this.#indexDue = undefined;
    if (this.#behind.length === 0 || this.#indexing !== undefined || this.#failed) return;
    const batches: LoggedBatch[] = [];
    for (let count = 0; count < MOST_INDEXED && batches.length < this.#behind.length; ) {
      const batch = this.#behind[batches.length] as LoggedBatch;
      batches.push(batch);
      count += batch.count;
    }
    this.#behind.splice(0, batches.length);
    this.#indexing = index(this.#tables, batches).then(
      (end) => {
        this.#indexing = undefined;
        this.#log.release(end);
        for (const { bytes } of batches) this.#behindBytes -= bytes.length;
        if (this.#behind.length > 0) setImmediate(() => this.#beginIndex());
        this.commit();
      },
      (error: unknown) => {
        this.#indexing = undefined;
        this.#fail(error);
      },
    );
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    const { message } = error as Error;
    this.#listener.onFailed(
      new CheckpointError(
        this.folder,
        `cannot store results in ${this.folder} (${message}; is the disk full?); what was stored before is safe, and a master started again goes on from there`,
        { cause: error },
      ),
    );
  }

  /** Commits all written results and closes the store. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#listener = { onCommitted: () => {}, onFailed: () => {} };
    while (
      !this.#failed &&
      (this.#gathered.length > 0 || this.#committing || this.#behind.length > 0 || this.#indexing)
    ) {
      this.#beginCommit();
      this.#beginIndex();
      await Promise.all([this.#committing, this.#indexing]);
    }
    // A running write must not find its descriptor closed, or reused for another file
    await Promise.all([this.#committing, this.#indexing]);
    if (!this.#failed) this.#log.clear();
    clearTimeout(this.#indexDue);
    this.#log.close();
    await this.#release();
  }
}

/** Passes batches to lmdb; resolves with the place after them when they are on the disk. */
export async function index(tables: CheckpointTables, batches: readonly LoggedBatch[]): Promise<number> {
  const { results, order, counts } = tables;
  const first = batches[0]?.first ?? 0;
  const numbers = new Uint32Array(batches.reduce((sum, { count }) => sum + count, 0));
  const added = new Map<number, number>();
  const puts = new Set<Promise<boolean>>();
  let at = 0;
  // All in one turn of the event loop, and so in one transaction.
  for (const batch of batches) {
    for (const { algorithm, key, value } of resultsOf(batch)) {
      numbers[at++] = algorithm;
      added.set(algorithm, (added.get(algorithm) ?? 0) + 1);
      puts.add(results.put(key, value));
    }
  }
  puts.add(order.put(placeKey(first), new Uint8Array(numbers.buffer)));
  for (const [number, count] of added) puts.add(counts.put(number, (counts.get(number) ?? 0) + count));
  try {
    await Promise.all(puts);
  } catch (error) {
    throw await reasonOf(error);
  }
  await results.flushed;
  return first + numbers.length;
}

/** lmdb rejects before it knows the reason; the promise of the reason needs a handler too. */
async function reasonOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<never> };
  try {
    await commitError;
    return error;
  } catch (reason) {
    return reason;
  }
}

/** Keys sort in the order of their places. */
function placeKey(place: number): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(BigInt(place));
  return key;
}

/** From a copy: a value of lmdb need not be aligned. */
export function wordsOf(bytes: Uint8Array | undefined): Uint32Array | undefined {
  return bytes && new Uint32Array(new Uint8Array(bytes).buffer);
}
