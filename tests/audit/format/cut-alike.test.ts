/** Texts that differ only in numbers are cut at the same place, and never become longer than their bound. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cutAlike } from '../../../src/audit/format/cut-alike.js';
import { withoutNumbers } from '../../../src/audit/format/without-numbers.js';

const it = suite('audit/cut-alike');

const CASES: readonly (readonly [text: string, most: number, cut: string])[] = [
  ['', 5, ''],
  ['abcde', 5, 'abcde'],
  ['abcdef', 5, 'abcde'],
  ['12345', 5, '12345'],
  ['123456', 5, '123456'],
  ['123456 ab', 3, '123456'],
  ['a 12.75 bcd', 5, 'a 12.75 b'],
  ['a1b2c3d4', 4, 'a1b2'],
  ['a1b22c3d4', 4, 'a1b22'],
  ['abcd1234', 4, 'abcd'],
  ['abc1234', 4, 'abc1234'],
  ['abc12345678', 4, 'abc12345'],
  ['12345678901', 5, '1234567890'],
];

for (const [text, most, cut] of CASES) {
  it(`${JSON.stringify(text)} at ${most}`, () => assert.is(cutAlike(text, most), cut));
}

it('equal texts with other numbers stay equal', () => {
  const textOf = (number: number): string =>
    `it threw Error: block ${number} of file ${number * 7} is damaged: ${'no checksum fits '.repeat(30)}`;
  for (const most of [20, 40, 100, 200, 300]) {
    const cuts = [0, 7, 99, 123_456, 1_234_567_890].map((number) => cutAlike(textOf(number), most));
    assert.is(new Set(cuts.map(withoutNumbers)).size, 1, String(most));
    assert.ok(cuts.every(({ length }) => length <= 2 * most));
  }
  assert.is(cutAlike('9'.repeat(1_000), 100, 120).length, 120);
});

it.run();
