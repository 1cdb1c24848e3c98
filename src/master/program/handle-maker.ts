/** Makes the handle of a master algorithm: CL-MW's calls and ours, over the core. */

import { loopTimeout } from '../../algorithms/loop-timeout.js';
import { checkCategory } from '../../algorithms/policy.js';
import { definitionOf } from '../../algorithms/registry.js';
import { submissionScope } from '../../algorithms/submission-scope.js';
import type { AnyAlgorithm, SlaveId, TaskId, TaskPolicy } from '../../algorithms/types.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import { UsageError } from '../../errors.js';
import type { Machine } from '../../machines/farm/machine.js';
import { givenText, valueText } from '../../structures/value-text.js';
import type { MasterCore } from '../core/master-core.js';
import type { Selection } from '../fates/fate-box.js';
import { TaskFate } from '../model/task-fate.js';
import { arrayItems } from './array-items.js';
import { drawAll, type Items } from './draw-all.js';
import { endedBy } from './ended-by.js';
import { FateIterator, throwOver } from './fate-iterator.js';
import { amountAndKind, checkSubmitAll, killOf, numberOf, SLAVE_ID, TASK_ID } from './handle-arguments.js';
import type { MachineCalls } from './machine-calls.js';
import type {
  AllocateOptions,
  CancelOptions,
  FailedTask,
  MasterHandle,
  MasterLoopOptions,
  MasterLoopReport,
  SubmitAllOptions,
  UnregisterOptions,
} from './master-handle.js';
import type { Wakeups } from './wakeups.js';

/** CL-MW's default for one pass, in seconds. */
const PASS_SECONDS = 0.05;
/** The number of tasks that submitAll keeps queued and running without a target number. */
const DEFAULT_TARGET = 10_000;

export interface HandleMakerParams {
  readonly core: MasterCore;
  readonly wakeups: Wakeups;
  readonly dispatchSoon: () => void;
  readonly audit: AuditSink;
  /** The program wants more slaves. */
  readonly onAllocated: () => void;
  /** Of the farm; throws if the master has none. */
  readonly machines: () => MachineCalls;
}

export class HandleMaker {
  readonly #params: HandleMakerParams;
  readonly #core: MasterCore;
  #targetNumber = 0;

  constructor(params: HandleMakerParams) {
    this.#params = params;
    this.#core = params.core;
  }

