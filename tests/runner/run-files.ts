/** Runs test files in a process group of their own, and kills what they leave behind. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  /** Seconds of processors that it took, with all that it started and waited for. */
  readonly processor: number;
  readonly output: string;
}

/** Which tests of a file with two turns are run. */
export type Turn = 'short' | 'long' | 'both';

export interface RunOptions {
  readonly cwd: string;
  readonly limitMs: number;
  readonly turn: Turn;
}

/** Tells the times of the children on a channel of its own when the test has ended. */
const TIMED = '"$@"; code=$?; times >&3; exit $code';

const SEVERAL = fileURLToPath(new URL('./several.js', import.meta.url));

const running = new Set<number>();
process.once('exit', () => {
  for (const pid of running) killGroup(pid);
});
// A signal's own way to end a process has no 'exit'
for (const [signal, number] of [
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const) {
  process.once(signal, () => process.exit(128 + number));
}

/** They fail as a whole when their process exits badly, takes too long or has no test. */
export function runFiles(paths: readonly string[], { cwd, limitMs, turn }: RunOptions): Promise<Outcome> {
  const started = performance.now();
  const child = spawn('sh', ['-c', TIMED, 'sh', process.execPath, SEVERAL, ...paths], {
    cwd,
    env: { ...process.env, TEST_TURN: turn },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const pid = child.pid ?? 0;
  if (pid > 0) running.add(pid);
  const chunks: Buffer[] = [];
  const times: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdio[3]?.on('data', (chunk: Buffer) => times.push(chunk));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    killGroup(pid);
  }, limitMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => killGroup(pid));
    child.once('close', (code) => {
      clearTimeout(timer);
      running.delete(pid);
      let output = Buffer.concat(chunks).toString();
      if (late) output += `\n${paths.join(' ')} took longer than ${limitMs / 1000} s and was killed\n`;
      const total = sum(output, /^\s*Total:\s+(\d+)$/gm);
      const passed = sum(output, /^\s*Passed:\s+(\d+)$/gm);
      const skipped = sum(output, /^\s*Skipped:\s+(\d+)$/gm);
      const failed = Math.max(total - passed, code === 0 && total + skipped > 0 ? 0 : 1);
      const seconds = (performance.now() - started) / 1000;
      resolve({ passed, failed, seconds, processor: childSeconds(Buffer.concat(times).toString()), output });
    });
  });
}

/** Of the second line of what `times` prints, such as `0m1.20s 0m0.30s`. */
function childSeconds(times: string): number {
  const [, children = ''] = times.trim().split('\n');
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (total, [, minutes, seconds]) => total + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

function sum(output: string, pattern: RegExp): number {
  return [...stripVTControlCharacters(output).matchAll(pattern)].reduce(
    (total, match) => total + Number(match[1]),
    0,
  );
}

function killGroup(pid: number): void {
  if (pid === 0) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // ESRCH: nothing was left
  }
}
