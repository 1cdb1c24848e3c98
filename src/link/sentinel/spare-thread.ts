/** A sentinel's thread that was started before it is known what it should watch. */

import type { Worker } from 'node:worker_threads';
import { openThread } from '../../threads/open-thread.js';

/** Not the flags of the process: a program's `--import` is none of its business, and would load all of that again. */
export function openSentinelThread(): Promise<Worker> {
  return openThread('sentinel', { argv: [], execArgv: [] });
}

/**
 * It loads while its slave does, which halves the time until that joins. It holds no process, and one that
 * finds no master keeps it for the next attempt.
 */
export class SpareThread {
  #worker: Promise<Worker> | undefined;

  constructor() {
    this.#worker = openSentinelThread();
    const gone = (): void => {
      this.#worker = undefined;
    };
    // Whoever wants one then opens another, and hears what is wrong with it.
    this.#worker.then((worker) => worker.once('error', gone).once('exit', gone).unref(), gone);
  }

  /** Undefined if it is taken. */
  take(): Promise<Worker> | undefined {
    const worker = this.#worker;
    this.#worker = undefined;
    return worker;
  }

  /** Ends it, unless it is taken. May be called twice. */
  async end(): Promise<void> {
    const worker = await this.take()?.catch(() => undefined);
    await worker?.terminate();
  }
}
