/** A result store in memory that commits when the test says so, and lives on from one master to the next. */

import type { AlgorithmDefinition } from '../../../src/algorithms/types.js';
import type { ResultStore, ResultStoreListener } from '../../../src/master/model/result-store.js';
import type { Task } from '../../../src/master/model/task.js';
import { type Body, encodeBody } from '../../../src/wire/messages/body.js';

/** Key and bytes of each result, in the stored order. */
export type Stored = { readonly key: string; readonly algorithm: string; readonly result: Uint8Array }[];

export class MemoryStore implements ResultStore {
  commitsAsked = 0;
  readonly #stored: Stored;
  readonly #places: Map<string, number>;
  readonly #inherited: number;
  readonly #program: ReadonlySet<string>;
  #listener: ResultStoreListener | undefined;
  #written: { readonly key: string; readonly algorithm: string; readonly result: Uint8Array }[] = [];

  /** `program` has the algorithms of the master; those of what is stored by default. */
  constructor(stored: Stored = [], program: readonly string[] = stored.map(({ algorithm }) => algorithm)) {
    this.#stored = stored;
    this.#places = new Map(stored.map(({ key }, place) => [key, place]));
    this.#inherited = stored.length;
    this.#program = new Set(program);
  }

  get uncommitted(): number {
    return this.#written.length;
  }

  listen(listener: ResultStoreListener): void {
    this.#listener = listener;
  }

  countOf(definition: AlgorithmDefinition): number {
    const name = nameOf(definition);
    return this.#stored.slice(0, this.#inherited).filter(({ algorithm }) => algorithm === name).length;
  }

  find(task: Task): number | undefined {
    const place = this.#places.get(keyOf(task));
    return place !== undefined && place < this.#inherited ? place : undefined;
  }

  read(task: Task): Uint8Array | undefined {
    return this.#stored[this.#places.get(keyOf(task)) ?? -1]?.result;
  }

  following(place: number): number | undefined {
    for (let next = place; next < this.#inherited; next++) {
      if (this.#program.has(this.#stored[next]?.algorithm ?? '')) return next;
    }
    return undefined;
  }

  write(task: Task, { text, raws }: Body): void {
    const result = encodeBody(text, raws);
    this.#written.push({ key: keyOf(task), algorithm: nameOf(task.algorithm.definition), result });
  }

  commit(): void {
    this.commitsAsked++;
  }

  /** Commits the oldest `count` entries, all by default. */
  commitNow(count = this.#written.length): void {
    for (const one of this.#written.splice(0, count)) {
      this.#places.set(one.key, this.#stored.length);
      this.#stored.push(one);
    }
    this.#listener?.onCommitted(count);
  }

  fail(error: Error): void {
    this.#listener?.onFailed(error);
  }
}

function nameOf({ name, fingerprint }: AlgorithmDefinition): string {
  return `${name} ${fingerprint}`;
}

function keyOf({ algorithm, text, resultKey }: Task): string {
  return `${nameOf(algorithm.definition)} ${text} ${resultKey?.occurrence}`;
}
