/**
 * A master in its process: joins the core to the data connection, the sentinel and the clock, and gives
 * the program its handle. It decides nothing about tasks; the core does.
 */

import { resolvePolicy } from '../algorithms/policy.js';
import { definitionOf } from '../algorithms/registry.js';
import type { Submitter } from '../algorithms/submitter.js';
import { registerSubmitter } from '../algorithms/submitter-context.js';
import type {
  AlgorithmDefinition,
  AnyAlgorithm,
  ResolvedPolicy,
  SlaveId,
  TaskId,
  TaskPolicy,
} from '../algorithms/types.js';
import type { AuditSink } from '../audit/audit-trail.js';
import type { SlaveKind } from '../audit/events.js';
import { UsageError } from '../errors.js';
import { SLAVE_KINDS } from './allocation.js';
import { drawAll, type Items } from './draw-all.js';
import type { Selection } from './fate-box.js';
import { FateIterator } from './fate-iterator.js';
import type { MasterCore } from './master-core.js';
import type {
  AllocateOptions,
  FailedTask,
  MasterHandle,
  MasterLoopOptions,
  MasterLoopReport,
  SubmitAllOptions,
} from './master-handle.js';
import { MasterLink, type MasterLinkParams } from './master-link.js';
import { TaskFate } from './task-fate.js';

/** CL-MW's default for one pass, in seconds. */
const PASS_SECONDS = 0.05;
/** What slaves may take to acknowledge a shutdown. */
const SHUTDOWN_WITHIN_MS = 5_000;
const TASK_ID = /^TASK-(\d+)$/;
const SLAVE_ID = /^SLAVE-(\d+)$/;
/** CL-MW's. */
const DEFAULT_AMOUNT = 1_000;
/** How many tasks submitAll keeps queued and running where no target number says otherwise. */
const DEFAULT_TARGET = 10_000;

export interface MasterParams extends MasterLinkParams {
  readonly argv: readonly string[];
}

export class Master implements Submitter {
  readonly handle: MasterHandle;
  /** Process ids, each on its slave's machine, of slaves that have acknowledged the shutdown. */
  readonly leavingPids = new Set<number>();
  readonly #link: MasterLink;
  readonly #core: MasterCore;
  readonly #audit: AuditSink;
  readonly #unregister: () => void;
  #targetNumber = 0;
  #waiters: (() => void)[] = [];
  #stopped: Promise<void> | undefined;

  private constructor(params: MasterParams, link: MasterLink) {
    this.#link = link;
    this.#core = link.core;
    this.#audit = params.audit;
    this.#unregister = registerSubmitter(this);
    this.handle = this.#createHandle(params.argv);
    link.onNews = () => this.#wake();
  }

  /** Connects, makes sure that no other master of the member id lives, and begins to take slaves. */
  static async open(params: MasterParams): Promise<Master> {
    return new Master(params, await MasterLink.open(params));
  }

  // ---- the stubs' side

  submit(definition: AlgorithmDefinition, args: readonly unknown[], policy: ResolvedPolicy): TaskId {
    this.#refuseIfStopped();
    const taskId = this.#core.submit(definition, args, policy);
    this.#link.dispatchSoon();
    return taskId;
  }

  future(
    definition: AlgorithmDefinition,
    args: readonly unknown[],
    policy: ResolvedPolicy,
  ): Promise<unknown> {
    this.#refuseIfStopped();
    let settler: { resolve: (packet: unknown) => void; reject: (error: Error) => void } | undefined;
    const promise = new Promise((resolve, reject) => {
      settler = { resolve, reject };
    });
    this.#core.submit(definition, args, policy, settler);
    this.#link.dispatchSoon();
    return promise;
  }

  targetNumber(definition: AlgorithmDefinition): number {
    return this.#core.entryOf(definition).targetNumber;
  }

  setTargetNumber(definition: AlgorithmDefinition, target: number): void {
    this.#core.entryOf(definition).targetNumber = Math.max(0, target);
  }

  pendingTasks(definition: AlgorithmDefinition): number {
    return this.#core.entryOf(definition).pending;
  }

  // ---- the end

