/**
 * `--master --slaves N -- N SEED` prints the seconds in which 1,000 tasks are done that wait for times of a log-normal
 * distribution (mean 20 ms, sigma 2), and the seconds below which no schedule can be.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineAlgorithm, defineMaster, initialize } from 'ts-mw';
import { logNormal } from '../../tests/support/log-normal.js';
import { createRandom } from '../../tests/wire/session/session-pair.js';

const TASKS = 1_000;
const MEAN_MS = 20;
const SIGMA = 2;

const work = defineAlgorithm('work', async (ms: number) => {
  await sleep(ms);
  return process.pid;
});

defineMaster(async (master) => {
  const [amount, seed] = master.argv.map(Number) as [number, number];
  const random = createRandom(seed);
  const lengths = Array.from({ length: TASKS }, () => logNormal(random, MEAN_MS, SIGMA));
  const pids = new Set<number>();
  while (pids.size < amount) pids.add(await work.future(10));
  const began = performance.now();
  for (const ms of lengths) work.funcall(ms);
  for await (const fate of master.results(work)) if (fate.status !== 'ok') return 1;
  const seconds = (performance.now() - began) / 1000;
  const sum = lengths.reduce((total, ms) => total + ms, 0);
  console.log(JSON.stringify({ seconds, boundSeconds: Math.max(...lengths, sum / amount) / 1000 }));
  return 0;
});

await initialize();
