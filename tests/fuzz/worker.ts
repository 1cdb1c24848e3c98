/** One target's long run, in a thread that its starter can end when an input hangs or eats all memory. */
import { parentPort, workerData } from 'node:worker_threads';
import { Coverage } from './coverage.js';
import { fuzz } from './driver.js';
import { type FuzzJob, INPUT_AT } from './job.js';
import { TARGETS } from './targets.js';

const { target: name, seed, seconds, shared } = workerData as FuzzJob;
const target = TARGETS.find((one) => one.name === name);
if (target === undefined) throw new Error(`there is no target ${name}`);

const words = new Int32Array(shared, 0, 2);
const bytes = new Uint8Array(shared, INPUT_AT);
const coverage = new Coverage();

const { failure, ...figures } = await fuzz(target, {
  seed,
  seconds,
  reachedNew: () => coverage.reachedNew(),
  onInput: (input) => {
    bytes.set(input.subarray(0, bytes.length));
    words[1] = input.length;
    Atomics.add(words, 0, 1);
  },
});
coverage.reachedNew();
target.close?.();
const stack = failure?.error instanceof Error ? failure.error.stack : String(failure?.error);
parentPort?.postMessage({
  ...figures,
  blocks: coverage.size,
  failure: failure && { input: failure.input, stack },
});
coverage.close();
