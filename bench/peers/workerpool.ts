/** workerpool: worker threads of one process. The argument is how many. */

import { fileURLToPath } from 'node:url';
import { load } from './packages.js';
import { serveCalls } from './serve-calls.js';

interface Pool {
  exec(method: string, args: readonly unknown[]): PromiseLike<unknown>;
  terminate(): Promise<void>;
}

const { pool: createPool } = load('workerpool') as { pool(file: string, options: object): Pool };
const threads = Number(process.argv[2]);
const pool = createPool(fileURLToPath(new URL('no-op-worker.js', import.meta.url)), {
  workerType: 'thread',
  minWorkers: threads,
  maxWorkers: threads,
  workerThreadOpts: { argv: ['workerpool'] },
});
await serveCalls(async (n) => await pool.exec('noOp', [n]));
await pool.terminate();
