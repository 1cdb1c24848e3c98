/** The places of a program's results among all that were stored, as they are read commit by commit. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { StoredOrder } from '../../../src/master/checkpoint/stored-order.js';

const test = suite('master/stored-order');

/** An order over these commits, each a list of entries, and the entries that it has read so far. */
function create(commits: readonly number[][], own: readonly number[], end = commits.flat().length) {
  const read: number[] = [];
  const starts = new Map<number, number[]>();
  let first = 0;
  for (const commit of commits) {
    starts.set(first, commit);
    first += commit.length;
  }
  const order = new StoredOrder({
    algorithms: new Set(own),
    end,
    readCommit: (first) => {
      read.push(first);
      const commit = starts.get(first);
      return commit && new Uint32Array(commit);
    },
  });
  return { order, read };
}

/** All places from this one on. */
function placesOf(order: StoredOrder, from = 0): number[] {
  const places: number[] = [];
  for (let next = order.following(from); next !== undefined; next = order.following(next + 1)) {
    places.push(next);
  }
  return places;
}

test('it passes over what is not of this program', () => {
  assert.equal(placesOf(create([[1, 2], [2], [1, 1, 2]], [1]).order), [0, 3, 4]);
  assert.equal(placesOf(create([[1, 2], [2], [1, 1, 2]], [1, 2]).order), [0, 1, 2, 3, 4, 5]);
  assert.equal(placesOf(create([[1, 2]], [3]).order), []);
  assert.equal(placesOf(create([], [1]).order), []);
});

test('it reads each commit once, when its place is reached', () => {
  const { order, read } = create([[1, 1], [1], [1, 1, 1]], [1]);
  assert.equal([order.following(0), read], [0, [0]]);
  assert.equal([order.following(1), read], [1, [0]]);
  assert.equal([order.following(2), read], [2, [0, 2]]);
  assert.equal([order.following(5), read], [5, [0, 2, 3]]);
});

test('it ends where results end, and at a commit that is not there', () => {
  assert.equal(placesOf(create([[1, 1], [1]], [1], 2).order), [0, 1]);
  assert.equal(placesOf(create([[1, 1]], [1], 9).order), [0, 1]);
});

test.run();
