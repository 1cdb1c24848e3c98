/** The program of a worker thread of Piscina or workerpool. */

import { isMainThread } from 'node:worker_threads';
import { add, addOne, compute } from '../programs/collection-tasks.js';
import { load } from './packages.js';

interface Workerpool {
  worker(methods: object): void;
}

export const noOp = (n: number): number => n;
export const addOnes = (slice: readonly number[]): number[] => slice.map(addOne);
export const sumOfAddOnes = (slice: readonly number[]): number => slice.map(addOne).reduce(add);
export const computeAll = (slice: readonly number[]): number[] => slice.map(compute);

if (!isMainThread && process.argv.includes('workerpool')) {
  (load('workerpool') as Workerpool).worker({ noOp, addOnes, sumOfAddOnes, computeAll });
}
