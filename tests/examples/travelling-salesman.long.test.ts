/** travelling-salesman: the tour of the catalogue is the shortest, and two slaves visit hardly more nodes than one process. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Bound,
  beginnings,
  type Found,
  type Lengths,
  makeLengths,
  search,
} from '../../examples/travelling-salesman/shortest-tour.js';
import { documented, runAsDocumented } from './catalogue.js';
import { runWithSlaves } from './run-example.js';

const test = suite('travelling-salesman');
const { program } = documented('travelling-salesman/main');
/** Of the nodes of one process. */
const MOST_NODES = 1.3;
const MOST_RUNS = 3;

function newBound(): Bound {
  let value = Number.POSITIVE_INFINITY;
  return {
    get value() {
      return value;
    },
    offer: (length) => {
      value = Math.min(value, length);
    },
  };
}

/** One process, with as many bounds as there would be slaves that share nothing. */
function searchAlone(lengths: Lengths, bounds = [newBound()]): Found {
  let nodes = 0;
  let shortest: Found | undefined;
  for (const [part, beginning] of beginnings(lengths, 2).entries()) {
    const found = search(lengths, beginning, bounds[part % bounds.length] as Bound);
    nodes += found.nodes;
    if (found.length < (shortest?.length ?? Number.POSITIVE_INFINITY)) shortest = found;
  }
  return { length: 0, tour: [], ...shortest, nodes };
}

test('the search finds the shortest of all tours', () => {
  const lengths = makeLengths(8, 1);
  const tours = beginnings(lengths, 7).map((tour) =>
    tour.reduce((sum, city, at) => sum + (lengths[city]?.[tour[at + 1] ?? 0] ?? 0), 0),
  );
  assert.is(tours.length, 5_040);
  assert.is(searchAlone(lengths).length, Math.min(...tours));
});

test('every beginning brings a bound, so that no task searches without one', () => {
  const lengths = makeLengths(8, 1);
  for (const beginning of beginnings(lengths, 2)) {
    const bound = newBound();
    const found = search(lengths, beginning, bound);
    assert.is(bound.value, found.length, String(beginning));
    assert.ok(found.length < Number.POSITIVE_INFINITY, String(beginning));
  }
});

test('a search that runs again finds what it has offered', () => {
  const lengths = makeLengths(8, 1);
  const bound = newBound();
  const first = search(lengths, [0], bound);
  assert.equal(search(lengths, [0], bound).tour, first.tour);
});

test('it prints what the catalogue shows, which one process finds too', async () => {
  const [title = '', tour] = (await runAsDocumented('travelling-salesman/main')).split('\n');
  const alone = searchAlone(makeLengths(14, 6));
  assert.is(title, `shortest tour of 14 cities: ${alone.length}`);
  assert.is(tour, alone.tour.join(' '));
});

test('two slaves that share their bound visit at most 1.3 times the nodes of one process', async () => {
  // Long enough for the tours of one slave to reach the other in its midst
  const seed = 107;
  const lengths = makeLengths(14, seed);
  const { nodes } = searchAlone(lengths);
  const apart = searchAlone(lengths, [newBound(), newBound()]);
  assert.ok(apart.nodes > 1.8 * nodes, 'without a shared bound it would be far more');
  const asked = ['--seed', String(seed), '--show-nodes', '1'];
  const visited: number[] = [];
  // A busy machine may keep a bound on its way while the other slave searches on, but hardly in each run
  for (let run = 0; run < MOST_RUNS && !visited.some((count) => count <= MOST_NODES * nodes); run++) {
    const { code, stdout, stderr } = await runWithSlaves(program, undefined, asked);
    visited.push(Number(/^(\d+) nodes$/m.exec(stdout)?.[1]));
    assert.is(stderr, '');
    assert.is(code, 0);
  }
  const least = Math.min(...visited);
  assert.ok(least <= MOST_NODES * nodes, `${visited} nodes, and ${nodes} in one process`);
});

test.run();
