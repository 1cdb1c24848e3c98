/**
 * Counts equal submissions: the same algorithm with the same encoded arguments.
 *
 * A program may submit very many tasks, so a submission leaves only 64 bits of a hash, in a table with open
 * addressing. Only repeated submissions have a counter. Two different submissions with one hash would count
 * as equal: each still has a key of its own, and the next run counts them in the same way.
 */

import { createHash } from 'node:crypto';
import type { ResultKey } from '../model/result-store.js';
import type { Task } from '../model/task.js';

/** Larger arguments go by their digest: hashing them here would take longer. */
const MOST_HASHED_BYTES = 1_024;
const FIRST_SLOTS = 1_024;

const FIRST: ResultKey = Object.freeze({ occurrence: 0, digest: undefined });

export class Occurrences {
  /** Two words per slot; a slot with two zeros is empty. */
  #slots = new Uint32Array(2 * FIRST_SLOTS);
  #used = 0;
  readonly #repeated = new Map<string, number>();
  #high = 0;
  #low = 0;

  /** The key under which the result of this submission is kept. */
  count(task: Task): ResultKey {
    const digest = task.bytes > MOST_HASHED_BYTES ? digestOf(task) : undefined;
    this.#hash(task, digest);
    if (this.#insert(this.#high, this.#low)) {
      return digest === undefined ? FIRST : { occurrence: 0, digest };
    }
    const hash = `${this.#high},${this.#low}`;
    const occurrence = (this.#repeated.get(hash) ?? 0) + 1;
    this.#repeated.set(hash, occurrence);
    return { occurrence, digest };
  }

  /** Two hashes of 32 bits, in the manner of FNV and of Murmur's finish. */
  #hash({ algorithm, text, raws }: Task, digest: Uint8Array | undefined): void {
    let high = 0x811c9dc5 ^ algorithm.index;
    let low = 0x9e3779b9 + algorithm.index;
    if (digest === undefined) {
      for (let index = 0; index < text.length; index++) {
        const code = text.charCodeAt(index);
        high = Math.imul(high ^ code, 0x01000193);
        low = Math.imul(low + code, 0x85ebca6b) ^ (low >>> 15);
      }
    }
    for (const bytes of digest === undefined ? raws : [digest]) {
      for (const byte of bytes) {
        high = Math.imul(high ^ byte, 0x01000193);
        low = Math.imul(low + byte, 0x85ebca6b) ^ (low >>> 15);
      }
    }
    this.#high = mix(high);
    // 0 and 0 would be an empty slot.
    this.#low = mix(low) || 1;
  }

  /** False if it was there. */
  #insert(high: number, low: number): boolean {
    if (4 * this.#used > 3 * (this.#slots.length / 2)) this.#grow();
    const slots = this.#slots;
    const mask = slots.length / 2 - 1;
    let slot = high & mask;
    while (slots[2 * slot + 1] !== 0) {
      if (slots[2 * slot] === high && slots[2 * slot + 1] === low) return false;
      slot = (slot + 1) & mask;
    }
    slots[2 * slot] = high;
    slots[2 * slot + 1] = low;
    this.#used++;
    return true;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Uint32Array(before.length * 2);
    this.#used = 0;
    for (let at = 0; at < before.length; at += 2) {
      const low = before[at + 1] as number;
      if (low !== 0) this.#insert(before[at] as number, low);
    }
  }
}

function mix(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function digestOf({ text, raws }: Task): Uint8Array {
  const hash = createHash('sha256').update(text);
  for (const raw of raws) hash.update(raw);
  return hash.digest();
}
