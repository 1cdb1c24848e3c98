/** Values that are computed side by side, by name. */

import { placeAbove } from '../algorithms/call-site.js';
import { currentSubmitter } from '../algorithms/submitter-context.js';
import type { Task } from '../algorithms/task.js';
import type { Arguments, Future } from '../algorithms/types.js';
import { InvalidTaskError, UsageError } from '../errors.js';
import { mayEndUnheard } from '../structures/unheard-end.js';
import { resolveTask, submitTaskTo } from './parts/task.js';

/** A task with its arguments, or a function to call here. */
export type Binding = readonly [task: Task<never[], unknown>, ...args: unknown[]] | (() => unknown);

/** The value of a binding. */
export type Bound<B> = B extends readonly [(...args: never[]) => infer R, ...unknown[]]
  ? Awaited<R>
  : B extends () => infer R
    ? Awaited<R>
    : never;

/** A binding whose arguments fit its task. */
export type Checked<B> = B extends readonly [infer T, ...infer P]
  ? T extends (...args: infer A) => unknown
    ? P extends Arguments<A>
      ? B
      : readonly [T, ...A]
    : never
  : B;

/**
 * Computes several values side by side and returns them by name (lparallel's plet). Each is a task with its arguments,
 * for a slave, or a function, which is called here. Rejects with the first error, after the other tasks are cancelled.
 *
 * @example const { area, text } = await plet({ area: [square, 3], text: () => readFile('a.txt', 'utf8') });
 */
export function plet<B extends Readonly<Record<string, Binding>>>(
  bindings: B & { readonly [K in keyof B]: Checked<B[K]> },
): Promise<{ [K in keyof B]: Bound<B[K]> }> {
  return mayEndUnheard(async () => {
    if (typeof bindings !== 'object' || bindings === null) {
      throw new UsageError(
        `plet takes an object of bindings, such as { area: [square, 3] }; got ${String(bindings)}`,
      );
    }
    const submitter = currentSubmitter('plet');
    const place = placeAbove(plet);
    const begin = (name: string, binding: Binding): unknown => {
      if (typeof binding === 'function' && !('withTaskPolicy' in binding)) return binding();
      const [task, ...args] = Array.isArray(binding) ? binding : [];
      if (task === undefined) {
        throw new InvalidTaskError(
          `plet takes for ${JSON.stringify(name)} a task with its arguments, such as [square, 3], or a function to call here`,
        );
      }
      return submitTaskTo(submitter, resolveTask('plet', task), args, place);
    };
    const begun: [name: string, value: unknown][] = [];
    try {
      for (const [name, binding] of Object.entries(bindings)) begun.push([name, begin(name, binding)]);
      const values = await Promise.all(begun.map(async ([name, value]) => [name, await value]));
      return Object.fromEntries(values) as { [K in keyof B]: Bound<B[K]> };
    } catch (error) {
      for (const [, value] of begun) leave(value);
      throw error;
    }
  });
}

/** Nobody will await it. A value that a function returned is cancelled if it is a future, and not by a `cancel` of its own. */
function leave(value: unknown): void {
  if (!(value instanceof Promise)) return;
  value.catch(() => {});
  if ('taskId' in value) (value as Future<unknown>).cancel();
}
