/** The test of one target: first every input that once was trouble, then damaged ones for half a second. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { keepInput, readCorpus } from './corpus.js';
import { type FuzzTarget, fuzz, runOnce } from './driver.js';

const SEED = Number(process.env.FUZZ_SEED ?? 1);
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 0.5);

export function testTarget(target: FuzzTarget): void {
  const tests = suite(`fuzz ${target.name}`);
  for (const { name, bytes } of readCorpus(target.name)) {
    tests(`takes ${name} of the corpus`, () => runOnce(target, bytes));
  }
  tests(`takes damaged inputs, seed ${SEED}`, async () => {
    const { inputs, ways, failure } = await fuzz(target, { seed: SEED, seconds: SECONDS });
    if (failure !== undefined) {
      if (failure.input !== undefined) console.error(`kept in ${keepInput(target.name, failure.input)}`);
      throw failure.error;
    }
    assert.ok(inputs > 0 && ways > 1, `${inputs} inputs went ${ways} ways`);
  });
  tests.after(() => target.close?.());
  tests.run();
}
