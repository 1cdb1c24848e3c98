/** A slave's cells: the newest value that arrived, folded with what its own tasks offered and the master does not have yet. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CellDefinition } from '../../../src/algorithms/cell-holder.js';
import { EncodeError, UsageError } from '../../../src/errors.js';
import { createCells, type SharedCells } from '../../../src/link/shared/shared-state.js';
import { SlaveCells } from '../../../src/slave/run/slave-cells.js';
import { encodeCell } from '../../../src/wire/values/cell-value.js';

const PLACE = 'file:///p.js:1:2';
const STEP: CellDefinition = { name: 'step', initial: 0, merge: undefined, index: 0, place: PLACE };
const BEST: CellDefinition = {
  name: 'best',
  initial: Number.POSITIVE_INFINITY,
  merge: (a, b) => Math.min(a as number, b as number),
  index: 1,
  place: PLACE,
};
const UNION: CellDefinition = {
  name: 'union',
  initial: [],
  merge: (a, b) => [...new Set([...(a as number[]), ...(b as number[])])],
  index: 2,
  place: PLACE,
};
const SUM: CellDefinition = {
  name: 'sum',
  initial: 0,
  merge: (a, b) => (a as number) + (b as number),
  index: 3,
  place: PLACE,
};
const DEFINITIONS = [STEP, BEST, UNION, SUM];

class Stage {
  readonly shared = createCells(DEFINITIONS.map(({ name }) => name)) as SharedCells;
  wakes = 0;
  readonly cells = new SlaveCells({
    definitions: DEFINITIONS,
    shared: this.shared,
    wake: () => {
      this.wakes++;
    },
  });
  #version = 0;

  /** The sentinel's. */
  arrives({ index }: CellDefinition, text: string, version = ++this.#version): void {
    this.shared.values.write(index, { version, text });
  }

  /** The sentinel's: the master has folded all offers so far. */
  taken({ index }: CellDefinition): void {
    this.shared.offers.take(index, this.shared.offers.versionOf(index));
    this.shared.values.announce();
  }

  offered({ index }: CellDefinition): string | undefined {
    return this.shared.offers.read(index)?.text;
  }
}

const test = suite('slave cells');

test('it sees each value that arrives, and none that is older', () => {
  const { cells, arrives } = bound(new Stage());
  assert.is(cells.get(STEP), 0);
  arrives(STEP, '1', 5);
  assert.is(cells.get(STEP), 1);
  cells.welcome([['step', 7, '3']]);
  assert.is(cells.get(STEP), 3);
  arrives(STEP, '2', 6);
  assert.is(cells.get(STEP), 3);
  cells.welcome([
    ['step', 6, '2'],
    ['of another program', 9, '1'],
  ]);
  cells.welcome(undefined);
  assert.is(cells.get(STEP), 3);
  arrives(STEP, encodeCell('step', Number.NEGATIVE_INFINITY), 8);
  assert.is(cells.get(STEP), Number.NEGATIVE_INFINITY);
  arrives(STEP, '{', 9);
  assert.is(cells.get(STEP), Number.NEGATIVE_INFINITY);
});

test('a value is decoded once: reading it again gives the same object', () => {
  const { cells, arrives } = bound(new Stage());
  arrives(UNION, '[1,2]');
  const first = cells.get(UNION);
  assert.is(cells.get(UNION), first);
  arrives(STEP, '1');
  assert.is(cells.get(UNION), first);
});

test('what a task offers it sees at once, and until the master has it', () => {
  const stage = new Stage();
  const { cells, arrives, taken } = bound(stage);
  arrives(BEST, '9');
  cells.offer(BEST, 5);
  assert.is(cells.get(BEST), 5);
  arrives(BEST, '7');
  assert.is(cells.get(BEST), 5, 'the master does not have it yet');
  arrives(BEST, '5');
  taken(BEST);
  arrives(BEST, '100');
  assert.is(cells.get(BEST), 100, 'the master has set another value');
});

test('a new value that comes with the confirmation is not folded with what it contains', () => {
  const { cells, arrives, taken } = bound(new Stage());
  cells.offer(BEST, 5);
  arrives(BEST, '100');
  assert.is(cells.get(BEST), 5);
  taken(BEST);
  assert.is(cells.get(BEST), 100);
});

test('offers are folded here; the sentinel is woken once for many, and not for those that change nothing', () => {
  const stage = new Stage();
  const { cells } = stage;
  for (const value of [9, 12, 7, 7, 8]) cells.offer(BEST, value);
  assert.is(stage.offered(BEST), '7');
  assert.is(stage.wakes, 1);
  stage.shared.offers.beginReading();
  cells.offer(BEST, 8);
  assert.is(stage.wakes, 1);
  cells.offer(BEST, 6);
  assert.is(stage.wakes, 2);
  cells.offer(UNION, [1]);
  cells.offer(UNION, [2]);
  assert.is(stage.offered(UNION), '[1,2]');
});

