/** Runs one task: decodes its arguments, calls its algorithm, and measures it. */

import { UsageError } from '../errors.js';
import { decodeValue } from '../wire/codec.js';
import type { GivenTask, Outcome } from './given-task.js';
import { enterScope, type SlaveScope } from './task-context.js';

/** The outcome, or a promise of it when the algorithm is asynchronous. */
export function runTask(
  task: GivenTask,
  scope: SlaveScope,
  controllers: Map<GivenTask, AbortController>,
): Outcome | Promise<Outcome> {
  const { definition } = task;
  if (definition === undefined) {
    const thrown = new UsageError('this slave does not define the algorithm; run the same program on both');
    return { ok: false, thrown };
  }
  scope.context = lazyContext(task, definition.name, controllers);
  try {
    const args = decodeValue(task.json, task.meta, task.raws) as unknown[];
    const fn = definition.fn as (...args: unknown[]) => unknown;
    const packet = enterScope(scope, () => fn(...args));
    if (!isThenable(packet)) return { ok: true, packet };
    return Promise.resolve(packet).then(
      (packet): Outcome => ({ ok: true, packet }),
      (thrown: unknown): Outcome => ({ ok: false, thrown }),
    );
  } catch (thrown) {
    return { ok: false, thrown };
  }
}

/** Most tasks never ask for their signal, and an AbortController costs more than a small task. */
function lazyContext(
  task: GivenTask,
  algorithm: string,
  controllers: Map<GivenTask, AbortController>,
): SlaveScope['context'] {
  return {
    algorithm,
    taskId: `TASK-${task.number}`,
    sid: `SLAVE-${task.sid}`,
    attempt: task.attempt,
    get signal() {
      let controller = controllers.get(task);
      if (controller === undefined) {
        controller = new AbortController();
        controllers.set(task, controller);
      }
      return controller.signal;
    },
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
