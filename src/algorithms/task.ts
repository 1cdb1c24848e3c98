/** The type of tasks, where a call takes either kind. */

import type { Portable } from './portable.js';
import type { AlgorithmStubs, TaskFunction } from './types.js';

/**
 * A task with parameters `A` and the result `R`: an algorithm, or a function marked with `portable`. A bare function
 * is not one, since slaves do not have it.
 */
export type Task<A extends readonly unknown[], R> = ((...args: A) => R) &
  (Pick<AlgorithmStubs<string, TaskFunction>, 'name' | 'pendingTasks'> | Portable<TaskFunction>);