test('after the master has what was offered, offers begin anew', () => {
  const stage = new Stage();
  const { cells, arrives, taken } = bound(stage);
  cells.offer(UNION, [1]);
  arrives(UNION, '[1]');
  taken(UNION);
  cells.offer(UNION, [2]);
  assert.is(stage.offered(UNION), '[2]');
  assert.equal(cells.get(UNION), [1, 2]);
});

test('what goes with the next results is what was offered since the last and has not arrived', () => {
  const { cells, taken } = bound(new Stage());
  assert.is(cells.takeOffers(), undefined);
  cells.offer(BEST, 5);
  cells.offer(UNION, [1]);
  assert.equal(cells.takeOffers(), [
    ['best', 1, '5'],
    ['union', 1, '[1]'],
  ]);
  assert.is(cells.takeOffers(), undefined);
  cells.offer(UNION, [2]);
  assert.equal(cells.takeOffers(), [['union', 2, '[1,2]']]);
  cells.offer(BEST, 4);
  taken(BEST);
  assert.equal(cells.takeOffers(), []);
});

test('when the program sets a cell, what went with results is replaced, and what a task that runs has offered is not', () => {
  const { cells, arrives } = bound(new Stage());
  cells.offer(BEST, 5);
  cells.takeOffers();
  arrives(BEST, '100', 8);
  assert.is(cells.get(BEST), 5);
  cells.takeSet([['best', 8, '100']]);
  assert.is(cells.get(BEST), 100);
  cells.offer(BEST, 50);
  cells.takeSet([
    ['best', 9, '70'],
    ['of another program', 9, '1'],
  ]);
  assert.is(cells.get(BEST), 50);
  assert.equal(cells.takeOffers(), [['best', 2, '50']]);
});

const refusals: [string, (cells: SlaveCells) => unknown, new (...args: never[]) => Error, RegExp][] = [
  [
    'to set it',
    (cells) => cells.set(BEST),
    UsageError,
    /cell "best" is set by the master only; let the task offer/,
  ],
  [
    'to set it',
    (cells) => cells.set(STEP),
    UsageError,
    /cell "step" .* only; give it a merge, and let the task/,
  ],
  [
    'a merge that counts',
    (cells) => cells.offer(SUM, 1),
    UsageError,
    /merge of cell "sum" gives another value if an offer/,
  ],
  [
    'a large offer',
    (cells) => cells.offer(UNION, ['x'.repeat(5_000)]),
    UsageError,
    /cell "union" takes 5004 bytes/,
  ],
  ['an offer that cannot travel', (cells) => cells.offer(UNION, [Symbol('s')]), EncodeError, /cell "union"/],
  ['an offer that its merge does not like', (cells) => cells.offer(UNION, 7), TypeError, /not iterable/],
  [
    'a cell that came late',
    (cells) => cells.get({ ...STEP, name: 'late', index: 9 }),
    UsageError,
    /cell "late" was defined at file:\/\/\/p\.js:1:2 after this slave began/,
  ],
];

for (const [what, call, kind, pattern] of refusals) {
  test(`${what} is refused, and nothing changes: ${pattern.source.slice(0, 40)}`, () => {
    const { cells } = new Stage();
    assert.throws(
      () => call(cells),
      (error: unknown) => error instanceof kind && pattern.test(error.message),
    );
    assert.is(cells.get(SUM), 0);
    assert.equal(cells.get(UNION), []);
    assert.is(cells.takeOffers(), undefined);
  });
}

test('a read does not throw if the merge does: the master tells why', () => {
  let fails = false;
  const fragile: CellDefinition = {
    ...BEST,
    merge: (a, b) => {
      if (fails) throw new Error('no');
      return Math.min(a as number, b as number);
    },
  };
  const stage = new Stage();
  const cells = new SlaveCells({
    definitions: [STEP, fragile, UNION, SUM],
    shared: stage.shared,
    wake: () => {},
  });
  cells.offer(fragile, 5);
  fails = true;
  stage.arrives(fragile, '9');
  assert.is(cells.get(fragile), 9);
});

/** So that they can be taken apart. */
function bound(stage: Stage): Pick<Stage, 'cells' | 'arrives' | 'taken'> {
  return { cells: stage.cells, arrives: stage.arrives.bind(stage), taken: stage.taken.bind(stage) };
}

test.run();
