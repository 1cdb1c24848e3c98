/** Single calls by a pool of threads. The arguments are its package, and how many threads. */

import { openPool } from './open-pool.js';
import { serveCalls } from './serve-calls.js';

const [, , name, threads] = process.argv;
const pool = openPool(name, Number(threads));
await serveCalls((n) => pool.call('noOp', n));
await pool.close();
