/** Which test files share a process. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { jobsOf } from './jobs.js';

const it = suite('jobs of test files');

const jobs = (files: readonly string[], texts: Readonly<Record<string, string>> = {}): string[][] =>
  jobsOf(
    files,
    (file) => !file.includes('longer'),
    (file) => texts[file] ?? '',
  );

it('are one for the files of a room', () => {
  assert.equal(jobs(['wire/a', 'master/b', 'wire/session/c', 'master/core/d']), [
    ['wire/a', 'wire/session/c'],
    ['master/b', 'master/core/d'],
  ]);
});

it('are one each for files that take longer, start processes or need a process of their own', () => {
  const files = ['wire/a', 'wire/longer', 'system/b', 'system/c', 'wire/d', 'wire/e', 'wire/f'];
  const texts = { 'wire/d': "x = defineAlgorithm('y')", 'wire/e': '/** In a process of its own: x. */' };
  assert.equal(jobs(files, texts), [
    ['wire/a', 'wire/f'],
    ['wire/longer'],
    ['system/b'],
    ['system/c'],
    ['wire/d'],
    ['wire/e'],
  ]);
});

it('have twenty files at most', () => {
  const files = Array.from({ length: 41 }, (_, i) => `wire/${i}`);
  assert.equal(
    jobs(files).map(({ length }) => length),
    [20, 20, 1],
  );
});

it.run();
