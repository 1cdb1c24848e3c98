/** The order of the test files, and what runs beside what. */
import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runAll, type Weight } from './schedule.js';
import { WEIGHTS, weightOfJob } from './weights.js';

const it = suite('the order of test files');

/** The jobs as they began and ended, in order; each ends when all that waits has had its turn. */
async function order(
  weights: Readonly<Record<string, readonly [number, number]>>,
  mostAtOnce = 9,
): Promise<string> {
  const said: string[] = [];
  const weightOfJob = (job: string): Weight => {
    const [seconds = 0, cores = 0] = weights[job] ?? [];
    return { seconds, cores };
  };
  await runAll(Object.keys(weights), weightOfJob, { cores: 2, mostAtOnce }, async (job) => {
    said.push(`+${job}`);
    await new Promise((resolve) => setImmediate(resolve));
    said.push(`-${job}`);
  });
  return said.join(' ');
}

it('begins with the longest, and with as many as there are processors for', async () => {
  assert.is(await order({ a: [1, 1], b: [3, 1], c: [2, 1] }), '+b +c -b +a -c -a');
});

it('runs those beside each other that mostly wait, up to a number', async () => {
  const waiting = { a: [4, 0.2], b: [3, 0.2], c: [2, 0.2] } as const;
  assert.is(await order(waiting), '+a +b +c -a -b -c');
  assert.is(await order(waiting, 2), '+a +b -a +c -b -c');
});

it('runs alone what wants more processors than there are', async () => {
  assert.is(await order({ a: [9, 3], b: [1, 1] }), '+a -a +b -b');
});

it('fails when a job cannot be run', async () => {
  const said: string[] = [];
  const failing = runAll(
    ['a', 'b'],
    () => ({ seconds: 1, cores: 2 }),
    { cores: 2, mostAtOnce: 2 },
    async (job) => {
      said.push(job);
      if (job === 'a') throw new Error('no such program');
    },
  );
  await failing.then(
    () => assert.unreachable('it failed'),
    (error: Error) => assert.is(error.message, 'no such program'),
  );
  assert.equal(said, ['a']);
});

it('knows only files that are there', () => {
  for (const name of Object.keys(WEIGHTS)) {
    const file = new URL(`../${name}.test.js`, import.meta.url);
    assert.ok(existsSync(file), `tests/runner/weights.ts names ${name}, and there is no such file`);
  }
  assert.ok(weightOfJob(['nobody-knows.test.js', 'nor-that.test.js']).seconds > 0);
});

it.run();
