/** What a worker thread of Piscina or workerpool runs. */

import { isMainThread } from 'node:worker_threads';
import { load } from './packages.js';

interface Workerpool {
  worker(methods: Record<string, (n: number) => number>): void;
}

export const noOp = (n: number): number => n;

if (!isMainThread && process.argv.includes('workerpool')) (load('workerpool') as Workerpool).worker({ noOp });
