/** The slave processes of one lease: each in a process group and an empty folder of its own, both gone at its end. */

import type { ChildProcess } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PARENT_PIPE } from '../parent-pipe.js';
import { killGroup, killWithGroup, terminate } from '../process-group.js';
import { type AskForStream, giveStreams } from '../protocol/stream-channel.js';
import type { HowToStop } from '../slave-messages.js';
import type { ProcessEnd } from '../slave-process.js';
import type { SlaveStarter } from './slave-starter.js';

interface SlaveRunnerParams {
  /** Of the lease. */
  readonly folder: string;
  /** The script that node runs. */
  readonly bundle: string;
  /** Beside the variables of the server. */
  readonly env: Readonly<Record<string, string>>;
  readonly starter: SlaveStarter;
  readonly onStarted: (slave: number, pid: number) => void;
  readonly onEnded: (slave: number, pid: number | undefined, end: ProcessEnd) => void;
  readonly onOutput: (to: 'stdout' | 'stderr', text: string, slave: number) => void;
  /** Undefined if slaves are given none. */
  readonly askForStream: AskForStream | undefined;
}

export class SlaveRunner {
  readonly #params: SlaveRunnerParams;
  readonly #running = new Map<number, ChildProcess | undefined>();
  readonly #stopBefore = new Set<number>();
  #onIdle: (() => void) | undefined;
  #closed = false;

  constructor(params: SlaveRunnerParams) {
    this.#params = params;
  }

  /** Those that run, or are being started. */
  get size(): number {
    return this.#running.size;
  }

  has(slave: number): boolean {
    return this.#running.has(slave);
  }

  start(slave: number, args: readonly string[]): void {
    this.#running.set(slave, undefined);
    void this.#start(slave, args);
  }

  stop(slave: number, how: HowToStop): void {
    const child = this.#running.get(slave);
    if (child !== undefined) signalGroup(child, how);
    else if (this.#running.has(slave)) this.#stopBefore.add(slave);
  }

  /** Kills all of them; resolves when they and their folders are gone. */
  close(): Promise<void> {
    this.#closed = true;
    for (const [slave] of this.#running) this.stop(slave, 'kill');
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  async #start(slave: number, args: readonly string[]): Promise<void> {
    const { folder, bundle, env, starter, onStarted, askForStream } = this.#params;
    const cwd = join(folder, `slave-${slave}`);
    let child: ChildProcess;
    try {
      await mkdir(cwd, { mode: 0o700 });
      if (this.#closed || this.#stopBefore.delete(slave)) throw new Error('it was stopped before it began');
      child = starter.start({ bundle, args, cwd, env, givesStreams: askForStream !== undefined });
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      await this.#ended(slave, cwd, undefined, { code: null, signal: null, error: failure });
      return;
    }
    this.#running.set(slave, child);
    // A dying slave may reset the pipe; its exit is what counts
    const pipe = child.stdio[PARENT_PIPE];
    pipe?.on('error', () => {});
    if (askForStream !== undefined) giveStreams(child, askForStream);
    this.#forward(slave, child, 'stdout');
    this.#forward(slave, child, 'stderr');
    child.once('exit', (code, signal) => {
      pipe?.destroy();
      // Processes that the slave has started stay in its group
      killGroup(child.pid as number);
      void this.#ended(slave, cwd, child.pid, { code, signal });
    });
    child.on('error', (error) => {
      if (child.pid === undefined)
        void this.#ended(slave, cwd, undefined, { code: null, signal: null, error });
    });
    if (child.pid !== undefined) onStarted(slave, child.pid);
    if (this.#closed) signalGroup(child, 'kill');
  }

  #forward(slave: number, child: ChildProcess, to: 'stdout' | 'stderr'): void {
    const stream = child[to];
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => this.#params.onOutput(to, text, slave));
    stream?.on('error', () => {});
  }

  async #ended(slave: number, cwd: string, pid: number | undefined, end: ProcessEnd): Promise<void> {
    await rm(cwd, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
    this.#running.delete(slave);
    this.#stopBefore.delete(slave);
    this.#params.onEnded(slave, pid, end);
    if (this.#running.size === 0) this.#onIdle?.();
  }
}

function signalGroup(child: ChildProcess, how: HowToStop): void {
  if (how === 'terminate') terminate(child);
  else killWithGroup(child);
}
