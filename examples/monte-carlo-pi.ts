/**
 * CL-MW's estimate of pi: slaves throw darts at a square and count those that land in its circle.
 *
 *     node dist/examples/monte-carlo-pi.js --master --slaves 2 --max-trial-sets 500
 *
 * Each set of trials has random numbers of its own, made from its number: the estimate does not depend
 * on how many slaves there are, which of them ran which set, or how often one was run again.
 */
import { defineAlgorithm, defineMaster, initialize } from 'ts-mw';
import { readOptions, wholeNumber } from './read-options.js';

const throwDarts = defineAlgorithm('throwDarts', (trialSet: number, trials: number) => {
  const random = randomNumbers(trialSet);
  let hits = 0;
  for (let trial = 0; trial < trials; trial++) if (random() ** 2 + random() ** 2 <= 1) hits++;
  return hits;
});

defineMaster(async (master) => {
  const options = readOptions(master.argv, 'Estimates pi by throwing darts', {
    'max-trial-sets': wholeNumber(100, 'How many tasks to make'),
    trials: wholeNumber(1_000_000, 'Darts thrown in each'),
  });
  if (options === undefined) return 0;
  const { 'max-trial-sets': maxTrialSets, trials } = options;

  let made = 0;
  let done = 0;
  let failed = 0;
  let hits = 0;
  throwDarts.targetNumber = 200;
  while (done + failed < maxTrialSets) {
    for (let missing = throwDarts.uptoTargetNumber; missing > 0 && made < maxTrialSets; missing--) {
      throwDarts.funcall(made++, trials);
    }
    await master.masterLoop();
    for (const result of master.getResults(throwDarts)) {
      if (result.status === 'ok') {
        done++;
        hits += result.packet;
      } else {
        failed++;
        console.error(`trial set ${result.args[0]} failed:`, result.error);
      }
    }
    for (const { args, reason } of master.getUnrunnableTasks(throwDarts)) {
      failed++;
      console.error(`trial set ${args[0]} cannot be run: ${reason}`);
    }
  }
  const darts = done * trials;
  console.log(`${darts} darts in ${done} trial sets, ${hits} of them in the circle`);
  if (darts > 0) console.log(`pi is about ${((4 * hits) / darts).toFixed(6)}`);
  return failed === 0 ? 0 : 1;
});

await initialize();

/** Numbers from 0 to 1 that depend on nothing but the seed: a counter by the golden ratio, then mixed. */
function randomNumbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x85ebca6b);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
