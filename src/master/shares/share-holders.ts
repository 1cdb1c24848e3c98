/**
 * Which slaves have which shared values, as far as they have said: for a preference only, since a slave that lacks one
 * asks for it.
 */

import type { SlaveRecord } from '../model/slave-record.js';

/** The limit of keys kept for one slave; the oldest are forgotten. */
const MOST_KEYS = 1_024;
const NONE: ReadonlySet<SlaveRecord> = new Set();

export class ShareHolders {
  readonly #keysOf = new Map<SlaveRecord, Set<string>>();
  readonly #slavesOf = new Map<string, Set<SlaveRecord>>();

  holds(slave: SlaveRecord, key: string): boolean {
    return this.#keysOf.get(slave)?.has(key) === true;
  }

  holdersOf(key: string): ReadonlySet<SlaveRecord> {
    return this.#slavesOf.get(key) ?? NONE;
  }

  add(slave: SlaveRecord, key: string): void {
    let keys = this.#keysOf.get(slave);
    if (keys === undefined) {
      keys = new Set();
      this.#keysOf.set(slave, keys);
    }
    keys.add(key);
    let slaves = this.#slavesOf.get(key);
    if (slaves === undefined) {
      slaves = new Set();
      this.#slavesOf.set(key, slaves);
    }
    slaves.add(slave);
    const [oldest] = keys;
    if (keys.size > MOST_KEYS && oldest !== undefined) this.delete(slave, oldest);
  }

  delete(slave: SlaveRecord, key: string): void {
    this.#keysOf.get(slave)?.delete(key);
    const slaves = this.#slavesOf.get(key);
    slaves?.delete(slave);
    if (slaves?.size === 0) this.#slavesOf.delete(key);
  }

  /** Its session is over. */
  forget(slave: SlaveRecord): void {
    for (const key of this.#keysOf.get(slave) ?? []) this.delete(slave, key);
    this.#keysOf.delete(slave);
  }
}
