/** The computations of the part `collections`, by slaves and by the threads of peers. */

export const addOne = (n: number): number => n + 1;

export const add = (a: number, b: number): number => a + b;

/** A fixed amount of work: a time would pass also while another process has the core. */
export function compute(steps: number): number {
  let state = 1;
  for (let step = 0; step < steps; step++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state;
}

/** From `start` to before `end`. */
export function numbers(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}
