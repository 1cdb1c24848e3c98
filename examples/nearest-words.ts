/**
 * A table that all tasks need, shared: it travels once to each slave, however many tasks there are.
 *
 *     node dist/examples/nearest-words.js --master --slaves 2
 *
 * Each of the words of a vocabulary is a row of numbers, its embedding, such that words that are used alike lie close to
 * each other. Real ones take some hundred megabytes. Here they are made up: counts of the letters and of their pairs. A
 * task finds the words next to one word, for which it needs the whole table.
 */
import { defineAlgorithm, defineMaster, initialize, share } from 'ts-mw';

const DIMENSIONS = 256;
const NEIGHBOURS = 3;

const WORDS = (
  'banana bandana cabana canal cannon canon carbon carton castle cattle channel charcoal charter chatter cotton ' +
  'kettle latte matter mattress metal mettle nettle otter patter pattern platter potter pottery rattle settle'
).split(' ');

interface Vocabulary {
  readonly words: readonly string[];
  /** One row of numbers for each word, of length 1. */
  readonly rows: Float32Array;
}

/** The words whose rows have the largest products with that of a word, which is the cosine of their angle. */
const nearest = defineAlgorithm('nearest', ({ words, rows }: Vocabulary, word: number): string[] => {
  const own = rows.subarray(word * DIMENSIONS, (word + 1) * DIMENSIONS);
  const closeness = words.map((_, other) => {
    const row = rows.subarray(other * DIMENSIONS, (other + 1) * DIMENSIONS);
    return row.reduce((sum, number, index) => sum + number * (own[index] ?? 0), 0);
  });
  return words
    .map((name, other) => ({ name, other, close: closeness[other] ?? 0 }))
    .filter(({ other }) => other !== word)
    .sort((a, b) => b.close - a.close)
    .slice(0, NEIGHBOURS)
    .map(({ name }) => name);
});

function embed(word: string): Float32Array {
  const row = new Float32Array(DIMENSIONS);
  for (let at = 0; at < word.length; at++) {
    const place = (from: number): number =>
      word.charCodeAt(from) * 31 + (word.charCodeAt(from + 1) || 0) * 17;
    const index = place(at) % DIMENSIONS;
    row[index] = (row[index] ?? 0) + 1;
    const letter = word.charCodeAt(at) % DIMENSIONS;
    row[letter] = (row[letter] ?? 0) + 0.5;
  }
  const length = Math.hypot(...row);
  return row.map((number) => number / length);
}

function vocabulary(): Vocabulary {
  const rows = new Float32Array(WORDS.length * DIMENSIONS);
  for (const [index, word] of WORDS.entries()) rows.set(embed(word), index * DIMENSIONS);
  return { words: WORDS, rows };
}

defineMaster(async () => {
  using shared = share(vocabulary());
  const found = await Promise.all(WORDS.map((_, word) => nearest.future(shared, word)));
  for (const word of ['matter', 'canon', 'kettle']) {
    console.log(`${word}: ${found[WORDS.indexOf(word)]?.join(', ')}`);
  }
  const nearMost = (word: string): number => found.filter((near) => near.includes(word)).length;
  const [most = ''] = [...WORDS].sort((a, b) => nearMost(b) - nearMost(a));
  console.log(`${most} is next to ${nearMost(most)} others`);
  return 0;
});

await initialize();