  /** Tells the slaves to stop and waits for their word, five seconds at the most; may be called twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { box } = this.#core;
    this.#unregister();
    this.#core.stop();
    this.#wake();
    for (let failure = box.takeFailure(); failure; failure = box.takeFailure()) {
      const text = `a source of submitAll failed, and nobody asked for it: ${String(failure.error)}`;
      this.#audit.emit({ type: 'error', text });
    }
    this.#core.beginShutdown();
    const deadline = performance.now() + SHUTDOWN_WITHIN_MS;
    while (this.#core.slavesToAwait > 0 && performance.now() < deadline) {
      await this.#news(deadline - performance.now());
    }
    for (const slave of this.#core.roster) {
      if (slave.shutdownAcknowledged) {
        this.leavingPids.add(slave.pid);
        continue;
      }
      const waitedSeconds = SHUTDOWN_WITHIN_MS / 1000;
      this.#audit.emit({ type: 'shutdown-unanswered', sid: slave.sid, waitedSeconds });
    }
    this.#core.disconnectAll();
    await this.#link.close();
  }

  /** Evidence that a slave process has gone, such as its exit; by its process id on this machine. */
  processGone(pid: number, evidence: string): void {
    this.#link.processGone(pid, evidence);
  }

  get slavesNeeded(): number {
    return this.#link.slavesNeeded;
  }

  // ---- the program's side

  #createHandle(argv: readonly string[]): MasterHandle {
    const master = this;
    const core = this.#core;
    const handle = {
      argv,
      masterLoop: (options: MasterLoopOptions = {}) => master.#loop(options.timeout),
      masterLoopIterate: ({ timeout = PASS_SECONDS }: MasterLoopOptions = {}) => master.#loop(timeout),
      getResults: (...algorithms: AnyAlgorithm[]) => core.box.takeResults(master.#select(algorithms)),
      getUnrunnableTasks: (...algorithms: AnyAlgorithm[]) =>
        core.box.takeUnrunnable(master.#select(algorithms)),
      results: (...algorithms: AnyAlgorithm[]) => new FateIterator(core, master.#select(algorithms)),
      allocateSlaves: (options: AllocateOptions = {}) => core.groups.allocate(...amountAndKind(options)),
      deallocateSlaves: (options: AllocateOptions = {}) => core.groups.deallocate(...amountAndKind(options)),
      freeSlave: (sid: SlaveId) => {
        const freed = core.groups.free(
          numberOf(sid, SLAVE_ID, 'slave id; give one that getConnectedOrderedSlaves returned'),
        );
        if (freed) master.#link.dispatchSoon();
        return freed;
      },
      getConnectedOrderedSlaves: () => core.groups.takeConnected(),
      getDisconnectedOrderedSlaves: () => core.groups.takeDisconnected(),
      get numRunnableTasks() {
        return core.pending;
      },
      get numUnrunnableTasks() {
        return core.box.numUnrunnable;
      },
      get targetNumber() {
        return master.#targetNumber;
      },
      set targetNumber(target: number) {
        if (!Number.isInteger(target)) {
          throw new UsageError(`a target number is a whole number, and ${target} is none`);
        }
        master.#targetNumber = Math.max(0, target);
      },
      get pendingTasks() {
        return core.pending;
      },
      get uptoTargetNumber() {
        return Math.max(0, master.#targetNumber - core.pending);
      },
      cancel: (taskId: TaskId) => {
        const number = numberOf(taskId, TASK_ID, 'task id; give what funcall returned');
        return core.cancel(number, performance.now());
      },
      submitAll: <T>(items: Items<T>, submit: (item: T) => unknown, options: SubmitAllOptions = {}) =>
        master.#submitAll(items, submit, options),
      resubmit: (task: FailedTask, policy?: TaskPolicy) => master.#resubmit(task, policy),
    };
    // The fates are built from what the wire carries; their public types are known from the algorithms only.
    return handle as typeof handle & {
      results: () => FateIterator & AsyncIterableIterator<TaskFate>;
    } as unknown as MasterHandle;
  }

  #submitAll<T>(items: Items<T>, submit: (item: T) => unknown, { targetNumber }: SubmitAllOptions): void {
    this.#refuseIfStopped();
    checkSource(items, submit, targetNumber);
    const core = this.#core;
    const target = (): number => targetNumber ?? (this.#targetNumber || DEFAULT_TARGET);
    core.beginDrawing();
    drawAll({
      items,
      submit,
      hasRoom: (unfinished) => Math.max(core.pending, unfinished) < target() && !core.isOverfull,
      news: (withinMs) => this.#news(withinMs),
      onFinished: () => this.#wake(),
      isOver: () => this.#stopped !== undefined,
    }).then(
      () => core.endDrawing(),
      (error: unknown) => core.endDrawing({ error }),
    );
  }

  #resubmit(fate: FailedTask, policy: TaskPolicy | undefined): TaskId {
    this.#refuseIfStopped();
    const task = TaskFate.taskOf(fate);
    if (task === undefined || (fate.status as string) === 'ok') {
      throw new UsageError('only a fate with the status unrunnable or error can be submitted again');
    }
    const taskId = this.#core.resubmit(
      task,
      policy === undefined ? task.policy : resolvePolicy(policy, task.policy),
    );
    this.#link.dispatchSoon();
    return taskId;
  }

  #select(algorithms: readonly AnyAlgorithm[]): Selection {
    if (algorithms.length === 0) return undefined;
    return new Set(
      algorithms.map((algorithm) => {
        const definition = definitionOf(algorithm);
        if (definition === undefined) {
          throw new UsageError(
            'results of an algorithm were asked for with something that is none; give what defineAlgorithm returned',
          );
        }
        return this.#core.entryOf(definition);
      }),
    );
  }

