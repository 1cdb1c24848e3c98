/**
 * The shortest tour through some cities, by branch and bound: slaves search, and share the shortest length in a cell.
 *
 *     node dist/examples/travelling-salesman/main.js --master --slaves 2 --cities 14 --seed 6
 *
 * As soon as one slave has found a shorter tour, all others leave out what is longer, in the midst of their tasks.
 */
import { cell, defineAlgorithm, defineMaster, initialize, pmapIterable } from 'ts-mw';
import { readOptions, wholeNumber } from '../read-options.js';
import { beginnings, type Found, makeLengths, search } from './shortest-tour.js';

/** Cities behind the first one that a task fixes: there are enough tasks for many slaves. */
const DEPTH = 2;

const best = cell('best', Number.POSITIVE_INFINITY, { merge: Math.min });

interface Part {
  readonly cities: number;
  readonly seed: number;
  readonly beginning: readonly number[];
}

const searchPart = defineAlgorithm('searchPart', ({ cities, seed, beginning }: Part) =>
  search(makeLengths(cities, seed), beginning, best),
);

defineMaster(async (master) => {
  const options = readOptions(master.argv, 'Finds the shortest tour through cities', {
    cities: wholeNumber(14, 'How many cities', 4, 20),
    seed: wholeNumber(6, 'Where they are'),
    'show-nodes': wholeNumber(0, '1 to print how many nodes of the tree were visited', 0, 1),
  });
  if (options === undefined) return 0;
  const { cities, seed, 'show-nodes': showNodes } = options;

  let nodes = 0;
  let shortest: Found | undefined;
  const parts = beginnings(makeLengths(cities, seed), DEPTH).map((beginning) => ({
    cities,
    seed,
    beginning,
  }));
  for await (const found of pmapIterable(searchPart, parts)) {
    nodes += found.nodes;
    if (found.length < (shortest?.length ?? Number.POSITIVE_INFINITY)) shortest = found;
  }
  console.log(`shortest tour of ${cities} cities: ${shortest?.length}`);
  console.log(shortest?.tour.join(' '));
  if (showNodes === 1) console.log(`${nodes} nodes`);
  return best.value === shortest?.length ? 0 : 1;
});

await initialize();
