/**
 * One place to run tests in: a copy of dist of its own, so that a mutant never touches the tree, a folder of
 * its own for temporary files, and no process left when a test is over.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** uvu writes it as soon as a test has failed. */
const FAILED = '✘';
/** Both uvu and the seeds write it at their end: without it a process has ended before it was through. */
const THROUGH = 'Passed:';
/** The bytes that a mutant may write before it is cut. */
const MOST_OUTPUT = 1_000_000;
const HEAP_MB = 1_024;

export interface TestRun {
  readonly passed: boolean;
  readonly seconds: number;
}

export class Lane {
  readonly #root = mkdtempSync(join(tmpdir(), 'mutants-'));
  readonly #original: string;
  readonly dist = join(this.#root, 'dist');
  readonly #temporary = join(this.#root, 'tmp');
  readonly #mark = `MUTANTS_LANE=${this.#root}`;

  constructor(root: string) {
    this.#original = join(root, 'dist');
    for (const name of readdirSync(root)) {
      if (name !== 'dist' && name !== '.git') symlinkSync(join(root, name), join(this.#root, name));
    }
    cpSync(this.#original, this.dist, { recursive: true });
  }

  /** A file below dist/src has this code from now on. */
  change(file: string, code: string): void {
    writeFileSync(join(this.dist, 'src', file), code);
  }

  /**
   * Runs a file of dist/tests until it fails, takes longer than it may or ends. With a folder for its coverage it
   * goes on to its end though a test fails.
   */
  async run(file: string, timeoutMs: number, coverage?: string): Promise<TestRun> {
    mkdirSync(this.#temporary, { recursive: true });
    const begun = performance.now();
    const child = spawn(
      process.execPath,
      [
        `--max-old-space-size=${HEAP_MB}`,
        ...(file.startsWith('system/')
          ? ['--import', join(this.dist, 'tests', 'mutants', 'own-sources.js')]
          : []),
        join(this.dist, 'tests', file),
      ],
      {
        cwd: this.#root,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          TMPDIR: this.#temporary,
          MUTANTS_LANE: this.#root,
          ...(coverage === undefined ? {} : { NODE_V8_COVERAGE: coverage }),
        },
      },
    );
    let output = '';
    let failed = false;
    const fail = (): void => {
      failed = true;
      this.#killAll();
    };
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (coverage === undefined && output.includes(FAILED)) fail();
      if (output.length > MOST_OUTPUT) fail();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    const timer = setTimeout(fail, timeoutMs);
    const closed = once(child, 'close');
    const [code] = (await once(child, 'exit')) as [number | null];
    clearTimeout(timer);
    // A process that it has left behind may hold the pipes.
    this.#killAll();
    await closed;
    rmSync(this.#temporary, { recursive: true, force: true });
    const passed = !failed && code === 0 && output.includes(THROUGH);
    return { passed, seconds: (performance.now() - begun) / 1_000 };
  }

  /** The copy is gone after this. */
  remove(): void {
    this.#killAll();
    rmSync(this.#root, { recursive: true, force: true });
  }

  /** Every process that has the lane's mark in its environment, whatever group it is in. */
  #killAll(): void {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      try {
        if (readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(this.#mark))
          process.kill(Number(name), 'SIGKILL');
      } catch {
        // It has ended, or is another user's.
      }
    }
  }
}
