/** A double-ended queue in a ring that doubles when full: constant cost at both ends, whatever it holds. */

/** A master with thousands of slaves keeps several for each; most of them stay empty. */
const LEAST_RING = 4;
const NO_RING: undefined[] = [];

export class Deque<T> {
  /** Its length is a power of two, or zero. */
  #ring: (T | undefined)[] = NO_RING;
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item;
    this.#length++;
  }

  unshift(item: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#ring.length - 1);
    this.#ring[this.#head] = item;
    this.#length++;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    if (this.#length === 0 && this.#ring.length > 1024) this.clear();
    return item;
  }

  pop(): T | undefined {
    if (this.#length === 0) return undefined;
    this.#length--;
    const at = (this.#head + this.#length) & (this.#ring.length - 1);
    const item = this.#ring[at];
    this.#ring[at] = undefined;
    return item;
  }

  /** Removes the first occurrence of this item, at the cost of those before it; false if there is none. */
  remove(item: T): boolean {
    let at = 0;
    while (at < this.#length && this.at(at) !== item) at++;
    if (at === this.#length) return false;
    const mask = this.#ring.length - 1;
    for (; at > 0; at--) this.#ring[(this.#head + at) & mask] = this.#ring[(this.#head + at - 1) & mask];
    this.shift();
    return true;
  }

  /** The item at a distance from the head; undefined after the tail. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#length) return undefined;
    return this.#ring[(this.#head + index) & (this.#ring.length - 1)];
  }

  clear(): void {
    this.#ring = NO_RING;
    this.#head = 0;
    this.#length = 0;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let index = 0; index < this.#length; index++) yield this.at(index) as T;
  }

  #grow(): void {
    const items = this.#ring.slice(this.#head);
    for (let at = 0; at < this.#head; at++) items.push(this.#ring[at]);
    items.length = Math.max(LEAST_RING, items.length * 2);
    this.#ring = items;
    this.#head = 0;
  }
}
