/**
 * The order in which earlier masters stored results: the places of those of this program. It is read one
 * commit at a time, as the program reaches it.
 */

/** The numbers of the algorithms of one commit's results, at `first` and the places after it. */
interface Commit {
  readonly first: number;
  readonly algorithms: Uint32Array;
}

interface StoredOrderParams {
  /** The numbers of the algorithms that this program has, with the code that it has. */
  readonly algorithms: ReadonlySet<number>;
  /** The number of stored results of all programs. */
  readonly end: number;
  /** The commit that begins at this place; undefined if none does. */
  readonly readCommit: (first: number) => Uint32Array | undefined;
}

export class StoredOrder {
  readonly #params: StoredOrderParams;
  #commit: Commit = { first: 0, algorithms: new Uint32Array(0) };

  constructor(params: StoredOrderParams) {
    this.#params = params;
  }

  /** The first place from this one on that holds a result of this program; places only grow. */
  following(place: number): number | undefined {
    const { algorithms, end } = this.#params;
    for (let next = place; next < end; next++) {
      const number = this.#algorithmAt(next);
      if (number === undefined) return undefined;
      if (algorithms.has(number)) return next;
    }
    return undefined;
  }

  #algorithmAt(place: number): number | undefined {
    while (place >= this.#commit.first + this.#commit.algorithms.length) {
      const first = this.#commit.first + this.#commit.algorithms.length;
      const algorithms = this.#params.readCommit(first);
      if (algorithms === undefined) return undefined;
      this.#commit = { first, algorithms };
    }
    return this.#commit.algorithms[place - this.#commit.first];
  }
}
