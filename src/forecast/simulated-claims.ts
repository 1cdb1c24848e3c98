/**
 * The tasks that a simulated slave has begun, and those that its master has taken back: what `Claims` settles between a
 * sentinel and its main, without 256 KB for each slave.
 */

export class SimulatedClaims {
  /** Tasks before this one have begun. */
  #begun = 0;
  #withdrawn: { readonly from: number; readonly to: number }[] = [];

  /** Begins the task of this index; false if it was taken back. */
  begin(index: number): boolean {
    this.#begun = index + 1;
    const isOpen = this.isOpen(index);
    if (this.#withdrawn.length > 0) this.#withdrawn = this.#withdrawn.filter(({ to }) => to > this.#begun);
    return isOpen;
  }

  /** Whether the task of this index was not taken back. */
  isOpen(index: number): boolean {
    return (
      this.#withdrawn.length === 0 || !this.#withdrawn.some(({ from, to }) => from <= index && index < to)
    );
  }

  /** Takes back those from `from` up to `to` that have not begun; returns the first of them, `to` if there is none. */
  takeBack(from: number, to: number): number {
    const first = Math.min(to, Math.max(from, this.#begun));
    if (first < to) this.#withdrawn.push({ from: first, to });
    return first;
  }
}
