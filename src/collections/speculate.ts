/** Tasks that may turn out to be of use. */

import { placeAbove } from '../algorithms/call-site.js';
import { currentSubmitter } from '../algorithms/submitter-context.js';
import type { Task } from '../algorithms/task.js';
import type { Arguments, Future } from '../algorithms/types.js';
import { resolveTask, submitTaskTo } from './parts/task.js';

/** Less than the priorities that programs give. */
const LEAST_PRIORITY = -Number.MAX_VALUE;

/**
 * A future of a task that runs when nothing else waits (lparallel's speculate); `cancel()` takes it back.
 *
 * @example
 * const early = speculate(render, nextFrame);
 * if (hasChanged(nextFrame)) early.cancel();
 */
export function speculate<A extends readonly unknown[], R>(task: Task<A, R>, ...args: A): Future<Awaited<R>>;
/** The same with futures or shared values among the arguments. */
export function speculate<A extends readonly unknown[], R>(
  task: Task<A, R>,
  ...args: Arguments<A>
): Future<Awaited<R>>;
export function speculate(task: unknown, ...args: readonly unknown[]): Future<unknown> {
  const resolved = resolveTask('speculate', task, { priority: LEAST_PRIORITY });
  const submitter = currentSubmitter('speculate');
  return submitTaskTo(submitter, resolved, args, placeAbove(speculate));
}
