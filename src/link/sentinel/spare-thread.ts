/** A sentinel's thread that was started before it has anything to watch. */

import type { Worker } from 'node:worker_threads';
import { openThread } from '../../threads/open-thread.js';

/**
 * Without the flags of the process: it does not need a program's `--import`, which would load everything
 * again.
 */
export function openSentinelThread(): Promise<Worker> {
  return openThread('sentinel', { argv: [], execArgv: [] });
}

/**
 * It loads in parallel with its slave, which halves the time until the slave joins. It does not keep a
 * process alive. A slave that finds no master keeps it for the next attempt.
 */
export class SpareThread {
  #worker: Promise<Worker> | undefined;

  constructor() {
    this.#worker = openSentinelThread();
    const gone = (): void => {
      this.#worker = undefined;
    };
    // The user of the spare opens another one then, and gets its error.
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
