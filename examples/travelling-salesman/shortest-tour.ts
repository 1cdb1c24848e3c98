/** Branch and bound over the tours of some cities. */

/** Whole numbers, so that sums do not depend on their order: `lengths[from][to]`. */
export type Lengths = readonly (readonly number[])[];

/** The length of the shortest tour that is known anywhere; tasks share it. */
export interface Bound {
  readonly value: number;
  offer(length: number): void;
}

/** The best tour of a search, and how many nodes of the tree the search has visited. */
export interface Found {
  readonly length: number;
  readonly tour: readonly number[];
  readonly nodes: number;
}

/** Cities at places that depend on nothing but the seed, in a square of 10,000 by 10,000. */
export function makeLengths(cities: number, seed: number): Lengths {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const places = Array.from({ length: cities }, () => [random() * 10_000, random() * 10_000] as const);
  return places.map(([x, y]) => places.map(([u, v]) => Math.round(Math.hypot(x - u, y - v))));
}

/** The beginnings of all tours from city 0 with `depth` cities after it, nearest cities first. */
export function beginnings(lengths: Lengths, depth: number): number[][] {
  let all: number[][] = [[0]];
  for (let step = 0; step < depth; step++) {
    all = all.flatMap((tour) => nearestFirst(lengths, tour.at(-1) ?? 0, tour).map((city) => [...tour, city]));
  }
  return all;
}

/**
 * Finds the shortest tour that begins like this; none if all are longer than the bound. A tour as long as the bound is
 * found too: a task that runs again, since its slave was lost, must find what it has offered before.
 */
export function search(lengths: Lengths, beginning: readonly number[], bound: Bound): Found {
  const tour = [...beginning];
  const visited = lengths.map((_, city) => tour.includes(city));
  const shortestLeaving = lengths.map((row, city) => Math.min(...row.filter((_, other) => other !== city)));
  const order = lengths.map((_, city) => nearestFirst(lengths, city, [city]));
  let nodes = 0;
  let length = Number.POSITIVE_INFINITY;
  let shortest: readonly number[] = [];

  /** `least` is what leaving the last city and all others that are not visited takes at least. */
  const visit = (last: number, soFar: number, least: number): void => {
    nodes++;
    if (soFar + least > bound.value) return;
    if (tour.length === lengths.length) {
      const whole = soFar + at(lengths, last, 0);
      if (whole > bound.value || whole >= length) return;
      length = whole;
      shortest = [...tour];
      bound.offer(whole);
      return;
    }
    for (const city of order[last] ?? []) {
      if (visited[city]) continue;
      visited[city] = true;
      tour.push(city);
      visit(city, soFar + at(lengths, last, city), least - (shortestLeaving[last] ?? 0));
      tour.pop();
      visited[city] = false;
    }
  };

  const last = tour.at(-1) ?? 0;
  const soFar = tour.slice(1).reduce((sum, city, i) => sum + at(lengths, tour[i] ?? 0, city), 0);
  const toLeave = shortestLeaving.filter((_, city) => city === last || !visited[city]);
  visit(
    last,
    soFar,
    toLeave.reduce((sum, one) => sum + one, 0),
  );
  return { length, tour: shortest, nodes };
}

function nearestFirst(lengths: Lengths, from: number, without: readonly number[]): number[] {
  return lengths
    .map((_, city) => city)
    .filter((city) => !without.includes(city))
    .sort((a, b) => at(lengths, from, a) - at(lengths, from, b));
}

function at(lengths: Lengths, from: number, to: number): number {
  return lengths[from]?.[to] ?? 0;
}
