/**
 * Counts the words of a large text: slaves count those of byte ranges, the master adds them up as they come.
 *
 *     node dist/examples/word-count/main.js --master --slaves 2 --file book.txt --top 20
 *
 * Slaves read the file themselves, so it must be at the same path for all of them.
 */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { defineAlgorithm, defineMaster, FlagError, initialize, pmapIterable } from 'ts-mw';
import { fileName, readOptions, wholeNumber } from '../read-options.js';
import { countWords, type WordCounts } from './count-words.js';

interface Range {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

const count = defineAlgorithm('count', ({ path, from, to }: Range) => countWords(path, from, to));

defineMaster(async (master) => {
  const options = readOptions(master.argv, 'Counts the words of a text', {
    file: fileName('', 'The text, in UTF-8'),
    'range-size': wholeNumber(1_000_000, 'Bytes per task', 1, 2 ** 30),
    top: wholeNumber(10, 'How many of the most frequent words to print'),
  });
  if (options === undefined) return 0;
  const { 'range-size': rangeSize, top } = options;
  const path = resolve(options.file);
  const size = await sizeOf(path);

  const total: WordCounts = new Map();
  const ranges = rangesOf(path, size, rangeSize);
  // Sums may come in any order; few ranges wait in memory at a time, however large the text
  for await (const counts of pmapIterable(count, ranges, { ordered: false, window: 100 })) {
    addTo(total, counts);
  }
  print(total, top);
  return 0;
});

await initialize();

async function sizeOf(path: string): Promise<number> {
  try {
    const stats = await stat(path);
    if (stats.isFile()) return stats.size;
  } catch (error) {
    throw new FlagError('--file', `cannot be read: ${(error as Error).message}`);
  }
  throw new FlagError('--file', `expected a file, but ${path} is not one`);
}

function* rangesOf(path: string, size: number, rangeSize: number): Generator<Range> {
  for (let from = 0; from < size; from += rangeSize) yield { path, from, to: from + rangeSize };
}

function addTo(total: WordCounts, counts: WordCounts): void {
  for (const [word, times] of counts) total.set(word, (total.get(word) ?? 0) + times);
}

function print(total: WordCounts, top: number): void {
  const rows = [...total].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, top);
  const all = [...total.values()].reduce((sum, times) => sum + times, 0);
  const widest = Math.max(4, ...rows.map(([word]) => word.length));
  console.log(`${'word'.padEnd(widest)}  ${'times'.padStart(9)}  ${'share'.padStart(7)}`);
  for (const [word, times] of rows) {
    const share = `${((100 * times) / all).toFixed(2)} %`;
    console.log(`${word.padEnd(widest)}  ${String(times).padStart(9)}  ${share.padStart(7)}`);
  }
  console.log(`${all} words, ${total.size} different ones`);
}
