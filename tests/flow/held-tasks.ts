/** A master for tests of control flow: its tasks end when the test says so, or when their signals cancel them. */

import { resolvePolicy } from '../../src/algorithms/policy.js';
import type { FutureHolder, Submitter } from '../../src/algorithms/submitter.js';
import { currentSubmitter, enterMaster } from '../../src/algorithms/submitter-context.js';
import type {
  AlgorithmDefinition,
  Future,
  ResolvedPolicy,
  TaskId,
  TaskPolicy,
} from '../../src/algorithms/types.js';
import { EncodeError, UnrunnableError } from '../../src/errors.js';
import { TaskFuture } from '../../src/master/model/task-future.js';

export interface HeldTask {
  readonly name: string;
  readonly policy: ResolvedPolicy;
  readonly taskId: TaskId;
  readonly settle: (error?: Error) => void;
}

/** The name of a task that cannot be submitted. */
export const UNSENDABLE = 'unsendable';

/** Stubs need no more of an algorithm here. */
const DEFINITION = { name: 'held' } as AlgorithmDefinition;

export class HeldTasks implements Submitter {
  /** Tasks without a fate, by the name that the test gave them. */
  readonly open = new Map<string, HeldTask>();
  /** Names of cancelled tasks. */
  readonly cancelled: string[] = [];
  readonly begun: string[] = [];
  readonly signal: AbortSignal = new AbortController().signal;
  readonly workers = 1;
  readonly keepsResults = false;
  #numbers = 0;

  submit(_: AlgorithmDefinition, [name]: readonly unknown[], policy: ResolvedPolicy): TaskId {
    const unheard = new TaskFuture(() => false);
    unheard.promise.catch(() => {});
    return this.#add(String(name), policy, unheard);
  }

  future(
    _: AlgorithmDefinition,
    [name]: readonly unknown[],
    policy: ResolvedPolicy,
    _place?: string,
    holder?: FutureHolder,
  ): Future<unknown> {
    if (name === UNSENDABLE) throw new EncodeError('[0]', 'it cannot travel');
    const future = new TaskFuture(() => this.#cancel(String(name), new Error('by the program')), holder);
    return future.of(this.#add(String(name), policy, future));
  }

  #add(name: string, policy: ResolvedPolicy, future: TaskFuture): TaskId {
    const taskId: TaskId = `TASK-${++this.#numbers}`;
    const signals = [policy.signal, policy.scopeSignal].filter((signal) => signal !== undefined);
    const listener = (): void => {
      const aborted = signals.find((signal) => signal.aborted);
      if (aborted !== undefined) this.#cancel(name, aborted.reason);
    };
    const settle = (error?: Error): void => {
      this.open.delete(name);
      for (const signal of signals) signal.removeEventListener('abort', listener);
      if (error === undefined) future.resolve(name);
      else future.reject(error);
    };
    this.begun.push(name);
    this.open.set(name, { name, policy, taskId, settle });
    for (const signal of signals) signal.addEventListener('abort', listener);
    listener();
    return taskId;
  }

  #cancel(name: string, cause: unknown): boolean {
    const task = this.open.get(name);
    if (task === undefined) return false;
    const identity = { taskId: task.taskId, algorithm: 'held', submittedAt: undefined };
    this.cancelled.push(name);
    task.settle(new UnrunnableError(identity, 'cancelled', `${name} was cancelled`, [], { cause }));
    return true;
  }

  /** Ends a task: with its name as the packet, or with an error. */
  end(name: string, error?: Error): void {
    const task = this.open.get(name);
    if (task === undefined) throw new Error(`no open task has the name ${name}`);
    task.settle(error);
  }

  broadcast(): never {
    throw new Error('no test of it here');
  }

  reserveSlave(): never {
    throw new Error('no test of it here');
  }

  targetNumber(): number {
    return 0;
  }

  setTargetNumber(): void {}

  pendingTasks(): number {
    return this.open.size;
  }
}

/** Runs a test with a master of held tasks. */
export function withHeldTasks<T>(body: (tasks: HeldTasks) => T): T {
  const tasks = new HeldTasks();
  return enterMaster(tasks, () => body(tasks));
}

/** Submits a task as a stub does, for a future of its name. */
export function future(name: string, policy: TaskPolicy = {}): Future<unknown> {
  return currentSubmitter().future(DEFINITION, [name], resolvePolicy(policy));
}

/** The same without a future. */
export function funcall(name: string): TaskId {
  return currentSubmitter().submit(DEFINITION, [name], resolvePolicy({}));
}

/** Everything that was ready has run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The error that the promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    (value) => new Error(`it did not reject: ${String(value)}`),
    (error: Error) => error,
  );
}
