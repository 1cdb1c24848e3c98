/** `Sorting`: the order of `Array.sort`, whatever the parts and the size of a message. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Sorting } from '../../../src/collections/parts/sorting.js';
import { resolveTask } from '../../../src/collections/parts/task.js';
import { MessageSizeError } from '../../../src/errors.js';
import { generator } from '../../support/random.js';
import { ComputingSubmitter } from './computing-submitter.js';
import { byNumber, byRank, type Card, rankOf } from './tasks.js';

const test = suite('collections/parts/sorting');

/** The sorted elements, and the submitter that had them computed. */
async function sorted<A>(
  elements: readonly A[],
  compare: unknown,
  { parts, mostBytes, key = null }: { parts: number; mostBytes?: number; key?: unknown },
): Promise<{ readonly list: readonly A[]; readonly submitter: ComputingSubmitter }> {
  const submitter = new ComputingSubmitter();
  submitter.mostBytes = mostBytes ?? Number.POSITIVE_INFINITY;
  const call = {
    stub: 'psort',
    submitter,
    task: resolveTask('psort', compare),
    place: undefined,
    options: {},
  };
  const reference = key === null ? null : resolveTask('psort', key).reference;
  const sorting = new Sorting<A>(call, reference, elements);
  const list = sorting.range(0, elements.length, Math.max(1, Math.min(parts, elements.length)));
  await Promise.race([submitter.computeAll(), list]);
  return { list: await list, submitter };
}

function cards(length: number, values: number, textLength: number): Card[] {
  const random = generator(length + values);
  return Array.from({ length }, (_, n) => ({
    rank: Math.floor(random() * values),
    text: `${n}`.padEnd(textLength, '.'),
  }));
}

test('it sorts stably by any number of parts, and returns the elements themselves', async () => {
  for (const [length, values] of [
    [0, 1],
    [1, 1],
    [2, 1],
    [2, 9],
    [3, 2],
    [31, 5],
    [40, 1_000],
  ] as const) {
    const unsorted = cards(length, values, 3);
    const expected = [...unsorted].sort((a, b) => a.rank - b.rank);
    for (const parts of [1, 2, 3, 7, 99]) {
      for (const [compare, key] of [
        [byRank, null],
        [byNumber, rankOf],
      ]) {
        const { list } = await sorted(unsorted, compare, { parts, key });
        assert.ok(
          list.length === length && list.every((card, index) => card === expected[index]),
          `${length} in ${parts} parts`,
        );
      }
    }
  }
});

test('lists that are too large for a message together are sorted and merged in pieces', async () => {
  for (const [length, values, textLength, mostBytes] of [
    [60, 8, 100, 4_000],
    [60, 60, 100, 700],
    [33, 1, 100, 450],
    [200, 30, 0, 900],
    // One element as large as all others
    [20, 5, 50, 500],
  ] as const) {
    const unsorted = cards(length, values, textLength);
    const expected = [...unsorted].sort((a, b) => a.rank - b.rank);
    for (const parts of [1, 2, 5]) {
      const { list, submitter } = await sorted(unsorted, byRank, { parts, mostBytes });
      assert.ok(
        list.length === length && list.every((card, index) => card === expected[index]),
        `${length} by ${mostBytes} bytes`,
      );
      assert.ok(submitter.largestBytes <= mostBytes);
    }
  }
});

test('an order that is too large for a message is computed in pieces', async () => {
  // A digit takes two bytes, and its place four
  const random = generator(1);
  const digits = Array.from({ length: 400 }, () => Math.floor(random() * 10));
  const { list, submitter } = await sorted(digits, byNumber, { parts: 1, mostBytes: 1_000 });
  assert.equal(list, [...digits].sort());
  assert.ok(submitter.submitted > 4, `${submitter.submitted} tasks`);
});

test('elements in order, in reverse and in two runs are merged in pieces', async () => {
  const up = Array.from({ length: 300 }, (_, n) => n + 1_000);
  for (const numbers of [up, up.toReversed(), [...up.slice(150), ...up.slice(0, 150)]]) {
    for (const parts of [2, 3]) {
      const { list } = await sorted(numbers, byNumber, { parts, mostBytes: 600 });
      assert.equal(list, up);
    }
  }
});

test('two elements that do not fit in a message end it with an error that says so', async () => {
  const [small, ...large] = [...cards(1, 1, 1), ...cards(2, 1, 400)];
  for (const [elements, parts] of [
    [large, 1],
    [large, 2],
    [[small, ...large], 3],
  ] as const) {
    const error = await sorted(elements, byRank, { parts, mostBytes: 600 }).catch(
      (thrown: unknown) => thrown,
    );
    assert.instance(error, MessageSizeError);
    assert.match(
      (error as Error).message,
      /^the comparison of two elements by psort takes \d+ bytes, and --max-message-size is 600/,
    );
  }
});

test.run();
