/**
 * Runs every test file of dist/tests (or those whose path contains an argument) in a process of its
 * own, a few at a time and those of faults one by one, kills whatever a file leaves behind, and sums up.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const FILE_TIMEOUT_MS = 240_000;
/** More on two cores keeps processes from starting within the times that some tests hold them to. */
const FILES_AT_ONCE = Number(process.env.TEST_FILES_AT_ONCE ?? 2);

interface Outcome {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  readonly output: string;
}

const root = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
const files = (readdirSync(root, { recursive: true }) as string[])
  .filter((name) => name.endsWith('.test.js'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .sort();

if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(' ')}`);
  process.exit(1);
}

const outcomes: Outcome[] = [];
/** Each starts many processes at a time itself, and holds them to times. */
const isCrowd = (file: string): boolean => file.startsWith('faults/');
await runAll(
  files.filter((file) => !isCrowd(file)),
  FILES_AT_ONCE,
);
await runAll(files.filter(isCrowd), 1);

const passed = outcomes.reduce((sum, { passed }) => sum + passed, 0);
const failed = outcomes.reduce((sum, { failed }) => sum + failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

async function runAll(waiting: string[], atOnce: number): Promise<void> {
  const runNext = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const outcome = await runFile(file);
      outcomes.push(outcome);
      const verdict = outcome.failed > 0 ? 'FAIL' : 'ok';
      console.log(`${verdict.padEnd(4)} ${file} (${outcome.passed} passed, ${outcome.seconds.toFixed(1)} s)`);
      if (outcome.failed > 0) console.log(outcome.output);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, runNext));
}

/** A file fails as a whole when it exits badly, takes too long or says nothing. */
function runFile(file: string): Promise<Outcome> {
  const started = performance.now();
  const child = spawn(process.execPath, [join(root, file)], {
    cwd: join(root, '..', '..'),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    killGroup(child.pid);
  }, FILE_TIMEOUT_MS);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer);
      killGroup(child.pid);
      let output = Buffer.concat(chunks).toString();
      if (late)
        output += `\n${relative(root, file)} took longer than ${FILE_TIMEOUT_MS / 1000} s and was killed\n`;
      const total = sum(output, /^\s*Total:\s+(\d+)$/gm);
      const good = sum(output, /^\s*Passed:\s+(\d+)$/gm);
      const skipped = sum(output, /^\s*Skipped:\s+(\d+)$/gm);
      const bad = Math.max(total - good, code === 0 && total + skipped > 0 ? 0 : 1);
      resolve({ file, passed: good, failed: bad, seconds: (performance.now() - started) / 1000, output });
    });
  });
}

function sum(output: string, pattern: RegExp): number {
  return [...stripVTControlCharacters(output).matchAll(pattern)].reduce(
    (total, match) => total + Number(match[1]),
    0,
  );
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // ESRCH: nothing was left
  }
}
