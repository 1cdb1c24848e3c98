/** Runs one task: decodes its arguments, calls its algorithm, and measures it. */

import { isThenable } from '../../algorithms/is-thenable.js';
import type { SlaveId, TaskId } from '../../algorithms/types.js';
import { UsageError } from '../../errors.js';
import { decodeValue } from '../../wire/values/codec.js';
import type { GivenTask, RunOutcome } from '../core/given-task.js';
import { enterScope, type SlaveScope, type TaskContext } from './task-context.js';

/** Finds the shared values of a task that needs some. */
export type SharesOf = (task: GivenTask) => ((key: string) => unknown) | undefined;

/** The outcome, or a promise of it when the algorithm is asynchronous. */
export function runTask(
  task: GivenTask,
  scope: SlaveScope,
  controllers: Map<GivenTask, AbortController>,
  sharesOf: SharesOf,
): RunOutcome | Promise<RunOutcome> {
  const { definition } = task;
  if (definition === undefined) {
    const thrown = new UsageError('this slave does not define the algorithm; run the same program on both');
    return { ok: false, thrown };
  }
  scope.context = new RunningContext(task, definition.name, controllers);
  try {
    const sharedOf = task.shares === undefined ? undefined : sharesOf(task);
    const args = decodeValue(task.json, task.meta, task.raws, 'allowed', sharedOf) as unknown[];
    const fn = definition.fn as (...args: unknown[]) => unknown;
    const call = (): unknown => fn(...args);
    const { trace } = task;
    const packet = trace === undefined ? enterScope(scope, call) : trace.run(() => enterScope(scope, call));
    if (!isThenable(packet)) return { ok: true, packet };
    return Promise.resolve(packet).then(
      (packet): RunOutcome => ({ ok: true, packet }),
      (thrown: unknown): RunOutcome => ({ ok: false, thrown }),
    );
  } catch (thrown) {
    return { ok: false, thrown };
  }
}

/** Made on demand, since most tasks never need it: an AbortController costs more than a small task. */
class RunningContext implements TaskContext {
  readonly #task: GivenTask;
  readonly #controllers: Map<GivenTask, AbortController>;

  constructor(
    task: GivenTask,
    readonly algorithm: string,
    controllers: Map<GivenTask, AbortController>,
  ) {
    this.#task = task;
    this.#controllers = controllers;
  }

  get taskId(): TaskId {
    return `TASK-${this.#task.number}`;
  }

  get sid(): SlaveId {
    return `SLAVE-${this.#task.sid}`;
  }

  get attempt(): number {
    return this.#task.attempt;
  }

  get signal(): AbortSignal {
    return controllerOf(this.#task, this.#controllers).signal;
  }
}

/** A task's controller, made when first needed. */
export function controllerOf(task: GivenTask, controllers: Map<GivenTask, AbortController>): AbortController {
  let controller = controllers.get(task);
  if (controller === undefined) {
    controller = new AbortController();
    controllers.set(task, controller);
  }
  return controller;
}
