/**
 * `npm run mutants [-- --per-room 40 --seed 1 --only wire/session --tests wire]`: changes the compiled code in
 * one place at a time and sees whether a test fails. Prints what survived, and the share killed of each room; fails
 * below 85 %.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Lane } from './lane.js';
import { describeMutant, type PlacedMutant, sampleMutants, sourceFiles } from './sources.js';
import { type KnownTest, learnTest, testFiles, testsFor } from './suite-of-tests.js';

const LANES = 2;
const REQUIRED_PERCENT = 85;
/** A mutant is given up, as a survivor, when its tests have taken so long. */
const MUTANT_BUDGET_S = 120;
/** A test that takes longer has times of its own, which a busy machine may break: it must fail twice. */
const SURE_S = 2;
const SLACK = 3;
const SLACK_MS = 5_000;

type Verdict = 'killed' | 'survived' | 'unreached';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const dist = join(root, 'dist');
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    'per-room': { type: 'string', default: '40' },
    only: { type: 'string', multiple: true },
    /** The test files whose path has this, where not all are wanted. */
    tests: { type: 'string', multiple: true },
  },
});
const seed = Number(values.seed);
const perRoom = Number(values['per-room']);
const files = sourceFiles(dist);
const rooms = [...new Set(files.map(({ room }) => room))].filter((room) => room !== 'link');
const wanted = rooms.filter((room) => values.only?.includes(room) ?? true);
if (!Number.isSafeInteger(seed) || !(perRoom > 0) || wanted.length < (values.only?.length ?? 1)) {
  console.error(`--seed N, --per-room N, --tests PART_OF_PATH, --only ${rooms.join('|')}`);
  process.exit(255);
}

const lanes = Array.from({ length: LANES }, () => new Lane(root));
const removeLanes = (): void => {
  for (const lane of lanes) lane.remove();
};
process.on('exit', removeLanes);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

const tests: KnownTest[] = [];
await inLanes(testFiles(dist, values.tests), async (lane, file) => {
  const test = await learnTest(lane, file);
  if (test === undefined) console.log(`${file} is left out: it fails here without a mutant`);
  else tests.push(test);
});
console.log(`${tests.length} test files, seed ${seed}, ${perRoom} mutants a room`);

let weakest = 100;
for (const room of wanted) {
  const mutants = sampleMutants(
    files.filter((file) => file.room === room),
    perRoom,
    seed,
  );
  const verdicts: Verdict[] = [];
  const survivors: string[] = [];
  await inLanes(mutants, async (lane, mutant) => {
    const verdict = await judge(lane, mutant);
    verdicts.push(verdict);
    if (verdict !== 'killed') survivors.push(`${verdict.padEnd(9)} ${describeMutant(dist, mutant)}`);
  });
  const killed = verdicts.filter((verdict) => verdict === 'killed').length;
  const percent = mutants.length === 0 ? 100 : (100 * killed) / mutants.length;
  weakest = Math.min(weakest, percent);
  console.log(`${room}: ${killed} of ${mutants.length} killed (${percent.toFixed(0)} %)`);
  for (const survivor of survivors.sort()) console.log(`  ${survivor}`);
}
process.exit(weakest < REQUIRED_PERCENT ? 1 : 0);

async function judge(lane: Lane, mutant: PlacedMutant): Promise<Verdict> {
  const { file, start, end, text } = mutant;
  const candidates = testsFor(tests, mutant);
  if (candidates.length === 0) return 'unreached';
  lane.change(file.name, file.code.slice(0, start) + text + file.code.slice(end));
  try {
    let spent = 0;
    for (const test of candidates) {
      if (await fails(lane, test)) return 'killed';
      spent += test.seconds;
      if (spent > MUTANT_BUDGET_S) break;
    }
    return 'survived';
  } finally {
    lane.change(file.name, file.code);
  }
}

async function fails(lane: Lane, { file, seconds }: KnownTest): Promise<boolean> {
  const timeoutMs = SLACK * seconds * 1_000 + SLACK_MS;
  for (let runs = seconds > SURE_S ? 2 : 1; runs > 0; runs--) {
    const { passed } = await lane.run(file, timeoutMs);
    if (passed) return false;
  }
  return true;
}

/** Each lane takes the next as it is done with one. */
async function inLanes<T>(items: readonly T[], work: (lane: Lane, item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  await Promise.all(
    lanes.map(async (lane) => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(lane, item);
    }),
  );
}
