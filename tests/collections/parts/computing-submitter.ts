/**
 * A master for tests of parts, without slaves: tasks wait until the test has them computed, in this process, or lost.
 * Arguments and packets travel as over the wire.
 */

import type { Submitter } from '../../../src/algorithms/submitter.js';
import type { AlgorithmDefinition, Future, ResolvedPolicy, TaskId } from '../../../src/algorithms/types.js';
import { MessageSizeError, TaskError, UnrunnableError, type UnrunnableReason } from '../../../src/errors.js';
import { decodeText, encodeList, encodeValue } from '../../../src/wire/values/codec.js';
import { encodeError } from '../../../src/wire/values/remote-error.js';
import '../../../src/slave/operations/register.js';

export interface OpenTask {
  readonly taskId: TaskId;
  readonly definition: AlgorithmDefinition;
  readonly args: readonly unknown[];
  readonly policy: ResolvedPolicy;
  readonly resolve: (packet: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class ComputingSubmitter implements Submitter {
  workers = 2;
  keepsResults = false;
  readonly end = new AbortController();
  readonly signal: AbortSignal = this.end.signal;
  /** Bytes of the arguments of a task, and of a packet, at most. */
  mostBytes = Number.POSITIVE_INFINITY;
  /** Tasks that have no fate yet, in the order in which they were submitted. */
  readonly open = new Set<OpenTask>();
  submitted = 0;
  cancelled = 0;
  /** The largest arguments so far. */
  largestBytes = 0;

  submit(): TaskId {
    throw new Error('collections submit futures only');
  }

  future(definition: AlgorithmDefinition, args: readonly unknown[], policy: ResolvedPolicy): Future<unknown> {
    const encoded = encodeList(args);
    if (encoded.byteLength > this.mostBytes) {
      throw new MessageSizeError(
        `the arguments of a ${definition.name} task`,
        encoded.byteLength,
        this.mostBytes,
      );
    }
    this.largestBytes = Math.max(this.largestBytes, encoded.byteLength);
    const taskId: TaskId = `TASK-${this.submitted++}`;
    const decoded = decodeText(encoded.text, encoded.raws) as readonly unknown[];
    let task: OpenTask | undefined;
    const promise = new Promise<unknown>((resolve, reject) => {
      task = { taskId, definition, args: decoded, policy, resolve, reject };
    });
    this.open.add(task as OpenTask);
    const cancel = (): boolean => {
      if (this.open.delete(task as OpenTask)) this.cancelled++;
      return true;
    };
    return Object.assign(promise, { taskId, fulfilled: false, cancel });
  }

  /** A task has its fate, as a slave and the policy would have it. */
  async compute(task = this.#oldest()): Promise<void> {
    const { retryErrors, maxAttempts } = task.policy;
    this.open.delete(task);
    for (let attempt = 1; ; attempt++) {
      const error = await this.#run(task);
      if (error === undefined) break;
      const isRepeated = typeof retryErrors === 'function' ? retryErrors(error, attempt) : retryErrors;
      if (isRepeated !== false && !error.final && attempt < maxAttempts) continue;
      task.reject(error);
      break;
    }
    await turn();
  }

  /** The error of a run that fails. */
  async #run({ taskId, definition, args, resolve }: OpenTask): Promise<TaskError | undefined> {
    try {
      const encoded = encodeValue(await definition.fn(...(args as never[])));
      if (encoded.byteLength > this.mostBytes) {
        throw new MessageSizeError(
          `the result of a ${definition.name} task`,
          encoded.byteLength,
          this.mostBytes,
        );
      }
      resolve(decodeText(encoded.text, encoded.raws));
      return undefined;
    } catch (thrown) {
      const { text, raws } = encodeError(thrown);
      const remote = decodeText(text, raws) as ConstructorParameters<typeof TaskError>[0];
      const { name: algorithm } = definition;
      const run = { taskId, algorithm, sid: 'SLAVE-0', attempt: 1, submittedAt: undefined };
      return new TaskError(remote, run);
    }
  }

  /** The oldest task is given up, after as many runs as it may have. */
  async lose(reason: UnrunnableReason = 'max-attempts', task = this.#oldest()): Promise<void> {
    this.open.delete(task);
    const { taskId, definition, policy } = task;
    const run = { sid: 'SLAVE-0', attempt: 1, evidence: 'process ended by SIGKILL', at: 0 };
    const history = Array.from({ length: policy.maxAttempts }, () => run);
    const identity = { taskId, algorithm: definition.name, submittedAt: undefined };
    task.reject(new UnrunnableError(identity, reason, 'its slave was lost', history as never));
    await turn();
  }

  /** Until none is left. */
  async computeAll(): Promise<void> {
    await turn();
    while (this.open.size > 0) await this.compute();
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

  #oldest(): OpenTask {
    const [task] = this.open;
    if (task === undefined) throw new Error('no task is open');
    return task;
  }
}

/** All promises that can settle have. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
