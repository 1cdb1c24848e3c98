/** The values of cells as text: which ones fit, and that nobody can change what all share. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { portable } from '../../../src/algorithms/portable.js';
import { EncodeError, FormatError, UsageError } from '../../../src/errors.js';
import { MOST_CELL_BYTES } from '../../../src/wire/messages/cells.js';
import { copyForCell, decodeCell, encodeCell } from '../../../src/wire/values/cell-value.js';

const test = suite('cell value');

const VALUES: readonly unknown[] = [
  ...[0, -0, 1.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, undefined, null],
  ...[true, '~text', 'é', 10n, [1, undefined, [2]], { a: { b: [Number.POSITIVE_INFINITY] } }],
  ...[new Map([['a', 1]]), new Set([1, 2]), new Date(7)],
];

for (const value of VALUES) {
  test(`${typeof value} ${String(value)} comes back as it was`, () => {
    assert.equal(decodeCell(encodeCell('c', value)), value);
    assert.equal(copyForCell('c', value).value, value);
  });
}

test('a copy is not the original, and its objects and arrays are frozen', () => {
  const original = { list: [{ n: 1 }] };
  const copy = copyForCell('c', original).value as typeof original;
  original.list.push({ n: 2 });
  assert.equal(copy, { list: [{ n: 1 }] });
  for (const part of [copy, copy.list, copy.list[0]]) assert.ok(Object.isFrozen(part));
  assert.not(Object.isFrozen(original.list));
});

test('4 KB fit, and a byte more does not', () => {
  assert.is(encodeCell('c', 'x'.repeat(MOST_CELL_BYTES - 2)).length, MOST_CELL_BYTES);
  for (const value of ['x'.repeat(MOST_CELL_BYTES - 1), 'é'.repeat(MOST_CELL_BYTES / 2)]) {
    assert.throws(
      () => encodeCell('my cell', value),
      (error: unknown) =>
        error instanceof UsageError &&
        /the value of cell "my cell" takes 409[78] bytes as JSON, and a cell holds 4096; keep what/.test(
          error.message,
        ),
    );
  }
});

const circular: unknown[] = [];
circular.push(new Float64Array(1));

for (const [what, value] of [
  ['a symbol', Symbol('s')],
  ['a function', () => 1],
  ['a portable function', portable(() => 1)],
  ['bytes', Buffer.from('x')],
  ['bytes inside', circular],
  ['a getter of a class', { deep: [Promise.resolve()] }],
] as const) {
  test(`${what} cannot be in a cell, and the message names it`, () => {
    assert.throws(
      () => copyForCell('my cell', value),
      (error: unknown) => error instanceof EncodeError && error.message.startsWith('cell "my cell"'),
    );
  });
}

for (const text of ['', '1,2,3,4', '{', `"${'x'.repeat(MOST_CELL_BYTES)}"`]) {
  test(`${text.slice(0, 20)} is no value of a cell`, () => {
    assert.throws(
      () => decodeCell(text),
      (error: unknown) => error instanceof FormatError,
    );
  });
}

test.run();