  async #loop(timeoutSeconds: number | undefined): Promise<MasterLoopReport> {
    const { box } = this.#core;
    const { groups } = this.#core;
    const hasNews = (): boolean =>
      box.numResults + box.numUnrunnable + groups.numConnected + groups.numDisconnected > 0 || box.hasFailed;
    // A program that loops until something comes would never leave the event loop its turn.
    if (this.#stopped && !hasNews())
      throw new UsageError('the master has stopped, and no more news will come');
    const deadline =
      timeoutSeconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeoutSeconds * 1000;
    this.#core.readersWaiting++;
    try {
      this.#core.dispatch(performance.now());
      if (hasNews() || timeoutSeconds === 0) await new Promise((resolve) => setImmediate(resolve));
      for (
        let now = performance.now();
        !hasNews() && now < deadline && !this.#stopped && !this.#core.hasFailed;
        now = performance.now()
      ) {
        await this.#news(deadline - now);
      }
    } finally {
      this.#core.readersWaiting--;
    }
    this.#core.refuseIfFailed();
    if (box.hasFailed) throw box.takeFailure()?.error;
    const { numResults, numUnrunnable: numUnrunnableTasks } = box;
    const { numConnected: numConnectedSlaves, numDisconnected: numDisconnectedSlaves } = groups;
    return { numUnrunnableTasks, numResults, numConnectedSlaves, numDisconnectedSlaves };
  }

  /** Resolves on the next news, after `withinMs` at the latest. */
  #news(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (withinMs === Number.POSITIVE_INFINITY) {
        this.#waiters.push(resolve);
        return;
      }
      const timer = setTimeout(resolve, Math.min(withinMs, 2 ** 31 - 1));
      this.#waiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #refuseIfStopped(): void {
    this.#core.refuseIfFailed();
    if (this.#stopped) throw new UsageError('the master has stopped and takes no more tasks');
  }
}

function numberOf(id: string, form: RegExp, what: string): number {
  const number = form.exec(id)?.[1];
  if (number === undefined) throw new UsageError(`${JSON.stringify(id)} is no ${what}`);
  return Number(number);
}

function checkSource(items: unknown, submit: unknown, targetNumber: unknown): void {
  const isObject = typeof items === 'string' || (typeof items === 'object' && items !== null);
  const source = Object(items) as object;
  if (!isObject || !(Symbol.iterator in source || Symbol.asyncIterator in source)) {
    throw new UsageError('submitAll draws from an iterable or async iterable, such as a list or a generator');
  }
  if (typeof submit !== 'function') {
    throw new UsageError('submitAll needs a function of an item, such as (n) => square.funcall(n)');
  }
  if (targetNumber !== undefined && !(Number.isSafeInteger(targetNumber) && (targetNumber as number) > 0)) {
    throw new UsageError(`submitAll's targetNumber is a whole number from 1; got ${String(targetNumber)}`);
  }
}

function amountAndKind({
  amount = DEFAULT_AMOUNT,
  kind = 'unordered',
}: AllocateOptions): [number, SlaveKind] {
  if (!Number.isSafeInteger(amount) || amount < 0) {
    throw new UsageError(`an amount of slaves is a whole number from 0, and ${amount} is none`);
  }
  if (!SLAVE_KINDS.includes(kind)) {
    throw new UsageError(`${JSON.stringify(kind)} is no group of slaves; it is ${SLAVE_KINDS.join(', ')}`);
  }
  return [amount, kind];
}
