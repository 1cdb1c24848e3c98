/** The leaves of a value in tagged form: how each is written, and that nothing else is read. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError } from '../../../src/errors.js';
import {
  isSpecialNumber,
  readBigint,
  readDate,
  readHugeBigint,
  readReference,
  readSpecialNumber,
  writeBigint,
  writeDate,
  writeSpecialNumber,
} from '../../../src/wire/values/leaves.js';

const leaves = suite('leaves');

leaves('a number is special where JSON has none like it', () => {
  for (const value of [0, 1, -1, 0.5, Number.MAX_VALUE, Number.MIN_VALUE]) {
    assert.not.ok(isSpecialNumber(value), String(value));
  }
  const special: readonly (readonly [number, string])[] = [
    [Number.NaN, '~nNaN'],
    [-0, '~n-0'],
    [Number.POSITIVE_INFINITY, '~nInfinity'],
    [Number.NEGATIVE_INFINITY, '~n-Infinity'],
  ];
  for (const [value, leaf] of special) {
    assert.ok(isSpecialNumber(value), leaf);
    assert.is(writeSpecialNumber(value), leaf);
    assert.ok(Object.is(readSpecialNumber(leaf), value), leaf);
  }
});

const DATES: readonly (readonly [number, string])[] = [
  [0, '~d0.0'],
  [1, '~d0.1'],
  [86_399_999, '~d0.86399999'],
  [86_400_000, '~d1.0'],
  [-1, '~d-1.86399999'],
  [-86_400_000, '~d-1.0'],
  [-86_400_001, '~d-2.86399999'],
  [1_700_000_000_123, '~d19675.80000123'],
  [8.64e15, '~d100000000.0'],
  [-8.64e15, '~d-100000000.0'],
];
for (const [time, leaf] of DATES) {
  leaves(`the time ${time} is written as ${leaf}, and read again`, () => {
    assert.is(writeDate(time), leaf);
    assert.is(readDate(leaf).getTime(), time);
  });
}

leaves('a Date that is none has no digits', () => {
  assert.is(writeDate(Number.NaN), '~d');
  assert.ok(Number.isNaN(readDate('~d').getTime()));
});

leaves('each part of a Date has nine digits at most, which may be zeros', () => {
  assert.is(readDate('~d000000001.000000002').getTime(), 86_400_002);
  assert.is(readDate('~d-000000001.000000002').getTime(), -86_399_998);
});

const most = 10n ** 10_000n;
leaves('integers above ten thousand digits are written in hex, the others in decimal', () => {
  for (const value of [0n, 1n, -1n, 2n ** 64n, most - 1n, 1n - most]) {
    assert.is(writeBigint(value), `~i${value}`);
    assert.is(readBigint(`~i${value}`), value);
  }
  for (const value of [most, -most, most + 1n]) {
    assert.is(writeBigint(value), `~h${value.toString(16)}`);
    assert.is(readHugeBigint(writeBigint(value)), value);
  }
  assert.is(readHugeBigint('~h-ff'), -255n);
});

leaves('a reference that is no number names no object', () => {
  assert.equal([readReference('~r0'), readReference('~r12')], [0, 12]);
  for (const leaf of ['~r', '~rx', '~r1x', '~r 1', '~r0x1', '~r1.5'])
    assert.is(readReference(leaf), -1, leaf);
});

const STRANGE: Readonly<Record<string, readonly [(leaf: string) => unknown, readonly string[]]>> = {
  number: [readSpecialNumber, ['~n', '~n0', '~nnan', '~n-NaN', '~nInfinity ', '~n+0']],
  // Each of these means something to BigInt.
  bigint: [readBigint, ['~i', '~i-', '~i 1', '~i1 ', '~i0x1', '~i+1', `~i${'9'.repeat(10_002)}`]],
  'huge bigint': [readHugeBigint, ['~h', '~h-', '~hFF', '~hff ', '~h0xff', '~h+ff', '~hg']],
  Date: [
    readDate,
    [
      ...[
        '~d-',
        '~d.',
        '~d5',
        '~d-5',
        '~d5.',
        '~d.5',
        '~d-.5',
        '~d1..2',
        '~d--1.2',
        '~d1.-2',
        '~d1-2',
        '~d1,2',
      ],
      // Also on the first day, which is zero.
      ...['~d0.1.2', '~d0..2', '~d0.1.', '~d1.2.3', '~d0', '~d0.'],
      ...['~d1/2.3', '~d1:2.3', '~d1.2/', '~d1.2:', '~d 1.2', '~d1.2 ', '~dx1.2'],
      ...['~d1234567890.1', '~d1.1234567890', '~d0000000001.1', '~d-1234567890.1'],
    ],
  ],
};
for (const [kind, [read, strange]] of Object.entries(STRANGE)) {
  leaves(`no other text is read as a ${kind}`, () => {
    for (const leaf of strange) {
      assert.throws(
        () => read(leaf),
        (error: unknown) => error instanceof FormatError && /a leaf that does not travel/.test(error.message),
        leaf.slice(0, 30),
      );
    }
  });
}

leaves('an integer of ten thousand digits is read with its sign', () => {
  const digits = '9'.repeat(10_000);
  assert.is(readBigint(`~i-${digits}`), 1n - most);
});

leaves.run();
