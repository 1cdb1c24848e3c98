/**
 * The places in the program where the tasks of one algorithm were submitted, as far as the stubs have looked.
 */

/** The number of distinct places that are kept. */
const MOST_PLACES = 8;
/** The number of tasks whose exact place is kept. */
const MOST_TASKS = 1_024;

export class SubmissionPlaces {
  readonly #places: string[] = [];
  readonly #placeOf = new Map<number, string>();
  #more = false;

  /** The task of that number was submitted there. */
  note(number: number, place: string): void {
    let known = this.#places.find((one) => one === place);
    if (known === undefined && this.#places.length < MOST_PLACES) {
      known = place;
      this.#places.push(place);
    }
    if (known === undefined) this.#more = true;
    else if (this.#placeOf.size < MOST_TASKS) this.#placeOf.set(number, known);
  }

  /**
   * The place where a task was submitted; several possible places are joined by `or`; undefined if unknown.
   */
  of(number: number): string | undefined {
    const exact = this.#placeOf.get(number);
    if (exact !== undefined) return exact;
    if (this.#places.length === 0 || this.#more) return undefined;
    return this.#places.join(' or ');
  }
}
