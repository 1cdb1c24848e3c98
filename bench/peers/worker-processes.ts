/** The workers of a peer whose workers are processes: its own program again, with `worker` as its first argument. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export const isWorker = process.argv[2] === 'worker';

/** Starts them and waits until each has said that it is ready. */
export async function startWorkers(count: number, args: readonly string[]): Promise<ChildProcess[]> {
  const [, file = ''] = process.argv;
  const workers = Array.from({ length: count }, () => fork(file, ['worker', ...args]));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  return workers;
}

/** A worker's: it is ready, and ends with the process that started it. */
export function sayReady(): void {
  process.once('disconnect', () => process.exit());
  process.send?.('ready');
}

export function endWorkers(workers: readonly ChildProcess[]): void {
  for (const worker of workers) worker.disconnect();
}
