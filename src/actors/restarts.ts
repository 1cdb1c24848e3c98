/** When an actor is made again after its slave was lost, and when that is given up. Pure. */

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 30_000;
/** In a row, where the program says only that there are some. */
const USUAL = 5;

export class Restarts {
  /** In a row. */
  readonly most: number;
  #inARow = 0;

  constructor(restart: boolean | number) {
    this.most = restart === true ? USUAL : Number(restart);
  }

  /** Milliseconds to wait before the next one, which is counted; undefined if there is none. */
  next(): number | undefined {
    if (this.#inARow >= this.most) return undefined;
    return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#inARow++);
  }

  /** Whether a call that ends would begin a new row. */
  get isInRow(): boolean {
    return this.#inARow > 0;
  }

  /** A call has ended: the actor works. */
  noteWork(): void {
    this.#inARow = 0;
  }
}
