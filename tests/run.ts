/**
 * Runs the test files of dist/tests, each in a process of its own, and sums up. Without arguments all but
 * `*.long.test.js`, with `--long` only those; with parts of paths those that contain one of them, of both kinds.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { runFile } from './runner/run-file.js';
import { runAll } from './runner/schedule.js';
import { measurePatience } from './runner/start-up.js';
import { weightOf } from './runner/weights.js';

const FILE_LIMIT_MS = 240_000;
const LONG_FILE_LIMIT_MS = 900_000;
const root = dirname(fileURLToPath(import.meta.url));
const args = process.argv.slice(2);
const parts = args.filter((arg) => arg !== '--long');
const wantsLong = args.includes('--long');
const isLong = (file: string): boolean => file.endsWith('.long.test.js');

const files = (readdirSync(root, { recursive: true }) as string[])
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) =>
    parts.length > 0 ? parts.some((part) => file.includes(part)) : isLong(file) === wantsLong,
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

const schedule = {
  cores: availableParallelism(),
  mostAtOnce: Number(process.env.TEST_FILES_AT_ONCE ?? availableParallelism()),
};
await runAll(files, weightOf, schedule, async (file) => {
  const limitMs = (isLong(file) ? LONG_FILE_LIMIT_MS : FILE_LIMIT_MS) * patience;
  const outcome = await runFile(join(root, file), join(root, '..', '..'), limitMs);
  passed += outcome.passed;
  failed += outcome.failed;
  processor += outcome.processor;
  const took = `${outcome.seconds.toFixed(1)} s, ${outcome.processor.toFixed(1)} s of processors`;
  console.log(`${outcome.failed > 0 ? 'FAIL' : 'ok  '} ${file} (${outcome.passed} passed, ${took})`);
  if (outcome.failed > 0) console.log(outcome.output);
});

const seconds = (performance.now() - began) / 1000;
console.log(
  `${passed} passed, ${failed} failed, ${seconds.toFixed(0)} s, ${processor.toFixed(0)} s of processors`,
);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
