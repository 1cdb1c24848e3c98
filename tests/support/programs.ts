/** Starts compiled programs as a user would, reads what they print, and sees that nothing of them is left. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { PATIENCE } from './patience.js';

/** Everything that a test file starts inherits it, so that leftovers can be told from strangers. */
const MARK_VARIABLE = 'TS_MW_TEST_MARK';
const MARK = `${process.pid}-${randomBytes(8).toString('hex')}`;
process.env[MARK_VARIABLE] = MARK;

const LIMIT_MS = 30_000;
/** The time in which a process that was told to end must be gone from the process table. */
const GONE_WITHIN_MS = 5_000;

export interface ProgramExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartOptions {
  /** Beside those of the test; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly cwd?: string | undefined;
  /** Where standard output and standard error go; each a pipe that is read by default. */
  readonly stdout?: 'pipe' | 'ignore' | number | undefined;
  readonly stderr?: 'pipe' | 'ignore' | number | undefined;
}

/** A file of dist/tests/programs or, with a slash, of dist; an absolute path is what it is. */
export function programPath(name: string): string {
  if (isAbsolute(name)) return name;
  const dist = fileURLToPath(new URL('../..', import.meta.url));
  return join(dist, name.includes('/') ? name : join('tests', 'programs', name));
}

export class RunningProgram {
  readonly pid: number;
  /** Lines of standard output and of standard error, those of local slaves among them. */
  readonly out: string[] = [];
  readonly err: string[] = [];
  /** When the process itself ended; what it started may live on. */
  readonly exit: Promise<ProgramExit>;
  readonly child: ChildProcess;
  readonly #name: string;
  readonly #closed: Promise<ProgramExit>;
  readonly #listeners = new Set<() => void>();
  #hasClosed = false;

  constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.child = child;
    this.pid = child.pid ?? 0;
    this.#follow(child.stdout, this.out);
    this.#follow(child.stderr, this.err);
    this.exit = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    this.exit.catch(() => undefined);
    this.#closed = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#hasClosed = true;
        resolve({ code, signal });
        this.#tell();
      });
    });
  }

  /** Resolves when the process, and all that shares its output, has ended and everything was read. */
  ended(limitMs = LIMIT_MS): Promise<ProgramExit> {
    return within(limitMs, this.#closed, () => `${this.#name} did not end\n${this.report()}`);
  }

  /** The exit code, once it has ended; throws when a signal ended it. */
  async code(limitMs = LIMIT_MS): Promise<number> {
    const { code, signal } = await this.ended(limitMs);
    if (code === null) throw new Error(`${this.#name} was ended by ${signal}\n${this.report()}`);
    return code;
  }

  /** The `count`-th line that matches, printed already or yet to come, of either stream. */
  async waitForLine(pattern: RegExp, limitMs = LIMIT_MS, count = 1): Promise<RegExpExecArray> {
    let found: RegExpExecArray | undefined;
    await within(
      limitMs,
      this.#until(() => {
        found = this.matches(pattern)[count - 1];
        return found !== undefined || this.#hasClosed;
      }),
      () => `no line ${pattern} of ${this.#name}\n${this.report()}`,
    );
    if (found === undefined) throw new Error(`${this.#name} ended without ${pattern}\n${this.report()}`);
    return found;
  }

  matches(pattern: RegExp): RegExpExecArray[] {
    return [...this.out, ...this.err].map((line) => pattern.exec(line)).filter((match) => match !== null);
  }

  /** How many lines match. */
  count(pattern: RegExp): number {
    return this.matches(pattern).length;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  report(): string {
    const tail = (lines: readonly string[]): string => lines.slice(-60).join('\n');
    return `--- out\n${tail(this.out)}\n--- err\n${tail(this.err)}`;
  }

  #follow(stream: NodeJS.ReadableStream | null, lines: string[]): void {
    let rest = '';
    stream?.setEncoding('utf8');
    stream?.on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
      this.#tell();
    });
    stream?.on('end', () => {
      if (rest !== '') lines.push(rest);
      rest = '';
    });
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  async #until(condition: () => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      look();
    });
  }
}

export interface Programs {
  /** A folder of this test's own. */
  readonly folder: string;
  start(name: string, args: readonly string[], options?: StartOptions): RunningProgram;
}

/**
 * Runs a test body that starts programs. When it is through, all of them must have ended, with whatever
 * they started; what is left is named, which fails the test, and killed in any case.
 */
export async function withPrograms(body: (programs: Programs) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-test-'));
  const running: RunningProgram[] = [];
  try {
    await body({ folder, start: (name, args, options) => begin(running, name, args, options) });
    await expectNothingLeft();
  } finally {
    for (const { pid } of leftovers()) killNow(pid);
    await Promise.all(running.map(({ exit }) => exit.catch(() => undefined)));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Throws, naming them, if processes that this test file started are still there. */
export async function expectNothingLeft(): Promise<void> {
  const deadline = performance.now() + GONE_WITHIN_MS * PATIENCE;
  while (leftovers().length > 0 && performance.now() < deadline) await pause(20);
  const left = leftovers();
  if (left.length === 0) return;
  throw new Error(`still there: ${left.map(({ pid, command }) => `${pid} ${command}`).join('; ')}`);
}

/** Whether there is a process of this number. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Resolves when the condition holds, which is looked at every few milliseconds; a slow machine has longer for it. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = LIMIT_MS,
): Promise<void> {
  const patientMs = limitMs * PATIENCE;
  const deadline = performance.now() + patientMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${patientMs} ms: ${what}`);
    await pause(10);
  }
}

/** Settles as the promise does, or rejects when the time is up, which is longer on a slow machine. */
export async function within<T>(limitMs: number, promise: Promise<T>, what: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const patientMs = limitMs * PATIENCE;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${patientMs} ms: ${what()}`)), patientMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function begin(
  running: RunningProgram[],
  name: string,
  args: readonly string[],
  { env = {}, cwd, stdout = 'pipe', stderr = 'pipe' }: StartOptions = {},
): RunningProgram {
  const child = spawn(process.execPath, [programPath(name), ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', stdout, stderr],
  });
  const program = new RunningProgram(`${name} ${args.join(' ')}`, child);
  running.push(program);
  return program;
}

function leftovers(): ReturnType<typeof processesWith> {
  return processesWith(MARK_VARIABLE, MARK);
}

/** Those whose environment has it and that are not zombies, this process excepted. */
export function processesWith(variable: string, value: string): { pid: number; command: string }[] {
  const found: { pid: number; command: string }[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'latin1');
      if (!environment.split('\0').includes(`${variable}=${value}`)) continue;
      found.push({ pid, command: readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ') });
    } catch {
      // ended meanwhile, or another user's
    }
  }
  return found;
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended meanwhile
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
