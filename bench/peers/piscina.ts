/** Piscina: worker threads of one process. The argument is how many. */

import { load } from './packages.js';
import { serveCalls } from './serve-calls.js';

interface Pool {
  run(n: number): Promise<unknown>;
  destroy(): Promise<void>;
}

const { Piscina } = load('piscina') as { Piscina: new (options: object) => Pool };
const threads = Number(process.argv[2]);
const pool = new Piscina({
  filename: new URL('no-op-worker.js', import.meta.url).href,
  name: 'noOp',
  minThreads: threads,
  maxThreads: threads,
  maxQueue: Number.POSITIVE_INFINITY,
});
await serveCalls((n) => pool.run(n));
await pool.destroy();
