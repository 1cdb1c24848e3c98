/** Gives the run times of tasks that were settled together to these tasks, in an arbitrary but fixed order. */

export class PooledTimes {
  /** By algorithm: tasks without a time. */
  readonly #tasks = new Map<string, number[]>();
  #random = 1;

  addTask(algorithm: string, number: number): void {
    this.#tasksOf(algorithm).push(number);
  }

  /** `text` is as `50x20,61x2`. Times may come in a later line than their tasks. */
  addTimes(algorithm: string, text: string, give: (number: number, micros: number) => void): void {
    const tasks = this.#tasksOf(algorithm);
    const times: number[] = [];
    for (const piece of text.split(',')) {
      const [micros = 0, count = 0] = piece.split('x').map(Number);
      // More than there are tasks is not ours
      for (let left = Math.min(count, tasks.length - times.length); left > 0; left--) times.push(micros);
    }
    // They are written in ascending order, which is not that of the tasks
    for (let last = times.length - 1; last > 0; last--) {
      const other = this.#below(last + 1);
      [times[last], times[other]] = [times[other] as number, times[last] as number];
    }
    for (const [index, number] of tasks.splice(0, times.length).entries())
      give(number, times[index] as number);
  }

  #tasksOf(algorithm: string): number[] {
    const known = this.#tasks.get(algorithm) ?? [];
    this.#tasks.set(algorithm, known);
    return known;
  }

  #below(limit: number): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#random / 2 ** 32) * limit);
  }
}
