/** word-count: the words of many small ranges are those of the whole text, wherever the cuts fall. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { countIn, countWords, type WordCounts } from '../../examples/word-count/count-words.js';
import { root } from '../docs/read-docs.js';
import { suiteInTurns } from '../support/turns.js';
import { documented, runAsDocumented } from './catalogue.js';
import { runWithSlaves } from './run-example.js';

const test = suiteInTurns('word-count');
const { program } = documented('word-count/main');
const VOCABULARY = ['the', 'Über', "don't", 'naïve', '東京', 'x', '2026', 'end-of', '🙂', 'Ωmega'];

/** Lines of all lengths, empty ones among them, and no newline at the end. */
function text(lines: number): string {
  let state = 1;
  const next = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const line = (): string => Array.from({ length: next(12) }, () => VOCABULARY[next(10)]).join(' ');
  return `${Array.from({ length: lines }, line).join('\n')}\nthe end`;
}

async function withText(content: string, body: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ts-mw-words-'));
  try {
    const file = join(folder, 'text.txt');
    await writeFile(file, content);
    await body(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('it prints what the catalogue shows', async () => {
  await runAsDocumented('word-count/main', { cwd: root });
});

test.long('a line is counted in exactly one of the ranges', () =>
  withText(text(40), async (file) => {
    const whole = countIn(text(40));
    const size = Buffer.byteLength(text(40));
    for (const rangeSize of [1, 2, 7, 50, size - 1, size, size + 10]) {
      const total: WordCounts = new Map();
      for (let from = 0; from < size; from += rangeSize) {
        for (const [word, times] of await countWords(file, from, from + rangeSize)) {
          total.set(word, (total.get(word) ?? 0) + times);
        }
      }
      assert.equal([...total].sort(), [...whole].sort(), `ranges of ${rangeSize} bytes`);
    }
  }),
);

test.long('two slaves count what one process counts', () =>
  withText(text(5_000), async (file) => {
    const whole = countIn(text(5_000));
    const args = ['--file', file, '--range-size', '1000', '--top', '100'];
    const { code, stdout, stderr } = await runWithSlaves(program, undefined, args);
    assert.is(code, 0, stderr);
    const [, ...rows] = stdout.trimEnd().split('\n');
    const all = [...whole.values()].reduce((sum, times) => sum + times, 0);
    assert.is(rows.pop(), `${all} words, ${whole.size} different ones`);
    const counted = rows.map((row) => row.split(/ +/)).map(([word = '', times]) => [word, Number(times)]);
    assert.equal(counted.sort(), [...whole].sort());
    assert.is(stderr, '');
  }),
);

test.long('a file that cannot be read is named in one line', async () => {
  const { code, stdout, stderr } = await runWithSlaves(program, undefined, ['--file', 'no such file'], {
    slaves: 0,
  });
  assert.match(stderr, /^--file: cannot be read: ENOENT.*\n$/);
  assert.is(stdout, '');
  assert.is(code, 255);
});

test.long('an empty file has no words', () =>
  withText('', async (file) => {
    const { code, stdout } = await runWithSlaves(program, undefined, ['--file', file], { slaves: 1 });
    assert.match(stdout, /^0 words, 0 different ones$/m);
    assert.is(code, 0);
  }),
);

test.run();
