/**
 * `npm run fuzz [-- --seconds 60 --only codec --seed 1]`: each target for so long, guided by coverage, in a
 * thread of its own. An input that fails is kept, made small, in tests/fuzz/corpus/TARGET, where its test replays it.
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { keepInput } from './corpus.js';
import { type FuzzJob, INPUT_AT } from './job.js';
import { TARGETS } from './targets.js';

/** An input that runs so long hangs: each has far less processor time. */
const HANG_MS = 20_000;
const LOOK_MS = 500;
const SHARED_BYTES = 1024 * 1024;
const HEAP_MB = 512;

interface Outcome {
  readonly inputs: number;
  readonly seconds: number;
  readonly ways: number;
  readonly blocks: number;
  readonly slowestMs: number;
  readonly heapGrowth: number;
  readonly failure: { readonly input: Uint8Array | undefined; readonly stack: string } | undefined;
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string', multiple: true },
  },
});
const seconds = Number(values.seconds);
const seed = Number(values.seed);
const targets = TARGETS.filter(({ name }) => values.only === undefined || values.only.includes(name));
if (targets.length === 0 || !(seconds > 0) || !Number.isSafeInteger(seed)) {
  console.error(`--seconds N, --seed N, --only ${TARGETS.map(({ name }) => name).join('|')}`);
  process.exit(255);
}

let failed = false;
console.log(`seed ${seed}, ${seconds} s each`);
for (const { name } of targets) {
  const outcome = await runTarget(name);
  if (outcome.failure === undefined) {
    const { inputs, ways, blocks, slowestMs, heapGrowth } = outcome;
    console.log(
      `ok   ${name}: ${inputs} inputs, ${ways} ways, ${blocks} blocks, slowest ${slowestMs.toFixed(0)} ms, ` +
        `memory ${(heapGrowth / 1e6).toFixed(1)} MB`,
    );
    continue;
  }
  failed = true;
  const { input, stack } = outcome.failure;
  console.log(`FAIL ${name} after ${outcome.inputs} inputs: ${stack}`);
  if (input !== undefined) console.log(`kept in ${keepInput(name, input)}`);
}
process.exitCode = failed ? 1 : 0;

function runTarget(target: string): Promise<Outcome> {
  const shared = new SharedArrayBuffer(SHARED_BYTES);
  const words = new Int32Array(shared, 0, 2);
  const job: FuzzJob = { target, seed, seconds, shared };
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  return new Promise((resolve) => {
    let count = 0;
    let since = performance.now();
    const begun = since;
    const end = (stack: string): void => {
      const length = Math.min(words[1] ?? 0, SHARED_BYTES - INPUT_AT);
      const input = Buffer.from(new Uint8Array(shared, INPUT_AT, length));
      const figures = { ways: 0, blocks: 0, slowestMs: 0, heapGrowth: 0 };
      const spent = (performance.now() - begun) / 1_000;
      resolve({ ...figures, inputs: count, seconds: spent, failure: { input, stack } });
    };
    const timer = setInterval(() => {
      const now = performance.now();
      const newest = Atomics.load(words, 0);
      if (newest !== count || newest === 0) {
        count = newest;
        since = now;
      } else if (now - since > HANG_MS && now - begun < seconds * 1_000) {
        end(`an input hangs for ${HANG_MS / 1_000} s`);
        void worker.terminate();
      }
    }, LOOK_MS);
    worker.on('message', resolve);
    worker.on('error', (error) => end(String((error as Error).stack)));
    worker.on('exit', (code) => {
      clearInterval(timer);
      end(`its thread ended with ${code}`);
    });
  });
}
