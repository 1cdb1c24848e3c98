/** Messages written as bytes, against the same joined from strings. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RESULTS_TAIL, resultsHead, tasksHead, tasksTail } from '../../../src/wire/messages/entries.js';
import { GroupText } from '../../../src/wire/messages/group-text.js';
import { resultEntryText, resultsText, taskEntryText, tasksText } from './entry-texts.js';

const test = suite('wire/group-text');

const NUMBERS = [0, 9, 10, 99, 100, 101, 65_535, 2 ** 31 - 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER];
const VALUES = [
  '[]',
  '["ü€😀"]',
  `["${'x'.repeat(59)}"]`,
  `["${'x'.repeat(60)}"]`,
  `["${'x'.repeat(60)}ü"]`,
  `["${'€'.repeat(30_000)}"]`,
  `["${'x'.repeat(2_000_000)}"]`,
  '[1],{"v":1},[8,9]',
];

const read = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('numbers of all lengths are written as JSON would', () => {
  const group = new GroupText();
  for (const number of NUMBERS) group.add(number, 1, 0, undefined, '[]');
  const texts = NUMBERS.map((number) => taskEntryText(number, 1, 0, '[]'));
  assert.is(group.count, NUMBERS.length);
  assert.is(read(group.take(tasksHead(16), tasksTail())), tasksText(16, texts));
  for (const number of NUMBERS) group.add(1, number, 2, number, '0');
  assert.is(
    read(group.take(resultsHead(Number.MAX_SAFE_INTEGER, true), RESULTS_TAIL)),
    resultsText(
      Number.MAX_SAFE_INTEGER,
      true,
      NUMBERS.map((number) => resultEntryText(1, number, 2, number, '0')),
    ),
  );
});

test('values of all lengths and characters are written, alone and together', () => {
  const group = new GroupText();
  for (const value of VALUES) {
    group.add(1, 2, 3, 4, value);
    const text = resultsText(5, false, [resultEntryText(1, 2, 3, 4, value)]);
    assert.is(read(group.take(resultsHead(5, false), RESULTS_TAIL)), text);
  }
  for (const value of VALUES) group.add(1, 2, 3, undefined, value);
  const texts = VALUES.map((value) => taskEntryText(1, 2, 3, value));
  assert.is(read(group.take(tasksHead(0), tasksTail([[0, 9]], true))), tasksText(0, texts, [[0, 9]], true));
});

test('a text stays as it is while the next one is written', () => {
  const group = new GroupText();
  const taken: [Uint8Array, string][] = [];
  for (const value of [...VALUES, ...VALUES]) {
    group.add(taken.length, 1, 0, undefined, value);
    taken.push([
      group.take(tasksHead(1), tasksTail()),
      tasksText(1, [taskEntryText(taken.length, 1, 0, value)]),
    ]);
  }
  for (const [bytes, text] of taken) assert.is(read(bytes), text);
});

test('a text keeps little more memory than it needs', () => {
  const group = new GroupText();
  for (const value of [`["${'x'.repeat(10_000_000)}"]`, `["${'€'.repeat(2_000_000)}"]`]) {
    group.add(1, 1, 0, undefined, value);
    const { buffer, length } = group.take(tasksHead(0), tasksTail());
    assert.ok(buffer.byteLength <= 2 * length, `${buffer.byteLength} for ${length}`);
  }
  for (let number = 0; number < 20_000; number++) group.add(number, 1, 0, undefined, `["${'x'.repeat(50)}"]`);
  group.add(1, 1, 0, undefined, `["${'x'.repeat(1_000)}"]`);
  const { buffer, length } = group.take(tasksHead(0), tasksTail());
  assert.ok(buffer.byteLength <= 2 * length, `${buffer.byteLength} for ${length}`);
});

test('without entries it is an empty list', () => {
  const group = new GroupText();
  assert.is(group.count, 0);
  assert.is(read(group.take(tasksHead(0), tasksTail())), tasksText(0, []));
  assert.is(read(group.take(resultsHead(0, false), RESULTS_TAIL)), resultsText(0, false, []));
});

test.run();
