/**
 * Runs the test files of dist/tests, each in a process of its own but for short ones, and sums up. Without arguments all
 * but `*.long.test.js`; with `--long` only those, and the long turn of files with two; with parts of paths those that
 * contain one of them, whole.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { failuresFirst, failuresOf } from './runner/failures.js';
import { jobsOf, roomOf } from './runner/jobs.js';
import { runFiles, type Turn } from './runner/run-files.js';
import { runAll } from './runner/schedule.js';
import { measurePatience } from './runner/start-up.js';
import { isListed, weightOfJob } from './runner/weights.js';

/** Files wait more often beside each other than alone. */
const CROWDED = 1.3;
const FILE_LIMIT_MS = 240_000;
const LONG_FILE_LIMIT_MS = 900_000;
const root = dirname(fileURLToPath(import.meta.url));
const args = process.argv.slice(2);
const parts = args.filter((arg) => arg !== '--long');
const wantsLong = args.includes('--long');
const isLong = (file: string): boolean => file.endsWith('.long.test.js');
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');
const hasTurns = (file: string): boolean => textOf(file).includes(' suiteInTurns(');
const turnOf = (job: readonly string[]): Turn => {
  if (parts.length > 0 || job.some(isLong)) return 'both';
  return wantsLong ? 'long' : 'short';
};
const isWanted = (file: string): boolean => {
  if (parts.length > 0) return parts.some((part) => file.includes(part));
  return wantsLong ? isLong(file) || hasTurns(file) : !isLong(file);
};

const files = (readdirSync(root, { recursive: true }) as string[]).filter(
  (file) => file.endsWith('.test.js') && isWanted(file),
);

if (files.length === 0) {
  console.error(`no test file matches ${parts.join(' ')}`);
  process.exit(1);
}

const began = performance.now();
const patience = await measurePatience(join(root, '..', '..'));
process.env.TEST_PATIENCE ??= patience.toFixed(2);
let passed = 0;
let failed = 0;
let processor = 0;
const failures: string[] = [];

const schedule = {
  cores: CROWDED * availableParallelism(),
  mostAtOnce: Number(process.env.TEST_FILES_AT_ONCE ?? 2 * availableParallelism()),
};
const jobs = jobsOf(files, (file) => !isLong(file) && !isListed(file), textOf);
await runAll(jobs, weightOfJob, schedule, async (job) => {
  const limitMs = (job.some(isLong) ? LONG_FILE_LIMIT_MS : FILE_LIMIT_MS) * patience;
  const paths = job.map((file) => join(root, file));
  const outcome = await runFiles(paths, { cwd: join(root, '..', '..'), limitMs, turn: turnOf(job) });
  passed += outcome.passed;
  failed += outcome.failed;
  processor += outcome.processor;
  const took = `${outcome.seconds.toFixed(1)} s, ${outcome.processor.toFixed(1)} s of processors`;
  const [first = ''] = job;
  const name = job.length === 1 ? first : `${job.length} files of ${roomOf(first)}`;
  console.log(`${outcome.failed > 0 ? 'FAIL' : 'ok  '} ${name} (${outcome.passed} passed, ${took})`);
  if (outcome.failed > 0) {
    console.log(failuresFirst(outcome.output));
    failures.push(`FAIL ${name}`, ...failuresOf(outcome.output));
  }
});

for (const line of failures) console.log(line);
const seconds = (performance.now() - began) / 1000;
console.log(
  `${passed} passed, ${failed} failed, ${seconds.toFixed(0)} s, ${processor.toFixed(0)} s of processors`,
);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
