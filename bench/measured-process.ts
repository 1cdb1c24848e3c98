/** A process of the benchmark: asked for measurements over its channel, and ended with the run. */

import { type ChildProcess, fork, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { shellWords } from '../src/machines/shell-quote.js';
import type { CollectionMeasurement, FlowMeasurement, Measured, Measurement } from './programs/commands.js';

const REPLY_WITHIN_MS = 120_000;
const END_WITHIN_MS = 15_000;
const SAY_WITHIN_MS = 10_000;

export interface PeakMemory {
  readonly masterBytes: number;
  readonly slaveBytes: readonly number[];
}

/** Characters of standard error that a failure repeats. */
const MOST_SAID = 4_000;

export class MeasuredProcess {
  readonly #child: ChildProcess;
  /** Its notices belong between no figures; they matter when it fails. */
  #said = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said = (this.#said + text).slice(-MOST_SAID);
      });
    }
  }

  /** Starts a file of `bench/programs` and waits until it is ready. */
  static async start(program: string, args: readonly string[]): Promise<MeasuredProcess> {
    const file = fileURLToPath(new URL(`programs/${program}.js`, import.meta.url));
    const stdio: StdioOptions = ['ignore', 'inherit', 'pipe', 'ipc'];
    return MeasuredProcess.#ready(fork(file, args, { execArgv: nodeFlags(), stdio }));
  }

  static async #ready(child: ChildProcess): Promise<MeasuredProcess> {
    const measured = new MeasuredProcess(child);
    try {
      await measured.#reply();
      return measured;
    } catch (error) {
      await measured.stop();
      throw error;
    }
  }

  /** The same in a terminal of its own, which the machine must have (`hasTerminals`). */
  static async startInTerminal(program: string, args: readonly string[]): Promise<MeasuredProcess> {
    const file = fileURLToPath(new URL(`programs/${program}.js`, import.meta.url));
    const command = shellWords([process.execPath, ...nodeFlags(), file, ...args]);
    const inTerminal = ['-qfec', `stty cols 120 rows 40; exec ${command}`, '/dev/null'];
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', 'ipc'];
    return MeasuredProcess.#ready(spawn('script', inTerminal, { stdio }));
  }

  /** A text that it writes to standard error near its start; rejects if it does not within ten seconds. */
  async waitFor(pattern: RegExp): Promise<RegExpExecArray> {
    for (let waitedMs = 0; waitedMs < SAY_WITHIN_MS; waitedMs += 50) {
      const found = pattern.exec(this.#said);
      if (found !== null) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${pattern} was not among its first words: ${this.#said}`);
  }

  measure(measurement: Measurement | CollectionMeasurement | FlowMeasurement): Promise<Measured> {
    const reply = this.#reply();
    this.#child.send(measurement);
    return reply as Promise<Measured>;
  }

  /** Of this process and of those that it started; undefined where there is no /proc. */
  peakMemory(): PeakMemory | undefined {
    const { pid, spawnfile } = this.#child;
    if (pid === undefined || !existsSync(childrenFile(pid))) return undefined;
    // A terminal is a process around it
    const [own = pid] = spawnfile === 'script' ? childrenOf(pid) : [];
    return { masterBytes: peakBytes(own), slaveBytes: childrenOf(own).map(peakBytes) };
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
    await ended;
    clearTimeout(timer);
  }

  #reply(): Promise<unknown> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        finish();
      };
      const onMessage = (message: unknown): void => settle(() => resolve(message));
      const onExit = (code: number | null): void =>
        settle(() =>
          reject(
            new Error(`${child.spawnfile} ended with code ${code} while it was measured\n${this.#said}`),
          ),
        );
      const timer = setTimeout(
        () => settle(() => reject(new Error('a measurement took too long'))),
        REPLY_WITHIN_MS,
      );
      child.once('message', onMessage);
      child.once('exit', onExit);
    });
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(childrenFile(pid), 'utf8').split(' ').filter(Boolean).map(Number);
}

function childrenFile(pid: number): string {
  return `/proc/${pid}/task/${pid}/children`;
}

/** For profiles: what stands in BENCH_NODE_FLAGS goes to the master, and from there to its slaves. */
function nodeFlags(): string[] {
  return (process.env.BENCH_NODE_FLAGS ?? '').split(' ').filter(Boolean);
}

/** VmHWM; `ru_maxrss` would count the process that forked this one. */
export function peakBytes(pid: number | 'self'): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes ?? Number.NaN) * 1024;
}
