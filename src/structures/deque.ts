/**
 * A double-ended queue of linked blocks: constant cost at both ends, whatever it holds. Nothing is copied when it
 * grows, since a large array that is copied, and then filled with new items, costs more than all else in a queue.
 */

/** A master with thousands of slaves keeps several for each; most of them stay nearly empty. */
const FIRST_ITEMS = 4;
const MOST_ITEMS = 1_024;

interface Block<T> {
  readonly items: (T | undefined)[];
  previous: Block<T> | undefined;
  next: Block<T> | undefined;
}

export class Deque<T> {
  /** Its first item is at `#from` in the first block, and the place after its last one at `#to` in the last. */
  #first: Block<T> | undefined;
  #last: Block<T> | undefined;
  #from = 0;
  #to = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    let last = this.#last;
    if (last === undefined || this.#to === last.items.length) {
      const size = last === undefined ? FIRST_ITEMS : Math.min(MOST_ITEMS, 2 * last.items.length);
      last = this.#append(size);
    }
    last.items[this.#to++] = item;
    this.#length++;
  }

  unshift(item: T): void {
    let first = this.#first;
    if (first === undefined || this.#from === 0) {
      const size = first === undefined ? FIRST_ITEMS : Math.min(MOST_ITEMS, 2 * first.items.length);
      first = this.#prepend(size);
    }
    first.items[--this.#from] = item;
    this.#length++;
  }

  shift(): T | undefined {
    const first = this.#first;
    if (this.#length === 0 || first === undefined) return undefined;
    const item = first.items[this.#from];
    first.items[this.#from++] = undefined;
    this.#length--;
    if (this.#length === 0) this.#settle(first);
    else if (this.#from === first.items.length) {
      this.#first = first.next;
      if (this.#first !== undefined) this.#first.previous = undefined;
      this.#from = 0;
    }
    return item;
  }

  pop(): T | undefined {
    const last = this.#last;
    if (this.#length === 0 || last === undefined) return undefined;
    const item = last.items[--this.#to];
    last.items[this.#to] = undefined;
    this.#length--;
    if (this.#length === 0) this.#settle(last);
    else if (this.#to === 0) {
      this.#last = last.previous;
      if (this.#last !== undefined) {
        this.#last.next = undefined;
        this.#to = this.#last.items.length;
      }
    }
    return item;
  }

  /** Removes the first occurrence of this item, at the cost of those before it; false if there is none. */
  remove(item: T): boolean {
    let at = 0;
    for (const one of this) {
      if (one === item) break;
      at++;
    }
    if (at === this.#length) return false;
    const before: T[] = [];
    for (; at > 0; at--) before.push(this.shift() as T);
    this.shift();
    for (const one of before.reverse()) this.unshift(one);
    return true;
  }

  /** The item at a distance from the head, at a cost that grows with it; undefined after the tail. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#length) return undefined;
    let place = this.#from + index;
    let block = this.#first;
    while (block !== undefined && place >= block.items.length) {
      place -= block.items.length;
      block = block.next;
    }
    return block?.items[place];
  }

  /** The distance of the first occurrence of an item from the head; undefined if none is within `most`. */
  indexOf(item: T, most: number): number | undefined {
    let at = 0;
    for (const one of this) {
      if (one === item) return at;
      if (++at > most) return undefined;
    }
    return undefined;
  }

  clear(): void {
    this.#first = undefined;
    this.#last = undefined;
    this.#from = 0;
    this.#to = 0;
    this.#length = 0;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    let place = this.#from;
    let left = this.#length;
    for (let block = this.#first; block !== undefined; block = block.next) {
      for (; place < block.items.length && left > 0; left--) yield block.items[place++] as T;
      place = 0;
    }
  }

  /** It is empty, and keeps one block for the next items. */
  #settle(block: Block<T>): void {
    block.previous = undefined;
    block.next = undefined;
    this.#first = block;
    this.#last = block;
    // In its middle, so that neither end needs another block at once
    this.#from = block.items.length >> 1;
    this.#to = this.#from;
  }

  #append(size: number): Block<T> {
    const block: Block<T> = { items: new Array<T | undefined>(size), previous: this.#last, next: undefined };
    if (this.#last === undefined) {
      this.#first = block;
      this.#from = 0;
    } else this.#last.next = block;
    this.#last = block;
    this.#to = 0;
    return block;
  }

  #prepend(size: number): Block<T> {
    const block: Block<T> = { items: new Array<T | undefined>(size), previous: undefined, next: this.#first };
    if (this.#first === undefined) {
      this.#last = block;
      this.#to = size;
    } else this.#first.previous = block;
    this.#first = block;
    this.#from = size;
    return block;
  }
}
