/** Cells as values: what may define one, who holds their values, and which calls must not compile. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Cell, cell, listCells, MOST_CELLS } from '../../src/algorithms/cell.js';
import {
  type CellDefinition,
  type CellHolder,
  enterHolder,
  openHolder,
  setProgramHolder,
} from '../../src/algorithms/cell-holder.js';
import { NoKernelError, UsageError } from '../../src/errors.js';

const plain = cell('plain', 1);
const best = cell('best', Number.POSITIVE_INFINITY, { merge: Math.min });

/** Says which holder was asked. */
class Recorder implements CellHolder {
  readonly calls: unknown[] = [];
  constructor(readonly name: string) {}
  get(): unknown {
    return this.name;
  }
  set({ name }: CellDefinition, value: unknown): void {
    this.calls.push(['set', name, value]);
  }
  offer({ name }: CellDefinition, value: unknown): void {
    this.calls.push(['offer', name, value]);
  }
}

const test = suite('cell');
const opened: (() => void)[] = [];

function open(name: string): Recorder {
  const holder = new Recorder(name);
  opened.push(openHolder(holder));
  return holder;
}

test.after.each(() => {
  setProgramHolder(undefined);
  for (const close of opened.splice(0)) close();
});

test('outside of any run it has its initial value, takes offers without effect, and refuses to be set', () => {
  assert.is(plain.value, 1);
  assert.is(best.name, 'best');
  best.offer(3);
  assert.is(best.value, Number.POSITIVE_INFINITY);
  assert.throws(
    () => {
      plain.value = 2;
    },
    (error: unknown) =>
      error instanceof NoKernelError && /cell "plain" is set by a master/.test(error.message),
  );
});

test('the only holder of the process is asked, until it is closed', () => {
  const holder = open('only');
  assert.is(plain.value as unknown, 'only');
  plain.value = 4;
  best.offer(5);
  assert.equal(holder.calls, [
    ['set', 'plain', 4],
    ['offer', 'best', 5],
  ]);
  for (const close of opened.splice(0)) close();
  assert.is(plain.value, 1);
});

test('of several holders the one whose code runs is asked, also later; the innermost counts', async () => {
  const [a, b] = [open('a'), open('b')];
  assert.is(plain.value, 1);
  const seen = enterHolder(a, async () => {
    const inner = enterHolder(b, () => plain.value as unknown);
    await Promise.resolve();
    return [inner, plain.value, enterHolder(undefined, () => plain.value as unknown)];
  });
  assert.equal(await seen, ['b', 'a', 'a']);
});

test('the holder of the program is asked where others are not entered', () => {
  const [program, other] = [open('program'), open('other')];
  setProgramHolder(program);
  assert.is(plain.value as unknown, 'program');
  assert.is(
    enterHolder(other, () => plain.value as unknown),
    'other',
  );
});

const refusals: [string, () => unknown, RegExp][] = [
  [
    'an empty name',
    () => cell('', 1),
    /name of a cell is a string of 1 to 200 characters; at .*cell\.test\.js:\d+:\d+ it is one of 0/,
  ],
  ['a long name', () => cell('x'.repeat(201), 1), /it is one of 201/],
  ['no name', () => cell(null as never, 1), /it is null/],
  [
    'a name twice',
    () => cell('best', 1),
    /cell "best" is defined twice: at .*:\d+:\d+ and at .*; give one of them another name/,
  ],
  ['a name of blanks', () => cell(' ', 1), /the name " " of a cell at .*cell\.test\.js:\d+:\d+ is blank/],
  [
    'other options',
    () => cell('o', 1, { fold: Math.min } as never),
    /cell "o" has no option "fold"; it may have merge/,
  ],
  [
    'options that are none',
    () => cell('o', 1, Math.min as never),
    /options of cell "o" are an object of merge/,
  ],
  [
    'no merge',
    () => cell('o', 1, {} as never),
    /merge of cell "o" is a function of two values; got undefined/,
  ],
  [
    'an offer without a merge',
    () => (plain as unknown as typeof best).offer(1),
    /cell "plain" takes no offers, because it has no merge; define it with one: cell\("plain", initial, \{ merge/,
  ],
];

for (const [what, call, pattern] of refusals) {
  test(`${what} is refused`, () => {
    assert.throws(call, (error: unknown) => error instanceof UsageError && pattern.test(error.message));
  });
}

test('wrong calls do not compile', () => {
  const wrong = (): void => {
    // @ts-expect-error it has no merge
    plain.offer(1);
    // @ts-expect-error a number
    plain.value = 'one';
    // @ts-expect-error a number
    best.offer('one');
    // @ts-expect-error a merge of numbers
    cell('o', 'text', { merge: Math.min });
    // @ts-expect-error its name is given once
    best.name = 'other';
  };
  assert.type(wrong, 'function');
  const narrower: Cell<number> = best;
  assert.is(narrower, best);
});

test('there are at most 64, and refused ones do not count', () => {
  const before = listCells().length;
  assert.is(before, 2);
  for (let n = before; n < MOST_CELLS; n++) cell(`n${n}`, n);
  assert.throws(() => cell('more', 1), /cell "more" at .* is one too many: a program has at most 64/);
  assert.is(listCells().length, MOST_CELLS);
  assert.equal(
    listCells().map(({ index }) => index),
    Array.from({ length: MOST_CELLS }, (_, at) => at),
  );
});

test.run();