  /** The handle for the master algorithm. */
  createHandle(argv: readonly string[], dashboardUrl: string | undefined): MasterHandle {
    const side = this;
    const core = this.#core;
    const handle = {
      argv,
      dashboardUrl,
      signal: core.signal,
      masterLoop: (options: MasterLoopOptions = {}) => side.#loop('masterLoop', options),
      masterLoopIterate: (options: MasterLoopOptions = {}) =>
        side.#loop('masterLoopIterate', options, PASS_SECONDS),
      getResults: (...algorithms: AnyAlgorithm[]) => core.fates.takeResults(side.#select(algorithms)),
      getUnrunnableTasks: (...algorithms: AnyAlgorithm[]) =>
        core.fates.takeUnrunnable(side.#select(algorithms)),
      results: (...algorithms: AnyAlgorithm[]) => new FateIterator(core, side.#select(algorithms)),
      allocateSlaves: (options: AllocateOptions = {}) => {
        core.groups.allocate(...amountAndKind('allocateSlaves', options));
        side.#params.onAllocated();
      },
      deallocateSlaves: (options: AllocateOptions = {}) =>
        core.groups.deallocate(...amountAndKind('deallocateSlaves', options)),
      freeSlave: (sid: SlaveId) => {
        const freed = core.groups.free(
          numberOf(sid, SLAVE_ID, 'slave id; give one that getConnectedOrderedSlaves returned'),
        );
        if (freed) side.#params.dispatchSoon();
        return freed;
      },
      getConnectedOrderedSlaves: () => core.groups.takeConnected(),
      getDisconnectedOrderedSlaves: () => core.groups.takeDisconnected(),
      get numRunnableTasks() {
        return core.pending;
      },
      get numUnrunnableTasks() {
        return core.fates.numUnrunnable;
      },
      get targetNumber() {
        return side.#targetNumber;
      },
      set targetNumber(target: number) {
        if (!Number.isSafeInteger(target)) {
          throw new UsageError(`the master's targetNumber is a whole number; got ${givenText(target)}`);
        }
        side.#targetNumber = Math.max(0, target);
      },
      get pendingTasks() {
        return core.pending;
      },
      get uptoTargetNumber() {
        return Math.max(0, side.#targetNumber - core.pending);
      },
      cancel: (taskId: TaskId, options: CancelOptions = {}) => {
        const number = numberOf(taskId, TASK_ID, 'task id; pass the return value of funcall');
        return core.cancel(number, performance.now(), killOf(options));
      },
      cancelAll: () => core.cancels.cancelAll(),
      taskCategoriesRunning: () => core.cancels.categoriesRunning(),
      killTasks: (category: string) => {
        checkCategory('the category of killTasks', category);
        return core.cancels.killTasks(category);
      },
      why: (taskId: TaskId) => {
        const number = numberOf(taskId, TASK_ID, 'task id; give one such as TASK-17');
        return core.whyTask.answer(number, performance.now());
      },
      whySlave: (sid: SlaveId) => {
        const number = numberOf(sid, SLAVE_ID, 'slave id; give one such as SLAVE-3');
        return core.whySlave.answer(number, performance.now());
      },
      submitAll: <T>(items: Items<T>, submit: (item: T) => unknown, options: SubmitAllOptions = {}) =>
        side.#submitAll(items, submit, options),
      resubmit: (task: FailedTask, policy?: TaskPolicy) => side.#resubmit(task, policy),
      registerMachine: (machine: Machine) => {
        core.refuseIfOver();
        return side.#params.machines().registerMachine(machine);
      },
      unregisterMachine: async (name: string, options: UnregisterOptions = {}) =>
        side.#params.machines().unregisterMachine(name, options),
      machines: () => side.#params.machines().machines(),
    } satisfies Record<keyof MasterHandle, unknown>;
    // The fates are built from wire data; only the algorithms know their public types.
    return handle as unknown as MasterHandle;
  }

  #submitAll<T>(items: Items<T>, submit: (item: T) => unknown, options: SubmitAllOptions): void {
    this.#core.refuseIfOver();
    checkSubmitAll(items, submit, options);
    const { targetNumber } = options;
    const core = this.#core;
    const target = (): number => targetNumber ?? (this.#targetNumber || DEFAULT_TARGET);
    const ended = endedBy(core.signal, submissionScope()?.signal);
    const array = arrayItems(items);
    const source = array ?? { left: undefined };
    core.demand.beginDrawing(source);
    drawAll({
      items: array ?? items,
      submit,
      hasRoom: (unfinished) => Math.max(core.pending, unfinished) < target() && !core.demand.isOverfull,
      news: (withinMs) => this.#params.wakeups.wait(withinMs),
      onFinished: () => this.#params.wakeups.tell(),
      signal: ended.signal,
    })
      .finally(ended.forget)
      .then(
        (isComplete) => {
          if (isComplete || !core.isOver) core.endDrawing(source);
        },
        (error: unknown) => {
          if (core.isOver) this.#tellSourceFailed(error);
          else core.endDrawing(source, { error });
        },
      );
  }

  /** The iteration has ended; usually the source ends this way. */
  #tellSourceFailed(error: unknown): void {
    const { reason } = this.#core.signal;
    if (error === reason || (error instanceof Error && error.cause === reason)) return;
    this.#params.audit.emit({ type: 'error', text: sourceFailed(error) });
  }

  #resubmit(fate: FailedTask, policy: TaskPolicy | undefined): TaskId {
    this.#core.refuseIfOver();
    const task = TaskFate.taskOf(fate);
    if (task === undefined || (fate.status as string) === 'ok') {
      throw new UsageError('only a fate with the status unrunnable or error can be submitted again');
    }
    const taskId = this.#core.resubmissions.resubmit(task, policy);
    this.#params.dispatchSoon();
    return taskId;
  }

  #select(algorithms: readonly AnyAlgorithm[]): Selection {
    if (algorithms.length === 0) return undefined;
    return new Set(
      algorithms.map((algorithm) => {
        const definition = definitionOf(algorithm);
        if (definition === undefined) {
          throw new UsageError(
            'expected an algorithm, got something else; pass the return value of defineAlgorithm',
          );
        }
        return this.#core.entryOf(definition);
      }),
    );
  }

  async #loop(
    name: string,
    options: MasterLoopOptions,
    seconds?: number | undefined,
  ): Promise<MasterLoopReport> {
    const timeoutSeconds = loopTimeout(name, options) ?? seconds;
    const { fates } = this.#core;
    const { groups } = this.#core;
    const hasNews = (): boolean =>
      fates.numResults + fates.numUnrunnable + groups.numConnected + groups.numDisconnected > 0 ||
      fates.hasFailed;
    const deadline =
      timeoutSeconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeoutSeconds * 1000;
    const scopeSignal = submissionScope()?.signal;
    const wake = (): void => this.#params.wakeups.tell();
    scopeSignal?.throwIfAborted();
    scopeSignal?.addEventListener('abort', wake);
    this.#core.demand.beginReading();
    try {
      this.#core.dispatch(performance.now());
      // Otherwise a program that loops until something comes would never let the event loop turn.
      if (hasNews() || timeoutSeconds === 0) await new Promise((resolve) => setImmediate(resolve));
      for (
        let now = performance.now();
        !hasNews() && now < deadline && !this.#core.isOver && !scopeSignal?.aborted;
        now = performance.now()
      ) {
        await this.#params.wakeups.wait(deadline - now);
      }
    } finally {
      this.#core.demand.endReading();
      scopeSignal?.removeEventListener('abort', wake);
    }
    scopeSignal?.throwIfAborted();
    if (this.#core.isOver) await throwOver(this.#core);
    if (fates.hasFailed) throw fates.takeFailure()?.error;
    const { numResults, numUnrunnable: numUnrunnableTasks } = fates;
    const { numConnected: numConnectedSlaves, numDisconnected: numDisconnectedSlaves } = groups;
    return { numUnrunnableTasks, numResults, numConnectedSlaves, numDisconnectedSlaves };
  }
}

export function sourceFailed(error: unknown): string {
  return `a source of submitAll failed, and nobody asked for it: ${valueText(error)}`;
}
