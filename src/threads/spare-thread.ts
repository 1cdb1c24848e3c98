/** A thread of the library that was started before there is anything for it to do. */

import type { Worker, WorkerOptions } from 'node:worker_threads';
import { openThread } from './open-thread.js';
import type { ThreadName } from './thread-texts.js';

/**
 * It loads in parallel with its process, which halves the time until the process can use it. It does not keep a process
 * alive until it is taken. A slave that finds no master keeps it for the next attempt.
 */
export class SpareThread {
  #worker: Promise<Worker> | undefined;

  constructor(name: ThreadName) {
    this.#worker = openThread(name);
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
    return worker?.then((thread) => {
      thread.ref();
      return thread;
    });
  }

  /** Ends it, unless it is taken. May be called twice. */
  async end(): Promise<void> {
    const worker = await this.take()?.catch(() => undefined);
    await worker?.terminate();
  }
}

/** The spare thread, if there is one that is not taken; a new one, with these options, otherwise. */
export function takeThread(
  name: ThreadName,
  spare: SpareThread | undefined,
  options?: WorkerOptions | undefined,
): Promise<Worker> {
  return spare?.take() ?? openThread(name, options);
}
