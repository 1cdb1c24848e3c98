/** Counts things by their names; those beyond a number of names are counted together. */

export class Tallies {
  readonly #counts = new Map<string, number>();
  readonly #mostNames: number;
  readonly #others: string;

  constructor(mostNames: number, others: string) {
    this.#mostNames = mostNames;
    this.#others = others;
  }

  add(name: string, count = 1): void {
    const isNew = !this.#counts.has(name);
    const key = isNew && this.#counts.size >= this.#mostNames ? this.#others : name;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  get size(): number {
    return this.#counts.size;
  }

  [Symbol.iterator](): IterableIterator<[name: string, count: number]> {
    return this.#counts.entries();
  }
}
